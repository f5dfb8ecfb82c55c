//! The 8×8 digits that the binary carries, so that the tool works without any download (`data/digits/SOURCE.md`).

use super::idx::Named;
use super::split::Split;
use super::stream::{read_error, unpacked};
use crate::error::Result;

const TRAIN: [&[u8]; 2] = [
    include_bytes!("../../data/digits/train-images-idx3-ubyte.gz"),
    include_bytes!("../../data/digits/train-labels-idx1-ubyte.gz"),
];
const TEST: [&[u8]; 2] = [
    include_bytes!("../../data/digits/t10k-images-idx3-ubyte.gz"),
    include_bytes!("../../data/digits/t10k-labels-idx1-ubyte.gz"),
];

/// The two files of a split: images and labels.
pub fn open(split: Split) -> Result<[Named<'static>; 2]> {
    let [images, labels] = match split {
        Split::Train => TRAIN,
        Split::Test => TEST,
    };
    Ok([named("digits images", images)?, named("digits labels", labels)?])
}

fn named(name: &str, bytes: &'static [u8]) -> Result<Named<'static>> {
    let reader = unpacked(bytes).map_err(|cause| read_error(name, &cause))?;
    Ok(Named { name: name.into(), reader })
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;

    #[test]
    fn both_splits_hold_every_class() {
        for (split, count) in [(Split::Train, 1437), (Split::Test, 360)] {
            let images = source::load("digits", split).unwrap();
            assert_eq!((images.len(), &images.shape[..]), (count, &[8, 8][..]));
            assert!((0..10).all(|class| images.labels.contains(&class)));
            assert!(images.labels.iter().all(|&label| label < 10));
            assert_eq!(images.pixels.iter().max(), Some(&255));
        }
    }
}
