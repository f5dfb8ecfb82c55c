//! Requests and their answers: what is sent again, what is an error, and how long to wait.

use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use super::frame::{Frame, Kind, Parsed};
use crate::cosim::{BEAT_LAST, BEAT_MARK, beat_words};
use crate::emit::Manifest;
use crate::error::{Error, Result, Stage};
use crate::files::hex;
use crate::shell::{IDENTITY_BYTES, LINK_VERSION, LinkFormat, NETWORK_END};

/// How often a request is sent before it is given up.
const ATTEMPTS: usize = 4;
/// Without any answer: the second time is for a board that was busy with noise of the line when the first request came.
const SILENT_ATTEMPTS: usize = 2;

/// How long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// For a whole answer.
    pub answer: Duration,
    /// A line without a byte for so long is at rest.
    pub quiet: Duration,
}

/// What a board answers to an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardResult {
    /// The class.
    pub class: u32,
    /// One score per class.
    pub scores: Vec<i64>,
    /// From the first beat to the class, as the core counted.
    pub cycles: u64,
}

/// What came instead of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Silence,
    /// Bytes that are no frame.
    Garbage,
    /// An error frame with this code.
    Refused(u8),
}

/// Talks to one board over a serial line: any stream whose reads end with [`ErrorKind::TimedOut`] when nothing comes.
pub struct Client<S> {
    line: S,
    /// Of the line, for messages.
    name: String,
    format: LinkFormat,
    timing: Timing,
    tag: u8,
    /// Bytes that have come and are not yet understood.
    received: Vec<u8>,
    resent: usize,
}

impl<S: Read + Write> Client<S> {
    /// A client of the board behind `line`, which is called `name`.
    pub fn new(line: S, name: &str, format: LinkFormat, timing: Timing) -> Self {
        Client { line, name: name.into(), format, timing, tag: 0, received: Vec::new(), resent: 0 }
    }

    /// Frames that were sent again so far.
    pub fn resent(&self) -> usize {
        self.resent
    }

    /// Makes sure that the board holds this design.
    ///
    /// # Errors
    /// `board-version`, `board-network`, `board-design`; those of a request.
    pub fn check_identity(&mut self, manifest: &Manifest) -> Result<()> {
        self.settle()?;
        let answer = self.request(Kind::Identify, Kind::Identity, &[])?;
        let expected = self.format.identity;
        let found: [u8; IDENTITY_BYTES] = answer.try_into().map_err(|_| self.malformed("identity"))?;
        if found == expected {
            return Ok(());
        }
        let flash = "flash the bitstream of this design folder, or name the folder that the board was made from";
        if found[0] != LINK_VERSION {
            let message =
                format!("the board on {} speaks link version {}, expected {LINK_VERSION}", self.name, found[0]);
            return Err(Error::new(Stage::Link, "board-version", message, flash));
        }
        let (network, design) = (1..NETWORK_END, NETWORK_END..IDENTITY_BYTES);
        if found[network.clone()] != expected[network.clone()] {
            let message = format!(
                "the board on {} holds the network {}…, expected {}… ({})",
                self.name,
                hex(&found[network.clone()]),
                hex(&expected[network]),
                manifest.top
            );
            return Err(Error::new(Stage::Link, "board-network", message, flash));
        }
        let message = format!(
            "the board on {} holds the right network in another design: {}…, expected {}…",
            self.name,
            hex(&found[design.clone()]),
            hex(&expected[design])
        );
        Err(Error::new(Stage::Link, "board-design", message, flash))
    }

