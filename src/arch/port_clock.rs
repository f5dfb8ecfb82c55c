//! The cycles of the input port: when the steps of an image are offered to the first layer.

use super::port::{Packing, Port};

/// When a step comes out of the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offer {
    /// When its first beat was accepted, if that is not the beat which the first layer takes.
    pub first_beat: Option<u64>,
    /// The first beat of the step is offered at the earliest.
    pub earliest: u64,
}

/// The state of a port, which follows the images.
pub(super) enum PortClock {
    Direct,
    Encoder {
        pixels: u64,
        clock: EncoderClock,
    },
    Pixels {
        packing: Packing,
        /// First cycle in which a beat may come.
        free: u64,
        /// When the steps of the image before were accepted.
        played: Vec<u64>,
    },
    Steps {
        packing: Packing,
        /// First cycle in which a beat may come.
        free: u64,
    },
}

/// The state of the encoder: when its two sets become free.
#[derive(Default)]
pub(super) struct EncoderClock {
    free_pixel: u64,
    free_sets: [u64; 2],
    free_read: u64,
    image: usize,
}

impl PortClock {
    pub(super) fn new(port: &Port, inputs: usize) -> Self {
        match *port {
            Port::Direct => PortClock::Direct,
            Port::Encoder(_) => PortClock::Encoder { pixels: inputs as u64, clock: EncoderClock::default() },
            Port::Pixels { packing, .. } => PortClock::Pixels { packing, free: 0, played: Vec::new() },
            Port::Steps { packing } => PortClock::Steps { packing, free: 0 },
        }
    }

    /// A step of an image that is offered to the port in cycle `offered`.
    pub(super) fn offer(&mut self, step: usize, offered: u64) -> Offer {
        let offered = if step == 0 { offered } else { 0 };
        match self {
            PortClock::Steps { packing, free } => {
                let first = offered.max(*free);
                // A single beat is the step, and waits with it.
                Offer { first_beat: (packing.beats > 1).then_some(first), earliest: first + packing.beats as u64 - 1 }
            }
            _ if step > 0 => Offer { first_beat: None, earliest: 0 },
            PortClock::Direct => Offer { first_beat: None, earliest: offered },
            PortClock::Encoder { pixels, clock } => {
                let (first, earliest) = clock.write(offered, *pixels);
                Offer { first_beat: Some(first), earliest }
            }
            PortClock::Pixels { packing, free, played } => {
                let accepted = beats(packing.beats, offered.max(*free), played);
                played.clear();
                *free = accepted.last + 1;
                Offer { first_beat: Some(accepted.first), earliest: accepted.last + 1 }
            }
        }
    }

    /// A step that was first offered in cycle `presented` was accepted in cycle `mark`.
    pub(super) fn accepted(&mut self, presented: u64, mark: u64, last_step: bool) {
        match self {
            PortClock::Direct => {}
            PortClock::Encoder { clock, .. } if last_step => clock.read_done(presented - 1),
            PortClock::Encoder { .. } => {}
            PortClock::Pixels { played, .. } => played.push(mark),
            PortClock::Steps { free, .. } => *free = mark + 1,
        }
    }

    /// The first cycle in which nothing of an image is left in the port.
    pub(super) fn settled(&self) -> u64 {
        match self {
            PortClock::Encoder { clock, .. } => clock.free_read,
            // Their steps have been taken, and whoever took them is not settled before.
            PortClock::Direct | PortClock::Pixels { .. } | PortClock::Steps { .. } => 0,
        }
    }
}

/// The cycles of the first and the last beat of an image.
struct Beats {
    first: u64,
    last: u64,
}

/// The beats of an image of pixels, the first one in cycle `offered` or later, while the steps of the image before are `played`: a beat
/// comes only in a cycle in which a step is taken, and the last beat not before the last step.
fn beats(count: usize, offered: u64, played: &[u64]) -> Beats {
    let open = |earliest: u64, from: usize| {
        let taken = played[from..].iter().copied().find(|&cycle| cycle >= earliest);
        taken.unwrap_or(earliest)
    };
    let any = |earliest: u64| open(earliest, 0);
    let last_only = |earliest: u64| open(earliest, played.len().saturating_sub(1));
    let mut next = offered;
    let mut first = None;
    for beat in 0..count {
        let cycle = if beat + 1 < count { any(next) } else { last_only(next) };
        first.get_or_insert(cycle);
        next = cycle + 1;
    }
    Beats { first: first.unwrap_or(offered), last: next - 1 }
}

impl EncoderClock {
    /// Writes an image offered in cycle `offered`. Gives the cycle of the first pixel, and that in which the first event can be seen.
    fn write(&mut self, offered: u64, pixels: u64) -> (u64, u64) {
        let first = self.free_pixel.max(offered).max(self.free_sets[self.image % 2]);
        let last = first + pixels - 1;
        self.free_pixel = last + 1;
        (first, (last + 1).max(self.free_read) + 1)
    }

    /// The last mark was read out of its set in cycle `cycle`.
    fn read_done(&mut self, cycle: u64) {
        self.free_read = cycle + 1;
        self.free_sets[self.image % 2] = cycle + 1;
        self.image += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_beat_of_a_step_waits_only_if_it_is_the_last() {
        let offer =
            |beats, offered| PortClock::Steps { packing: Packing { bits: 8, beats }, free: 3 }.offer(0, offered);
        assert_eq!(offer(3, 0), Offer { first_beat: Some(3), earliest: 5 });
        assert_eq!(offer(1, 4), Offer { first_beat: None, earliest: 4 });
    }

    /// Four beats and three steps: the image before was complete in cycle 3, its steps are taken in cycles 4, 7 and 8.
    #[test]
    fn beats_come_while_the_steps_of_the_image_before_are_taken() {
        let cycles = |count, offered, played: &[u64]| {
            let beats = beats(count, offered, played);
            (beats.first, beats.last)
        };
        assert_eq!(cycles(4, 0, &[]), (0, 3));
        assert_eq!(cycles(4, 4, &[4, 7, 8]), (4, 9));
        assert_eq!(cycles(4, 5, &[4, 7, 8]), (7, 10));
        // The last beat of two would complete the next image too early.
        assert_eq!(cycles(2, 4, &[4, 7, 8]), (4, 8));
        assert_eq!(cycles(1, 4, &[4, 7, 8]), (8, 8));
        assert_eq!(cycles(1, 20, &[4, 7, 8]), (20, 20));
    }
}
