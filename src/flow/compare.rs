//! Golden model against hardware, image by image.

use super::{Caller, Drive, Hardware};
use crate::cosim::Played;
use crate::data::{ImageSet, Images};
use crate::error::Result;
use crate::report::ComparisonReport;
use crate::verify::{Comparison, Divergence};

/// Some of the images, compared.
#[derive(Debug)]
pub struct Compared<'a> {
    /// Number of the first of them.
    pub first: usize,
    /// The images.
    pub images: &'a Images,
    /// What the hardware made of them.
    pub played: &'a Played,
    /// Where each of them parts from the golden model, if it does.
    pub divergences: Vec<Option<Divergence>>,
}

impl Hardware {
    /// Runs both sides, and gives all images to `visit`, some at a time; then, unless `quick` or something differs already, the rough
    /// run. If something differs, a waveform of the first such image is written beside the design.
    ///
    /// # Errors
    /// Those of the simulation and of `visit`.
    pub fn compare(
        &self,
        images: &ImageSet,
        drive: &Drive,
        quick: bool,
        caller: &dyn Caller,
        visit: impl FnMut(Compared) -> Result<()>,
    ) -> Result<ComparisonReport> {
        let (mut report, first) = self.judge(images, drive, quick, caller, visit)?;
        if let Some(image) = first {
            report.waveform = Some(self.write_waveform(images, image, drive, caller)?);
        }
        Ok(report)
    }

    /// The same without a waveform; and the first image in which something is wrong.
    ///
    /// # Errors
    /// As [`Hardware::compare`].
    pub fn judge(
        &self,
        images: &ImageSet,
        drive: &Drive,
        quick: bool,
        caller: &dyn Caller,
        mut visit: impl FnMut(Compared) -> Result<()>,
    ) -> Result<(ComparisonReport, Option<usize>)> {
        let mut comparison = Comparison::default();
        let tally = self.simulate(images, drive, caller, |first, images, played| {
            let golden = self.golden(images);
            let predicted = self.predict(images, &golden, drive);
            let divergences = comparison.extend(&golden, played, predicted.as_deref());
            visit(Compared { first, images, played, divergences })
        })?;
        comparison.miss(images.len() - comparison.images);
        let mut report = ComparisonReport::new(self.report(images, &tally, drive), &comparison, quick);
        if comparison.is_equal() && !quick {
            let _line = caller.stage("rough run");
            report.rough = Some(self.rough(images, drive, caller)?);
        }
        Ok((report, first_image(&comparison)))
    }

    fn write_waveform(&self, images: &ImageSet, image: usize, drive: &Drive, caller: &dyn Caller) -> Result<String> {
        let file = self.folder.join(format!("divergence-image{image}.fst"));
        self.waveform(&images.image(image)?, &file, drive, caller)?;
        Ok(file.display().to_string())
    }
}

/// The first image in which something is wrong.
fn first_image(comparison: &Comparison) -> Option<usize> {
    let divergence = comparison.first_divergence.iter().map(|divergence| divergence.image);
    divergence.chain(comparison.fault.iter().map(|fault| fault.image)).min()
}
