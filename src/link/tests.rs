//! The client against boards that misbehave.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

use super::client::payload;
use super::frame::Parsed;
use super::{BoardResult, Client, Frame, Kind, Timing};
use crate::cosim::{BEAT_LAST, BEAT_MARK};
use crate::shell::{LINK_VERSION, LinkFormat};

const TIMING: Timing = Timing { answer: Duration::from_millis(30), quiet: Duration::from_millis(1) };

fn format() -> LinkFormat {
    let mut identity = [7; 16];
    identity[0] = LINK_VERSION;
    LinkFormat { marks: true, data_bits: 6, beat_bytes: 1, beats: 72, classes: 2, word_bytes: 4, identity }
}

/// A line whose other end is a function from what was written to what comes back.
struct Line<F> {
    board: F,
    coming: VecDeque<u8>,
    gone: bool,
}

impl<F: FnMut(&[u8]) -> Option<Vec<u8>>> Write for Line<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match (self.board)(bytes) {
            Some(answer) => self.coming.extend(answer),
            None => self.gone = true,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<F> Read for Line<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.gone {
            return Err(ErrorKind::BrokenPipe.into());
        }
        // In pieces, as serial lines deliver.
        let count = self.coming.len().min(buffer.len()).min(3);
        if count == 0 {
            return Err(ErrorKind::TimedOut.into());
        }
        buffer.iter_mut().zip(self.coming.drain(..count)).for_each(|(place, byte)| *place = byte);
        Ok(count)
    }
}

fn client<F: FnMut(&[u8]) -> Option<Vec<u8>>>(board: F) -> Client<Line<F>> {
    Client::new(Line { board, coming: VecDeque::new(), gone: false }, "test", format(), TIMING)
}

fn answer(request: &[u8], kind: Kind, payload: &[u8]) -> Vec<u8> {
    Frame { kind, tag: request[2], payload: payload.to_vec() }.bytes()
}

/// Class 0, 70 cycles, scores 5 and −2.
const RESULT: [u8; 16] = [0, 0, 0, 0, 70, 0, 0, 0, 5, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff];

fn result() -> BoardResult {
    BoardResult { class: 0, scores: vec![5, -2], cycles: 70 }
}

#[test]
fn a_frame_by_hand() {
    // The check value of CRC-16/MCRF4XX over "123456789" is 6f91.
    let frame = Frame { kind: Kind::Image, tag: 3, payload: vec![9, 8] };
    let bytes = frame.bytes();
    assert_eq!(bytes[..7], [0xa5, 0x02, 3, 2, 0, 9, 8]);
    assert_eq!(Frame::parse(&bytes, &[2]), Parsed::Frame(frame, 9));
    for cut in 0..9 {
        assert_eq!(Frame::parse(&bytes[..cut], &[2]), Parsed::Partial);
    }
    for byte in 0..9 {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[byte] ^= 1 << bit;
            assert_eq!(Frame::parse(&damaged, &[2]), Parsed::Damaged, "byte {byte} bit {bit}");
        }
    }
}

#[test]
fn beats_travel_low_byte_first_with_the_mark_on_top() {
    let beats = [5, BEAT_MARK, 63, BEAT_MARK | BEAT_LAST];
    assert_eq!(payload(&format(), &beats), [5, 0x80, 63, 0x80]);
    let wide = LinkFormat { data_bits: 10, beat_bytes: 2, ..format() };
    assert_eq!(payload(&wide, &[0x2a5, BEAT_MARK]), [0xa5, 0x02, 0, 0x80]);
    let pixels = LinkFormat { marks: false, data_bits: 8, ..format() };
    assert_eq!(payload(&pixels, &[255, BEAT_LAST]), [255, 0]);
    let steps = LinkFormat { marks: false, data_bits: 34, beat_bytes: 5, ..format() };
    assert_eq!(payload(&steps, &[0x4030201, 2, 0, BEAT_LAST]), [1, 2, 3, 4, 2, 0, 0, 0, 0, 0]);
}

#[test]
fn an_image_has_its_result() {
    let mut client = client(|request| Some(answer(request, Kind::Result, &RESULT)));
    assert_eq!(client.image(&[1, BEAT_MARK]), Ok(result()));
    assert_eq!(client.resent(), 0);
}

#[test]
fn a_damaged_answer_and_an_error_of_the_line_are_overcome() {
    let mut calls = 0;
    let mut client = client(|request| {
        calls += 1;
        let mut bytes = answer(request, Kind::Result, &RESULT);
        match calls {
            1 => bytes[6] ^= 1,
            2 => bytes.truncate(9),
            3 => bytes = answer(request, Kind::Error, &[4]),
            _ => {}
        }
        Some(bytes)
    });
    assert_eq!(client.image(&[1]), Ok(result()));
    assert_eq!(client.resent(), 3);
}

#[test]
fn the_answer_to_an_earlier_request_is_passed_over() {
    let mut client = client(|request| {
        let mut stale = Frame { kind: Kind::Result, tag: request[2].wrapping_sub(1), payload: RESULT.to_vec() };
        stale.payload[0] = 99;
        Some([stale.bytes(), answer(request, Kind::Result, &RESULT)].concat())
    });
    assert_eq!(client.image(&[1]), Ok(result()));
}

#[test]
fn every_failure_has_its_name() {
    type Board = fn(&[u8]) -> Option<Vec<u8>>;
    let boards: [(Board, &str); 6] = [
        (|_| Some(Vec::new()), "board-silent"),
        (|_| Some(vec![0x55; 40]), "link-garbage"),
        (|request| Some(answer(request, Kind::Error, &[4])), "link-noise"),
        (|request| Some(answer(request, Kind::Error, &[6])), "board-refused"),
        (|request| Some(answer(request, Kind::Error, &[0])), "board-refused"),
        (|_| None, "port-lost"),
    ];
    for (board, code) in boards {
        assert_eq!(client(board).image(&[1]).unwrap_err().code, code);
    }
}

/// A line with short buffers that takes no more before everything that has come was read.
struct Short {
    written: Vec<u8>,
    coming: VecDeque<u8>,
}

impl Write for Short {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.coming.is_empty() {
            return Err(ErrorKind::TimedOut.into());
        }
        let taken = bytes.len().min(16);
        self.written.extend(&bytes[..taken]);
        // Before the request is whole, answers to earlier ones.
        let tag = self.written[2].wrapping_sub(u8::from(taken < bytes.len()));
        self.coming.extend(Frame { kind: Kind::Result, tag, payload: RESULT.to_vec() }.bytes());
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Short {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.coming.read(buffer)? {
            0 => Err(ErrorKind::TimedOut.into()),
            count => Ok(count),
        }
    }
}

#[test]
fn what_comes_is_read_while_an_image_is_written() {
    let line = Short { written: Vec::new(), coming: VecDeque::new() };
    let mut client = Client::new(line, "test", format(), TIMING);
    let beats: Vec<u32> = (0..50).collect();
    assert_eq!(client.image(&beats).unwrap(), result());
    assert_eq!(client.resent(), 0);
}
