//! What is played into a design, and its file format (described in `sim/driver.cpp`).

use std::io::{self, Write};

/// Bit 30 of a beat's last word: the last beat of a frame (`s_axis_tlast`).
pub const BEAT_LAST: u32 = 1 << 30;
/// Bit 31 of a beat's last word: the end-of-step mark (`s_axis_tuser`), events only.
pub const BEAT_MARK: u32 = 1 << 31;

const MAGIC: &[u8; 4] = b"FSS2";
const NO_ABORT: u32 = u32::MAX;

/// Words of a beat with so many bits of data: these, the lowest first, and the two flags on top of the last word.
pub fn beat_words(data_bits: usize) -> usize {
    (data_bits + 2).div_ceil(32)
}

/// The input of one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageStimulus {
    /// Words of all beats, [`beat_words`] for each: data, and in the last one [`BEAT_LAST`] and [`BEAT_MARK`].
    pub words: Vec<u32>,
    /// Words of 32 bits in a beat.
    pub beat_words: usize,
    /// Resets the design after that many beats of this image, once all earlier images are done. The image has no result.
    pub abort_after: Option<usize>,
}

impl ImageStimulus {
    /// The frame of a design with pixel input: every pixel, row by row, as many in a beat as its `beat_bits` bits hold.
    pub fn pixels(pixels: &[u8], beat_bits: usize) -> Self {
        let mut frame = Packer::new(beat_bits);
        pixels.iter().for_each(|&pixel| frame.put(u32::from(pixel), 8));
        Self::frame(frame.words, beat_words(beat_bits))
    }

    /// The frame of a design that takes whole time steps: bit `i` of a step says that input `i` spikes then, and `beat_bits` bits of it
    /// are in a beat.
    ///
    /// # Units
    /// `spike_times` in time steps; `time_steps` or more means never.
    pub fn steps(spike_times: &[u8], time_steps: usize, beat_bits: usize) -> Self {
        let mut frame = Packer::new(beat_bits);
        for step in 0..time_steps {
            frame.begin_beat();
            spike_times.iter().for_each(|&time| frame.put(u32::from(usize::from(time) == step), 1));
        }
        Self::frame(frame.words, beat_words(beat_bits))
    }

    /// The frame of a design with event input: for each step the inputs that spike then, in ascending order, and a mark.
    ///
    /// # Units
    /// `spike_times` in time steps; `time_steps` or more means never.
    pub fn events(spike_times: &[u8], time_steps: usize) -> Self {
        Self::events_named(spike_times, time_steps, |input| input)
    }

    /// The same for a design whose events call an input `name(input)`.
    pub fn events_named(spike_times: &[u8], time_steps: usize, name: impl Fn(usize) -> usize) -> Self {
        let mut steps: Vec<Vec<u32>> = vec![Vec::new(); time_steps];
        for (input, &time) in spike_times.iter().enumerate() {
            if let Some(step) = steps.get_mut(usize::from(time)) {
                step.push(name(input) as u32);
            }
        }
        Self::frame(steps.into_iter().flat_map(|step| step.into_iter().chain([BEAT_MARK])).collect(), 1)
    }

    /// The frame of a design that takes bundles: for each step its beats, each with the events in it or nothing in their places; the last beat
    /// of a step has the mark. An event has `index_bits` bits, and above them one that says that it is there.
    pub fn bundles(steps: &[Vec<Vec<Option<u32>>>], index_bits: usize) -> Self {
        let field = index_bits + 1;
        let events = steps.iter().flatten().map(Vec::len).max().unwrap_or(0);
        let beat_words = beat_words(events * field);
        let mut words = Vec::new();
        for step in steps {
            for beat in step {
                let first = words.len();
                words.resize(first + beat_words, 0);
                for (slot, event) in beat.iter().enumerate().filter_map(|(slot, event)| Some((slot, (*event)?))) {
                    let code = event | 1 << index_bits;
                    for bit in (0..field).filter(|bit| code >> bit & 1 == 1) {
                        let place = slot * field + bit;
                        words[first + place / 32] |= 1 << (place % 32);
                    }
                }
            }
            if let Some(last) = words.last_mut() {
                *last |= BEAT_MARK;
            }
        }
        Self::frame(words, beat_words)
    }

    /// A whole frame: its last beat is marked so.
    fn frame(mut words: Vec<u32>, beat_words: usize) -> Self {
        if let Some(last) = words.last_mut() {
            *last |= BEAT_LAST;
        }
        ImageStimulus { words, beat_words, abort_after: None }
    }

    /// Number of beats.
    pub fn beats(&self) -> usize {
        self.words.len() / self.beat_words
    }

    /// The word of a beat that holds its flags.
    pub fn flags_mut(&mut self, beat: usize) -> &mut u32 {
        &mut self.words[(beat + 1) * self.beat_words - 1]
    }

    /// The same image, given up after `beats` beats by a reset.
    pub fn aborted_after(mut self, beats: usize) -> Self {
        self.abort_after = Some(beats);
        self
    }

