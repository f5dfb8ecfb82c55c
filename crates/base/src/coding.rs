//! How a gray level becomes a spike time. The rule itself is computed where it is needed: by the golden model and by the float
//! network, each for itself.

/// Gray levels of a pixel.
pub const GRAY_LEVELS: usize = 256;

/// The input coding of a network, or of data that bring their own.
///
/// # Source
/// `docs/numerics.md` §2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coding {
    /// Brighter is earlier; pixels below the threshold never spike.
    Latency {
        /// The smallest gray level that spikes.
        threshold: u8,
    },
    /// The spike time of every gray level, `T` for never.
    Table(Box<[u8; GRAY_LEVELS]>),
}

impl Coding {
    /// The coding of values that are spike times already: each stands for itself, `time_steps` and above for never.
    pub fn of_times(time_steps: u8) -> Coding {
        Coding::Table(Box::new(std::array::from_fn(|value| time_steps.min(value as u8))))
    }
}

/// A network that says no more than a threshold has latency coding.
impl From<u8> for Coding {
    fn from(threshold: u8) -> Coding {
        Coding::Latency { threshold }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_stand_for_themselves() {
        let Coding::Table(times) = Coding::of_times(8) else { panic!("not a table") };
        assert_eq!((times[0], times[7], times[8], times[255]), (0, 7, 8, 8));
    }
}
