//! `firstspike data`: data sets from public mirrors.

use std::path::Path;

use clap::Subcommand;
use clap::builder::PossibleValuesParser;

use super::{Outcome, Output, interrupt};
use crate::data;
use crate::error::Result;
use crate::fetch::{self, SETS};
use crate::flow::Caller;
use crate::report::{Fetched, FetchedFile};

/// Get data sets.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fetch a data set from a public mirror
    ///
    /// The files go to a folder below $FIRSTSPIKE_DATA, by default `firstspike` in the user's folder for data, where every command finds
    /// them by the name of the set. Each is compared with its SHA-256; what is there already is kept, and an interrupted download goes on
    /// where it ended. Where there is no network, put the files there by hand.
    Fetch(FetchArgs),
}

#[derive(clap::Args)]
struct FetchArgs {
    /// The data set
    #[arg(value_parser = PossibleValuesParser::new(SETS.map(|set| set.name)))]
    set: String,
    /// Address of a folder with the set's files, in the place of the public mirrors
    #[arg(long, value_name = "URL")]
    from: Option<String>,
}

/// Runs `firstspike data`.
///
/// # Errors
/// `data-root`, and those of [`fetch::fetch`].
pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let Command::Fetch(args) = &args.command;
    let set = SETS.iter().find(|set| set.name == args.set).expect("clap takes only these names");
    let folder = data::root()?.join(set.name);
    let mirrors = args.from.as_deref().map_or(set.mirrors.to_vec(), |url| vec![url]);
    let files = set.files.iter().map(|file| fetch_file(file, &mirrors, &folder, output)).collect::<Result<_>>()?;
    let fetched = Fetched { set: args.set.clone(), folder, files };
    output.report(&fetched)?;
    if !set.readable {
        output.note(&format!("{} is stored for other programs: no command reads it by its name yet", set.name));
        return Ok(Outcome::Success);
    }
    output.next(&["firstspike", "train", "--data", set.name, "--output", &format!("out/{}", set.name)]);
    Ok(Outcome::Success)
}

fn fetch_file(file: &fetch::Remote, mirrors: &[&str], folder: &Path, output: &Output) -> Result<FetchedFile> {
    let line = output.progress(file.name, 0);
    let done = fetch::fetch(file, mirrors, folder, &mut |done, total| {
        line.length(total.unwrap_or(done) as usize);
        line.done(done as usize);
        !interrupt::interrupted()
    })?;
    Ok(FetchedFile { name: file.name.into(), done })
}
