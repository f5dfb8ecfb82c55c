//! Shared by the commands that read images: which ones, and do they fit the network.

use clap::builder::RangedU64ValueParser;

use super::{Output, interrupt};
use crate::data::{self, ImageSet, LabelColumn, Reading, Recipient, Scale, Split};
use crate::error::Result;
use crate::flow::Hardware;

/// How to read a table.
#[derive(clap::Args, Debug, Clone, Default)]
#[command(next_help_heading = "Data")]
pub struct TableArgs {
    /// Where a table has its labels: first, last, the name of a column in its header, or its number; else it must show
    #[arg(long, value_name = "COLUMN")]
    label: Option<LabelColumn>,
    /// What becomes the pixels 0 … 255: the range of each column (columns), of the whole table (table), two values (LOW:HIGH); off if the
    /// values are pixels. A trained network brings its own
    #[arg(long, value_name = "RANGE")]
    scale: Option<Scale>,
}

impl TableArgs {
    pub fn reading(&self) -> Reading<'static> {
        Reading { label: self.label.clone(), scale: self.scale, interrupt: Some(interrupt::flag()), limit: None }
    }
}

/// Which images to use.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Data")]
pub struct ImageArgs {
    /// Data set: digits, mnist, fashion-mnist, a folder of IDX files, a table (CSV), arrays of spike times or images (.npz), or
    /// NIRData (.nird)
    #[arg(long, value_name = "SOURCE")]
    pub data: String,
    /// Which part of the data set; of a table the rows that training held out, or not; of another table, and of arrays, which have no
    /// parts, test says that training has not seen them [default: test]
    #[arg(long)]
    pub split: Option<Split>,
    /// Use only the first N images
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    pub limit: Option<usize>,
    #[command(flatten)]
    pub table: TableArgs,
}

impl ImageArgs {
    /// The images, whose size and labels are checked against the network. Those of IDX files are read only when they are asked for.
    ///
    /// # Errors
    /// Those of [`data::load_measured`].
    pub fn load(&self, hardware: &Hardware, output: &Output) -> Result<ImageSet> {
        self.load_for(&hardware.recipient(), output)
    }

    /// The same, for a network of any kind.
    ///
    /// # Errors
    /// As [`ImageArgs::load`].
    pub fn load_for(&self, network: &Recipient, output: &Output) -> Result<ImageSet> {
        let reading = Reading { limit: self.limit, ..self.table.reading() };
        let (images, notes) = data::load_measured(&self.data, self.split, &reading, network)?;
        notes.iter().for_each(|note| output.note(note));
        Ok(images)
    }
}

/// Images that a command can do without.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Data")]
pub struct OptionalImageArgs {
    /// Data set: digits, mnist, fashion-mnist, a folder of IDX files, a table (CSV), arrays of spike times or images (.npz), or
    /// NIRData (.nird)
    #[arg(long, value_name = "SOURCE")]
    data: Option<String>,
    /// Which part of the data set; of a table the rows that training held out, or not; of another table, and of arrays, which have no
    /// parts, test says that training has not seen them [default: test]
    #[arg(long, requires = "data")]
    split: Option<Split>,
    /// Use only the first N images
    #[arg(long, value_name = "N", requires = "data", value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    limit: Option<usize>,
    #[command(flatten)]
    table: TableArgs,
}

impl OptionalImageArgs {
    /// What --data names.
    pub fn source(&self) -> Option<&str> {
        self.data.as_deref()
    }

    /// The images, if --data names some.
    ///
    /// # Errors
    /// As [`ImageArgs::load`].
    pub fn load(&self, hardware: &Hardware, output: &Output) -> Result<Option<ImageSet>> {
        self.load_for(&hardware.recipient(), output)
    }

    /// The same, for a network that is no hardware yet.
    ///
    /// # Errors
    /// As [`ImageArgs::load`].
    pub fn load_for(&self, network: &Recipient, output: &Output) -> Result<Option<ImageSet>> {
        let args = |data: &String| {
            let table = self.table.clone();
            ImageArgs { data: data.clone(), split: self.split, limit: self.limit, table }
        };
        self.data.as_ref().map(|data| args(data).load_for(network, output)).transpose()
    }
}
