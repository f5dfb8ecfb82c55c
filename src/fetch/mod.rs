//! Data sets from public mirrors: the name of a set in, its files in a folder out, each as its SHA-256 says.
//!
//! May import nothing but what is common. The mirrors need no trust: what they send is compared with the hashes that stand here.

mod download;
mod sets;
mod verify;

use std::fs;
use std::path::Path;

use crate::error::{Error, Result, Stage};

use download::{Failure, Part};

pub use sets::{FILES, Remote, SETS, Set};

/// What was done about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Done {
    /// It was there, as it should be.
    Kept,
    /// It was fetched.
    Fetched,
}

/// Is told the bytes that are there and, if known, how many there will be; answers whether to go on.
pub type Observe<'a> = dyn FnMut(u64, Option<u64>) -> bool + 'a;

/// Sees to it that `folder` holds `file` of a set, from the first of `mirrors` that sends it. What arrived before an interruption
/// is kept beside it, and goes on from there.
///
/// # Errors
/// `fetch-failed`, with what each mirror did; `fetch-busy` if another process fetches the file; `interrupted`; `io`.
pub fn fetch(file: &Remote, mirrors: &[&str], folder: &Path, observe: &mut Observe) -> Result<Done> {
    let target = folder.join(file.name);
    if target.is_file() && verify::check(&target, file).is_ok() {
        return Ok(Done::Kept);
    }
    fs::create_dir_all(folder).map_err(|cause| Error::io(Stage::Data, "create", folder, &cause))?;
    let fetched = fetch_to(&target, file, mirrors, folder, observe);
    if fetched.is_err() {
        // It goes if nothing has arrived.
        let _ = fs::remove_dir(folder);
    }
    fetched.map(|()| Done::Fetched)
}

fn fetch_to(target: &Path, file: &Remote, mirrors: &[&str], folder: &Path, observe: &mut Observe) -> Result<()> {
    let mut part = Part::open(folder, file)?;
    let mut problems = Vec::new();
    for mirror in mirrors {
        let url = format!("{}/{}", mirror.trim_end_matches('/'), file.name);
        match complete(&mut part, &url, observe) {
            Ok(()) => return part.rename(target),
            Err(Failure::Fatal(error)) => return Err(error),
            Err(Failure::Mirror(problem)) => problems.push(format!("{url}: {problem}")),
        }
    }
    let message = format!("{} could not be fetched from any of {} address(es)", file.name, mirrors.len());
    let help = format!(
        "try again later, name another mirror with --from, or download the file elsewhere and put it into {}",
        folder.display()
    );
    Err(Error::new(Stage::Data, "fetch-failed", message, help).with_problems(problems))
}

/// Fetches what is missing. If the whole is wrong then, its begin may be that of a mirror that packs differently: again, from the start.
fn complete(part: &mut Part, url: &str, observe: &mut Observe) -> std::result::Result<(), Failure> {
    let resumed = !part.is_empty();
    match part.fill(url, observe).and_then(|()| part.check()) {
        Err(Failure::Mirror(_)) if resumed && part.is_empty() => part.fill(url, observe).and_then(|()| part.check()),
        done => done,
    }
}
