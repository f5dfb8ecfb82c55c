//! Shared by the commands that read images: which ones, and do they fit the network.

use clap::builder::RangedU64ValueParser;

use crate::data::{self, Images, Split};
use crate::error::Result;
use crate::golden::IntegerNetwork;

/// Which images to use.
#[derive(clap::Args, Debug, Clone)]
pub struct ImageArgs {
    /// Data set: digits, mnist, fashion-mnist, a folder of IDX files, or a CSV file
    #[arg(long, value_name = "SOURCE")]
    pub data: String,
    /// Which part of the data set
    #[arg(long, default_value = "test")]
    pub split: Split,
    /// Use only the first N images
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    pub limit: Option<usize>,
}

impl ImageArgs {
    /// Loads the images and checks their size and labels against the network.
    ///
    /// # Errors
    /// Those of [`data::load`] and [`Images::require`].
    pub fn load(&self, network: &IntegerNetwork) -> Result<Images> {
        self.load_for(network.input_shape(), network.outputs())
    }

    /// The same, for a network of any kind.
    ///
    /// # Errors
    /// As [`ImageArgs::load`].
    pub fn load_for(&self, input_shape: &[usize], classes: usize) -> Result<Images> {
        let images = data::load(&self.data, self.split)?;
        let images = match self.limit {
            Some(limit) => images.take(limit),
            None => images,
        };
        images.require(&self.data, input_shape, classes)?;
        Ok(images)
    }
}