    /// Whether the driver can play it: a whole image has beats, an aborted one at least those before the reset.
    pub(super) fn is_playable(&self) -> bool {
        match self.abort_after {
            None => self.beats() > 0,
            Some(beats) => beats <= self.beats(),
        }
    }
}

/// Puts fields into beats side by side, the first ones lowest.
struct Packer {
    words: Vec<u32>,
    beat_bits: usize,
    /// Bits of the last beat that are taken.
    taken: usize,
}

impl Packer {
    fn new(beat_bits: usize) -> Self {
        Packer { words: Vec::new(), beat_bits, taken: beat_bits }
    }

    /// The next field begins a beat.
    fn begin_beat(&mut self) {
        self.taken = self.beat_bits;
    }

    /// Adds a field of so many bits, which lies within a word of 32 bits.
    fn put(&mut self, field: u32, bits: usize) {
        let beat_words = beat_words(self.beat_bits);
        if self.taken + bits > self.beat_bits {
            self.words.resize(self.words.len() + beat_words, 0);
            self.taken = 0;
        }
        let beat = self.words.len() - beat_words;
        self.words[beat + self.taken / 32] |= field << (self.taken % 32);
        self.taken += bits;
    }
}

/// The input of a simulation, in the order in which it is played.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stimulus {
    /// The images, in the order in which they are played.
    pub images: Vec<ImageStimulus>,
}

impl FromIterator<ImageStimulus> for Stimulus {
    fn from_iter<I: IntoIterator<Item = ImageStimulus>>(images: I) -> Self {
        Stimulus { images: images.into_iter().collect() }
    }
}

/// Writes the stimulus file of `images`.
pub(super) fn write_stimulus(images: &[ImageStimulus], file: &mut impl Write) -> io::Result<()> {
    file.write_all(MAGIC)?;
    let beat_words = images.first().map_or(1, |image| image.beat_words);
    file.write_all(&(beat_words as u32).to_le_bytes())?;
    file.write_all(&(images.len() as u32).to_le_bytes())?;
    for image in images {
        file.write_all(&(image.beats() as u32).to_le_bytes())?;
        let abort = image.abort_after.map_or(NO_ABORT, |beats| beats as u32);
        file.write_all(&abort.to_le_bytes())?;
        for word in &image.words {
            file.write_all(&word.to_le_bytes())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_sorted_by_step_and_then_by_input() {
        let image = ImageStimulus::events(&[1, 0, 3, 1], 3);
        let mark = BEAT_MARK;
        assert_eq!(image.words, [1, mark, 0, 3, mark, mark | BEAT_LAST]);
    }

    #[test]
    fn a_step_has_a_bit_per_input_and_its_flags_on_top() {
        assert_eq!([1, 30, 31, 62, 784].map(beat_words), [1, 1, 2, 2, 25]);
        // Inputs 1 and 33 at step 0, 0 at step 1, 32 at step 2, all others never.
        let mut times = [3; 34];
        (times[1], times[33], times[0], times[32]) = (0, 0, 1, 2);
        let image = ImageStimulus::steps(&times, 3, 34);
        assert_eq!((image.beats(), &image.words), (3, &vec![2, 2, 1, 0, 0, 1 | BEAT_LAST]));
    }

    #[test]
    fn a_bundle_has_a_place_for_every_event_and_the_mark_beside_the_last() {
        let steps = [vec![vec![Some(5), Some(2)], vec![Some(7), None]], vec![vec![None, None]]];
        let image = ImageStimulus::bundles(&steps, 3);
        let mark = BEAT_MARK;
        assert_eq!(image.words, [0b1010_1101, 0b1111 | mark, mark | BEAT_LAST]);
        // Four events of 10 bits and one take two words.
        let wide = ImageStimulus::bundles(&[vec![vec![None, None, Some(1), None]]], 10);
        assert_eq!((wide.beats(), wide.words), (1, vec![1 << 22, 1 | mark | BEAT_LAST]));
    }

    #[test]
    fn a_step_may_take_several_beats() {
        // Inputs 0 and 4 at step 0, 1 at step 1; three bits in a beat.
        let image = ImageStimulus::steps(&[0, 1, 2, 2, 0], 2, 3);
        assert_eq!(image.words, [0b001, 0b010, 0b010, BEAT_LAST]);
    }

    #[test]
    fn the_last_pixel_ends_the_frame() {
        assert_eq!(ImageStimulus::pixels(&[7, 0, 255], 8).words, [7, 0, 255 | BEAT_LAST]);
        // Beats of 40 bits have two words.
        let image = ImageStimulus::pixels(&[1, 2, 3, 4, 5, 6], 40);
        assert_eq!((image.beats(), image.words), (2, vec![0x0403_0201, 5, 6, BEAT_LAST]));
    }

    #[test]
    fn the_file_is_little_endian() {
        let image = ImageStimulus::pixels(&[7], 8).aborted_after(1);
        let mut file = Vec::new();
        write_stimulus(&[image], &mut file).unwrap();
        assert_eq!(file, [b'F', b'S', b'S', b'2', 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0x40]);
    }
}
