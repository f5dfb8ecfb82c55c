//! Coding of pixels (`docs/numerics.md` §2).

use firstspike_network::Coding;

/// The spike time of a pixel: `floor((2·(255 − x)·(T − 1) + 255) / 510)`, or `T` (never) if `x < threshold`.
///
/// # Units
/// `pixel` and `threshold` in gray levels 0 … 255, the result in time steps.
///
/// # Source
/// `docs/numerics.md` §2.
pub fn latency(pixel: u8, threshold: u8, time_steps: usize) -> u8 {
    let time =
        if pixel < threshold { time_steps } else { (2 * (255 - usize::from(pixel)) * (time_steps - 1) + 255) / 510 };
    u8::try_from(time).expect("a validated network has at most 255 time steps")
}

/// The spike times of the pixels of an image, `T` for never.
///
/// # Units
/// As [`latency`].
///
/// # Source
/// `docs/numerics.md` §2.
pub fn encode<'a>(pixels: impl IntoIterator<Item = &'a u8>, coding: &Coding, time_steps: usize) -> Vec<u8> {
    let time = |&pixel: &u8| match coding {
        Coding::Latency { threshold } => latency(pixel, *threshold, time_steps),
        Coding::Table(times) => times[usize::from(pixel)],
    };
    pixels.into_iter().map(time).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_steps_by_hand() {
        let by_hand = [(255, 0), (213, 0), (212, 1), (128, 1), (127, 2), (43, 2), (42, 3), (1, 3), (0, 4)];
        for (pixel, time) in by_hand {
            assert_eq!(latency(pixel, 1, 4), time, "pixel {pixel}");
        }
    }

    #[test]
    fn a_table_is_looked_up() {
        let mut times = [4; 256];
        (times[0], times[9], times[255]) = (2, 0, 3);
        assert_eq!(encode(&[0, 9, 10, 255], &Coding::Table(Box::new(times)), 4), [2, 0, 4, 3]);
        assert_eq!(encode(&[0, 255, 42], &Coding::from(1), 4), [4, 0, 3]);
    }

    #[test]
    fn one_step_sends_every_pixel_at_zero() {
        assert_eq!((latency(255, 1, 1), latency(1, 1, 1), latency(0, 1, 1), latency(0, 0, 1)), (0, 0, 1, 0));
    }

    #[test]
    fn brighter_is_never_later() {
        for time_steps in [1, 2, 3, 8, 32, 255] {
            let times: Vec<u8> = (0..=255).map(|x| latency(x, 1, time_steps)).collect();
            assert!(times.windows(2).all(|pair| pair[0] >= pair[1]));
            assert_eq!(usize::from(times[0]), time_steps);
            // Above 128 steps the gray levels are too coarse to reach the last one.
            assert!(time_steps > 128 || usize::from(times[1]) == time_steps - 1);
            assert_eq!(times[255], 0);
        }
    }
}
