//! The parts of a data set: those that it comes in, and rows that are held out by chance, every class alike.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Which part of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Split {
    /// The images to train on.
    Train,
    /// The images to test on.
    Test,
}

impl Split {
    /// How the names of its IDX files begin; the first is the canonical one.
    pub(super) fn names(self) -> &'static [&'static str] {
        match self {
            Split::Train => &["train"],
            Split::Test => &["t10k", "test"],
        }
    }
}

/// Draws `count` rows whose classes are in the proportion of the set. Returns the others and them, both in an order of chance.
///
/// The rows are put in the order of their labels, shuffled within each, and every (n / count)-th is drawn.
pub fn hold_out(labels: &[u32], count: usize, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.shuffle(&mut rng);
    order.sort_by_key(|&row| labels[row]);
    let is_drawn = |place: usize| (place + 1) * count / labels.len() > place * count / labels.len();
    let (mut held_out, mut kept) = (Vec::with_capacity(count), Vec::with_capacity(labels.len() - count));
    for (place, row) in order.into_iter().enumerate() {
        if is_drawn(place) { held_out.push(row) } else { kept.push(row) }
    }
    kept.shuffle(&mut rng);
    held_out.shuffle(&mut rng);
    (kept, held_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_gives_its_share() {
        let labels: Vec<u32> = (0..150).map(|row| row / 50).collect();
        let (kept, held_out) = hold_out(&labels, 30, 7);
        let of_class = |rows: &[usize], class| rows.iter().filter(|&&row| labels[row] == class).count();
        assert_eq!((0..3).map(|class| of_class(&held_out, class)).collect::<Vec<_>>(), [10, 10, 10]);
        let mut all = [kept.clone(), held_out.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, (0..150).collect::<Vec<_>>());
        assert!(!held_out.is_sorted() && !kept.is_sorted());
    }

    #[test]
    fn the_seed_decides() {
        let labels = [0; 40];
        assert_eq!(hold_out(&labels, 10, 1), hold_out(&labels, 10, 1));
        assert_ne!(hold_out(&labels, 10, 1).1, hold_out(&labels, 10, 2).1);
        assert_eq!(hold_out(&labels, 0, 1).0.len(), 40);
    }
}
