//! One file over HTTP, into a file beside its place that a later run goes on with.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ureq::Agent;
use ureq::http::header::{CONTENT_RANGE, RANGE};
use ureq::http::{Response, StatusCode};

use super::{Observe, Remote, verify};
use crate::error::{Error, Result, Stage};

const CONNECT: Duration = Duration::from_secs(20);
/// Time for a file to arrive: what has come by then is kept, and the next run goes on.
const RECEIVE: Duration = Duration::from_secs(3600);
/// Gzip makes no file larger by more than this.
const OVERHEAD: u64 = 1 << 16;

/// Why a file did not come.
pub enum Failure {
    /// Another mirror may do better.
    Mirror(String),
    Fatal(Error),
}

/// The file while it arrives. Only one process has it.
pub struct Part<'a> {
    remote: &'a Remote,
    path: PathBuf,
    file: File,
    agent: Agent,
}

impl<'a> Part<'a> {
    /// # Errors
    /// `fetch-busy`, `io`.
    pub fn open(folder: &Path, remote: &'a Remote) -> Result<Part<'a>> {
        let path = folder.join(format!(".{}.part", remote.name));
        let opened = OpenOptions::new().create(true).read(true).append(true).open(&path);
        let file = opened.map_err(|cause| Error::io(Stage::Data, "write", &path, &cause))?;
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            let message = format!("another process is fetching {}", remote.name);
            return Err(Error::new(Stage::Data, "fetch-busy", message, "wait for it to end"));
        }
        let config = Agent::config_builder().timeout_connect(Some(CONNECT)).timeout_recv_body(Some(RECEIVE));
        let agent = config.http_status_as_error(false).build().into();
        Ok(Part { remote, path, file, agent })
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn len(&self) -> u64 {
        self.file.metadata().map_or(0, |metadata| metadata.len())
    }

    /// Gets what is missing from `url`.
    pub fn fill(&mut self, url: &str, observe: &mut Observe) -> std::result::Result<(), Failure> {
        let there = self.len();
        let request = self.agent.get(url);
        let request = if there > 0 { request.header(RANGE, format!("bytes={there}-")) } else { request };
        let mut response = request.call().map_err(|cause| Failure::Mirror(cause.to_string()))?;
        let start = match response.status() {
            StatusCode::OK => 0,
            StatusCode::PARTIAL_CONTENT if starts_at(&response, there) => there,
            // Nothing lies beyond what is there: it may be all.
            StatusCode::RANGE_NOT_SATISFIABLE => return Ok(()),
            status => return Err(Failure::Mirror(format!("the server answered {status}"))),
        };
        self.file
            .set_len(start)
            .and_then(|()| self.file.seek(SeekFrom::End(0)))
            .map_err(|cause| self.failed(&cause))?;
        let total = response.body().content_length().map(|length| start + length);
        self.append(&mut response.body_mut().as_reader(), start, total, observe)
    }

    fn append(
        &mut self,
        reader: &mut dyn Read,
        mut done: u64,
        total: Option<u64>,
        observe: &mut Observe,
    ) -> std::result::Result<(), Failure> {
        let mut buffer = vec![0; 1 << 16];
        while observe(done, total) {
            let count = match reader.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
                Err(cause) => return Err(Failure::Mirror(format!("the connection broke after {done} bytes: {cause}"))),
            };
            done += count as u64;
            if done > self.remote.bytes + OVERHEAD {
                self.clear()?;
                return Err(Failure::Mirror(format!(
                    "the file is larger than the {} bytes it unpacks to",
                    self.remote.bytes
                )));
            }
            self.file.write_all(&buffer[..count]).map_err(|cause| self.failed(&cause))?;
        }
        Err(Failure::Fatal(Error::interrupted(Stage::Data, "give the same command again to go on from here")))
    }

    /// Demands that the whole file has come. What is wrong is thrown away, so that the next try begins anew.
    pub fn check(&mut self) -> std::result::Result<(), Failure> {
        let Err(problem) = verify::check(&self.path, self.remote) else { return Ok(()) };
        self.clear()?;
        Err(Failure::Mirror(problem))
    }

    fn clear(&mut self) -> std::result::Result<(), Failure> {
        self.file.set_len(0).map_err(|cause| self.failed(&cause))
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// `io`.
    pub fn rename(self, target: &Path) -> Result<()> {
        let done = self.file.sync_all().and_then(|()| fs::rename(&self.path, target));
        done.map_err(|cause| Error::io(Stage::Data, "write", target, &cause))
    }

    fn failed(&self, cause: &io::Error) -> Failure {
        Failure::Fatal(Error::io(Stage::Data, "write", &self.path, cause))
    }
}

impl Drop for Part<'_> {
    fn drop(&mut self) {
        if self.is_empty() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether a partial answer begins where it was asked to.
fn starts_at<T>(response: &Response<T>, start: u64) -> bool {
    let range = response.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
    range.is_some_and(|range| range.starts_with(&format!("bytes {start}-")))
}