    /// Sends the beats of an image, as the simulation takes them, and waits for its result.
    ///
    /// # Errors
    /// `port-lost` if the port is gone; `board-silent` without an answer; `link-garbage` if what comes is no frame, time and again;
    /// `link-noise` if what is sent does not arrive whole, time and again; `board-refused` if the board will not have the frame.
    pub fn image(&mut self, beats: &[u32]) -> Result<BoardResult> {
        let payload = payload(&self.format, beats);
        let answer = self.request(Kind::Image, Kind::Result, &payload)?;
        let mut words = answer.chunks_exact(self.format.word_bytes).map(word);
        match (words.next(), words.next()) {
            (Some(class), Some(cycles)) => {
                let cycles = cycles as u64 & u64::from(u32::MAX);
                Ok(BoardResult { class: class as u32, scores: words.collect(), cycles })
            }
            _ => Err(self.malformed("result")),
        }
    }

    fn request(&mut self, kind: Kind, answer: Kind, payload: &[u8]) -> Result<Vec<u8>> {
        let mut trouble = Trouble::Silence;
        let mut silent = 0;
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                self.resent += 1;
                self.settle()?;
            }
            self.tag = self.tag.wrapping_add(1);
            self.send(&Frame { kind, tag: self.tag, payload: payload.to_vec() })?;
            trouble = match self.answer(answer)? {
                Ok(payload) => return Ok(payload),
                Err(Trouble::Refused(code)) if !passes(code) => return Err(self.refused(code)),
                Err(trouble) => trouble,
            };
            silent += usize::from(trouble == Trouble::Silence);
            if silent == SILENT_ATTEMPTS {
                break;
            }
        }
        Err(self.failed(trouble))
    }

    fn send(&mut self, frame: &Frame) -> Result<()> {
        let bytes = frame.bytes();
        let deadline = Instant::now() + self.timing.answer;
        let mut sent = 0;
        while sent < bytes.len() {
            match self.line.write(&bytes[sent..]) {
                Ok(0) => return Err(self.lost(&ErrorKind::WriteZero.into())),
                Ok(count) => sent += count,
                // A frame may be longer than the buffers of the system; a board that cannot get rid of what it sends takes no more.
                Err(cause) if waits(&cause) && Instant::now() < deadline => self.receive()?,
                Err(cause) => return Err(self.lost(&cause)),
            }
        }
        Ok(())
    }

    /// Waits for the answer to the last request. Answers to earlier ones are passed over.
    fn answer(&mut self, kind: Kind) -> Result<std::result::Result<Vec<u8>, Trouble>> {
        let deadline = Instant::now() + self.timing.answer;
        let lengths = [IDENTITY_BYTES, self.format.result_bytes(), 1];
        loop {
            match Frame::parse(&self.received, &lengths) {
                Parsed::Frame(frame, length) => {
                    self.received.drain(..length);
                    match frame.kind {
                        Kind::Error => return Ok(Err(Trouble::Refused(frame.payload.first().copied().unwrap_or(0)))),
                        found if found == kind && frame.tag == self.tag => return Ok(Ok(frame.payload)),
                        _ => {}
                    }
                }
                Parsed::Damaged => return Ok(Err(Trouble::Garbage)),
                Parsed::Partial if Instant::now() < deadline => self.receive()?,
                Parsed::Partial => {
                    return Ok(Err(if self.received.is_empty() { Trouble::Silence } else { Trouble::Garbage }));
                }
            }
        }
    }

    /// Takes what has come, or waits for a moment.
    fn receive(&mut self) -> Result<()> {
        let mut chunk = [0; 4096];
        match self.line.read(&mut chunk) {
            // The end of a stream that has none: the device is gone.
            Ok(0) => Err(self.lost(&ErrorKind::BrokenPipe.into())),
            Ok(count) => {
                self.received.extend(&chunk[..count]);
                Ok(())
            }
            Err(cause) if waits(&cause) => Ok(()),
            Err(cause) => Err(self.lost(&cause)),
        }
    }

    /// Throws away what comes until the line is at rest, so that the next byte begins an answer. A line that never rests is
    /// left to the request that follows.
    fn settle(&mut self) -> Result<()> {
        let begun = Instant::now();
        let mut quiet_since = begun;
        while quiet_since.elapsed() < self.timing.quiet && begun.elapsed() < self.timing.answer {
            self.receive()?;
            if !self.received.is_empty() {
                self.received.clear();
                quiet_since = Instant::now();
            }
        }
        Ok(())
    }

    fn lost(&self, cause: &std::io::Error) -> Error {
        let message = format!("the port {} was lost: {cause}", self.name);
        Error::new(Stage::Link, "port-lost", message, "plug the board in again and run the command again")
    }

    fn malformed(&self, what: &str) -> Error {
        let message = format!("the {what} that the board on {} sent has a wrong length", self.name);
        Error::new(Stage::Link, "board-malformed", message, "flash the bitstream of this design folder")
    }

    fn refused(&self, code: u8) -> Error {
        let message = format!("the board on {} {}", self.name, reason(code));
        Error::new(
            Stage::Link,
            "board-refused",
            message,
            "flash the bitstream of this design folder; press its reset button",
        )
    }

    fn failed(&self, trouble: Trouble) -> Error {
        match trouble {
            Trouble::Silence => Error::new(
                Stage::Link,
                "board-silent",
                format!("the board on {} gives no answer within {:.1} s", self.name, self.timing.answer.as_secs_f64()),
                "check that this is its port, that its bitstream is loaded, and --baud",
            ),
            Trouble::Garbage => Error::new(
                Stage::Link,
                "link-garbage",
                format!("what comes from {} is no frame, {ATTEMPTS} times in a row", self.name),
                "check --baud, and that this is the port of the board",
            ),
            Trouble::Refused(code) => Error::new(
                Stage::Link,
                "link-noise",
                format!("the board on {} {}, {ATTEMPTS} times in a row", self.name, reason(code)),
                "check --baud and the cable, or build the board with a lower baud rate",
            ),
        }
    }
}

