//! What shell and host must agree on: how the images and results of one design travel (`docs/board.md`).

use crate::arch::{InputKind, PIXEL_BITS, ResultKind};
use crate::emit::Manifest;
use crate::error::{Error, Result, Stage};
use crate::files::sha256_hex;

/// Version of the link protocol: byte 0 of an identity.
pub const LINK_VERSION: u8 = 2;
/// Bytes of an identity.
pub const IDENTITY_BYTES: usize = 16;
/// Where the hash of the network ends in an identity, and that of the design begins.
pub const NETWORK_END: usize = 8;
/// The length field has 16 bits.
const MAX_PAYLOAD: usize = u16::MAX as usize;

/// The form of the payloads of one design.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkFormat {
    /// Whether beats are events and marks; otherwise they are pixels or time steps.
    pub marks: bool,
    /// Width of `s_axis_tdata`, in bits.
    pub data_bits: u32,
    /// Bytes per beat.
    pub beat_bytes: usize,
    /// Beats of an image: at most with events, exactly with pixels and time steps.
    pub beats: usize,
    /// How many classes there are.
    pub classes: usize,
    /// Bytes of a result word.
    pub word_bytes: usize,
    /// Protocol version, 7 bytes of the network hash, 8 bytes of the design hash.
    pub identity: [u8; IDENTITY_BYTES],
}

impl LinkFormat {
    /// The format of a design.
    ///
    /// # Errors
    /// `link-length` if an image does not fit a frame, `link-result` if results leave in one beat.
    pub fn of(manifest: &Manifest) -> Result<Self> {
        if manifest.options.result != ResultKind::Words {
            return Err(Error::new(
                Stage::Shell,
                "link-result",
                "the results of the design leave in one beat, and the board shell takes them word by word",
                "generate the design with --result words, or connect the streams of the core yourself",
            ));
        }
        let (inputs, steps, data_bits) = (manifest.input.inputs, manifest.time_steps, manifest.input.data_bits);
        let (marks, beats) = match manifest.input.kind {
            InputKind::Events => (true, inputs + steps),
            InputKind::Pixels => (false, (inputs * PIXEL_BITS).div_ceil(data_bits as usize)),
            InputKind::Steps => (false, steps * inputs.div_ceil(data_bits as usize)),
        };
        let beat_bytes = (data_bits as usize + usize::from(marks)).div_ceil(8);
        if beats * beat_bytes > MAX_PAYLOAD {
            return Err(Error::new(
                Stage::Shell,
                "link-length",
                format!("an image takes {} bytes, expected at most {MAX_PAYLOAD}", beats * beat_bytes),
                "the board shell has no room for it: connect the streams of the core yourself",
            ));
        }
        Ok(LinkFormat {
            marks,
            data_bits,
            beat_bytes,
            beats,
            classes: manifest.layers.last().map_or(0, |layer| layer.outputs),
            word_bytes: manifest.result_bits as usize / 8,
            identity: identity(manifest),
        })
    }

    /// Class, cycles and scores.
    pub fn result_bytes(&self) -> usize {
        (self.classes + 2) * self.word_bytes
    }
}

fn identity(manifest: &Manifest) -> [u8; IDENTITY_BYTES] {
    let design = sha256_hex(&serde_json::to_vec(manifest).expect("a manifest has only plain fields"));
    let mut identity = [LINK_VERSION; IDENTITY_BYTES];
    identity[1..NETWORK_END].copy_from_slice(&first_bytes::<7>(&manifest.network_hash));
    identity[NETWORK_END..].copy_from_slice(&first_bytes::<8>(&design));
    identity
}

/// The bytes that a hash in hexadecimal digits begins with; 0 for what are no digits.
fn first_bytes<const N: usize>(hash: &str) -> [u8; N] {
    std::array::from_fn(|byte| {
        let digits = hash.get(2 * byte..2 * byte + 2);
        digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).unwrap_or(0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_begin_with_their_first_digits() {
        assert_eq!(first_bytes::<3>("01abff77"), [0x01, 0xab, 0xff]);
        assert_eq!(first_bytes::<3>("01"), [1, 0, 0]);
    }
}
