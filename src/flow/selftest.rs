//! Faults planted in a copy of a design, and whether the comparison catches them.

use super::{Caller, Drive, Hardware, Plants};
use crate::data::ImageSet;
use crate::error::Result;
use crate::plant::{Fault, Kind};
use crate::report::{FaultReport, SelftestReport, Verdict};

/// Plants one fault after the other in a copy of a design and compares it with the golden model; first with none.
///
/// # Errors
/// Those of [`Plants::new`], [`Plants::plant`] and [`Hardware::judge`].
pub fn selftest(
    hardware: &Hardware,
    images: &ImageSet,
    drive: &Drive,
    kinds: &[Kind],
    caller: &dyn Caller,
) -> Result<SelftestReport> {
    let mut plants = Plants::new(hardware, images, caller)?;
    let (untouched, _) = plants.hardware().judge(images, drive, false, caller, |_| Ok(()))?;
    let mut faults = Vec::with_capacity(kinds.len());
    for &kind in kinds {
        faults.push(try_fault(kind, &mut plants, images, drive, caller)?);
    }
    Ok(SelftestReport::new(untouched, faults))
}

fn try_fault(
    kind: Kind,
    plants: &mut Plants,
    images: &ImageSet,
    drive: &Drive,
    caller: &dyn Caller,
) -> Result<FaultReport> {
    if let Some(obstacle) = plants.obstacle(kind) {
        let fault = Fault { kind, files: Vec::new(), change: obstacle.into() };
        return Ok(FaultReport { fault, verdict: Verdict::DoesNotApply, found: None });
    }
    caller.note(&format!("planted: {}", kind.name()));
    let fault = plants.plant(kind)?;
    let (report, _) = plants.hardware().judge(images, drive, false, caller, |_| Ok(()))?;
    let verdict = if report.is_equal() { Verdict::Missed } else { Verdict::Caught };
    Ok(FaultReport { fault, verdict, found: Some(report.into()) })
}