/// Whether a stream only has to be asked again.
fn waits(cause: &std::io::Error) -> bool {
    matches!(cause.kind(), ErrorKind::TimedOut | ErrorKind::Interrupted | ErrorKind::WouldBlock)
}

/// Whether an error of the board may be gone at the next attempt: it is one of the line.
fn passes(code: u8) -> bool {
    (1..=4).contains(&code)
}

/// The codes of an error frame in words (`hdl/shell/fs_link_control.v`).
fn reason(code: u8) -> String {
    match code {
        0 => "says that its core gave no result".into(),
        1 => "received bytes that are no frame".into(),
        2 => "received a byte without a stop bit".into(),
        3 => "received a frame that was cut".into(),
        4 => "received a frame whose CRC is wrong".into(),
        5 => "does not know this kind of request".into(),
        6 => "takes no image of this length".into(),
        7 => "says that the image is malformed".into(),
        _ => format!("answers with the unknown error {code}"),
    }
}

/// Each beat low byte first, its end-of-step mark as the highest bit. The board itself knows the last beat by the end of the payload.
pub(super) fn payload(format: &LinkFormat, words: &[u32]) -> Vec<u8> {
    let bytes = |beat: &[u32]| {
        let (flags, low) = beat.split_last().expect("a beat has words");
        let data = low.iter().copied().chain([flags & (BEAT_LAST - 1)]);
        let mut bytes: Vec<u8> = data.flat_map(u32::to_le_bytes).collect();
        bytes.resize(format.beat_bytes, 0);
        if flags & BEAT_MARK != 0 {
            *bytes.last_mut().expect("a beat has bytes") |= 0x80;
        }
        bytes
    };
    words.chunks(beat_words(format.data_bits as usize)).flat_map(bytes).collect()
}

/// A signed little-endian word.
fn word(bytes: &[u8]) -> i64 {
    let sign = if bytes.last().is_some_and(|&byte| byte >= 0x80) { 0xff } else { 0 };
    let mut wide = [sign; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    i64::from_le_bytes(wide)
}
