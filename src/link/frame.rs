//! Frames as bytes: sync, kind, tag, length, payload, CRC.

use crc::{CRC_16_MCRF4XX, Crc};

pub(super) const SYNC: u8 = 0xa5;
const HEADER: usize = 5;
const TRAILER: usize = 2;
/// Of everything between sync and CRC.
const CRC: Crc<u16> = Crc::<u16>::new(&CRC_16_MCRF4XX);

/// What a frame is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Host to board: which network are you?
    Identify = 0x01,
    /// Host to board: the beats of an image.
    Image = 0x02,
    /// Board to host: protocol version, network hash, design hash.
    Identity = 0x81,
    /// Board to host: class, cycles, scores.
    Result = 0x82,
    /// Board to host: one byte that says what was wrong.
    Error = 0xff,
}

impl Kind {
    const ALL: [Kind; 5] = [Kind::Identify, Kind::Image, Kind::Identity, Kind::Result, Kind::Error];

    fn from_byte(byte: u8) -> Option<Kind> {
        Kind::ALL.into_iter().find(|&kind| kind as u8 == byte)
    }
}

/// A frame; an answer carries the tag of its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What is asked or answered.
    pub kind: Kind,
    /// A number that an answer repeats.
    pub tag: u8,
    /// The bytes inside.
    pub payload: Vec<u8>,
}

/// What the first bytes of a stream are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parsed {
    /// A whole frame of so many bytes.
    Frame(Frame, usize),
    /// The beginning of one.
    Partial,
    /// Neither.
    Damaged,
}

impl Frame {
    /// The bytes on the line.
    ///
    /// # Panics
    /// If the payload is longer than 65535 bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let length = u16::try_from(self.payload.len()).expect("a link format has no longer payload");
        let mut bytes = Vec::with_capacity(HEADER + self.payload.len() + TRAILER);
        bytes.extend([SYNC, self.kind as u8, self.tag]);
        bytes.extend(length.to_le_bytes());
        bytes.extend(&self.payload);
        bytes.extend(CRC.checksum(&bytes[1..]).to_le_bytes());
        bytes
    }

    /// Reads the frame that `bytes` begin with. A length that is none of `lengths` is damage: nobody need wait for its end.
    pub(super) fn parse(bytes: &[u8], lengths: &[usize]) -> Parsed {
        if bytes.first().is_some_and(|&byte| byte != SYNC) {
            return Parsed::Damaged;
        }
        let Some(header) = bytes.get(..HEADER) else { return Parsed::Partial };
        let length = usize::from(u16::from_le_bytes([header[3], header[4]]));
        let Some(kind) = Kind::from_byte(header[1]).filter(|_| lengths.contains(&length)) else {
            return Parsed::Damaged;
        };
        let end = HEADER + length;
        let Some(trailer) = bytes.get(end..end + TRAILER) else { return Parsed::Partial };
        if CRC.checksum(&bytes[1..end]).to_le_bytes() != trailer {
            return Parsed::Damaged;
        }
        let payload = bytes[HEADER..end].to_vec();
        Parsed::Frame(Frame { kind, tag: header[2], payload }, end + TRAILER)
    }
}
