//! What is played into a design, and its file format (described in `sim/driver.cpp`).

use std::io::{self, Write};

/// Bit 30 of a beat: the last beat of a frame (`s_axis_tlast`).
pub const BEAT_LAST: u32 = 1 << 30;
/// Bit 31 of a beat: the end-of-step mark (`s_axis_tuser`), events only.
pub const BEAT_MARK: u32 = 1 << 31;

const MAGIC: &[u8; 4] = b"FSS1";
const NO_ABORT: u32 = u32::MAX;

/// The input of one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageStimulus {
    /// Bits 0..=29 data, [`BEAT_LAST`], [`BEAT_MARK`].
    pub beats: Vec<u32>,
    /// Resets the design after that many beats of this image, once all earlier images are done. The image has no result.
    pub abort_after: Option<usize>,
}

impl ImageStimulus {
    /// The frame of a design with pixel input: every pixel, row by row.
    pub fn pixels(pixels: &[u8]) -> Self {
        let mut beats: Vec<u32> = pixels.iter().map(|&pixel| u32::from(pixel)).collect();
        if let Some(last) = beats.last_mut() {
            *last |= BEAT_LAST;
        }
        ImageStimulus { beats, abort_after: None }
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
        let mut beats: Vec<u32> = steps.into_iter().flat_map(|step| step.into_iter().chain([BEAT_MARK])).collect();
        if let Some(last) = beats.last_mut() {
            *last |= BEAT_LAST;
        }
        ImageStimulus { beats, abort_after: None }
    }

    /// The same image, given up after `beats` beats by a reset.
    pub fn aborted_after(mut self, beats: usize) -> Self {
        self.abort_after = Some(beats);
        self
    }

    /// Whether the driver can play it: a whole image has beats, an aborted one at least those before the reset.
    pub(super) fn is_playable(&self) -> bool {
        match self.abort_after {
            None => !self.beats.is_empty(),
            Some(beats) => beats <= self.beats.len(),
        }
    }
}

/// The input of a simulation, in the order in which it is played.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stimulus {
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
    file.write_all(&(images.len() as u32).to_le_bytes())?;
    for image in images {
        file.write_all(&(image.beats.len() as u32).to_le_bytes())?;
        let abort = image.abort_after.map_or(NO_ABORT, |beats| beats as u32);
        file.write_all(&abort.to_le_bytes())?;
        for beat in &image.beats {
            file.write_all(&beat.to_le_bytes())?;
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
        assert_eq!(image.beats, [1, mark, 0, 3, mark, mark | BEAT_LAST]);
    }

    #[test]
    fn the_last_pixel_ends_the_frame() {
        assert_eq!(ImageStimulus::pixels(&[7, 0, 255]).beats, [7, 0, 255 | BEAT_LAST]);
    }

    #[test]
    fn the_file_is_little_endian() {
        let image = ImageStimulus::pixels(&[7]).aborted_after(1);
        let mut file = Vec::new();
        write_stimulus(&[image], &mut file).unwrap();
        assert_eq!(file, [b'F', b'S', b'S', b'1', 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0x40]);
    }
}
