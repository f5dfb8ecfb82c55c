//! The kinds of neurons: what the neurons of a layer do with their potentials (`docs/numerics.md` §3, §6).
//!
//! Each kind has a file of its own here, in the golden model, in training and in the hardware, and a line in the register of each.

mod integrate;
mod integrate_once;

use std::fmt;
use std::str::FromStr;

use firstspike_base::fixed::Interval;

pub use integrate::Integrate;
pub use integrate_once::IntegrateOnce;

/// What every kind says of itself.
pub trait Rule<T> {
    /// Whether its neurons can spike.
    fn fires(&self) -> bool;

    /// The parameters by their names, each with one value per output channel.
    fn parameters(&self) -> Vec<(&'static str, &Vec<T>)>;

    /// The same, to be filled.
    fn parameters_mut(&mut self) -> Vec<(&'static str, &mut Vec<T>)>;
}

/// What a kind adds to the proof that nothing overflows (§5).
pub trait Proof {
    /// The interval of what decides whether a neuron of the channel spikes, if its potential lies in `membrane`; in LSB.
    fn compared(&self, channel: usize, membrane: Interval) -> Interval;
}

/// From a list of kinds with their names to the types that hold one of them.
macro_rules! register {
    ($($name:literal $kind:ident($parameters:ty)),* $(,)?) => {
        /// The kind of a layer's neurons.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum NeuronKind {
            $(#[doc = concat!("The kind `", $name, "`.")] $kind),*
        }

        impl NeuronKind {
            /// Every kind.
            pub const ALL: &'static [NeuronKind] = &[$(NeuronKind::$kind),*];
            /// Their names, in the same order.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// Neurons of this kind, whose parameters are still empty.
            pub fn blank<T: Default>(self) -> Neuron<T> {
                match self {
                    $(NeuronKind::$kind => Neuron::$kind(Default::default())),*
                }
            }
        }

        /// The neurons of a layer: their kind, and the parameters of each output channel.
        ///
        /// # Units
        /// Parameters are LSB of the layer in an integer network (`T = i32`), in the unit of the weights in a float network.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Neuron<T = i32> {
            $(#[doc = concat!("Neurons of the kind `", $name, "`.")] $kind($parameters)),*
        }

        impl<T> Neuron<T> {
            /// Which kind they are.
            pub fn kind(&self) -> NeuronKind {
                match self {
                    $(Neuron::$kind(_) => NeuronKind::$kind),*
                }
            }

            fn rule(&self) -> &dyn Rule<T> {
                match self {
                    $(Neuron::$kind(neuron) => neuron),*
                }
            }

            fn rule_mut(&mut self) -> &mut dyn Rule<T> {
                match self {
                    $(Neuron::$kind(neuron) => neuron),*
                }
            }
        }

        impl Neuron {
            /// See [`Proof::compared`].
            pub fn compared(&self, channel: usize, membrane: Interval) -> Interval {
                match self {
                    $(Neuron::$kind(neuron) => neuron.compared(channel, membrane)),*
                }
            }
        }
    };
}

register! {
    "integrate" Integrate(Integrate),
    "integrate-once" IntegrateOnce(IntegrateOnce<T>),
}

impl NeuronKind {
    /// The kind of layers that say nothing of their neurons: those that must fire do so once.
    pub fn usual(fires: bool) -> NeuronKind {
        if fires { NeuronKind::IntegrateOnce } else { NeuronKind::Integrate }
    }

    /// Whether neurons of this kind can spike.
    pub fn fires(self) -> bool {
        self.blank::<i32>().fires()
    }

    /// The names of its parameters.
    pub fn parameters(self) -> Vec<&'static str> {
        self.blank::<i32>().parameters().into_iter().map(|(name, _)| name).collect()
    }
}

impl<T> Neuron<T> {
    /// Whether the neurons can spike (§6).
    pub fn fires(&self) -> bool {
        self.rule().fires()
    }

    /// The parameters by their names, each with one value per output channel.
    pub fn parameters(&self) -> Vec<(&'static str, &Vec<T>)> {
        self.rule().parameters()
    }

    /// The same, to be filled.
    pub fn parameters_mut(&mut self) -> Vec<(&'static str, &mut Vec<T>)> {
        self.rule_mut().parameters_mut()
    }
}

impl fmt::Display for NeuronKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NeuronKind::NAMES[*self as usize])
    }
}

impl FromStr for NeuronKind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = NeuronKind::ALL.iter().find(|kind| kind.to_string() == name);
        found.copied().ok_or_else(|| format!("{name:?} is no neuron, expected one of {}", NeuronKind::NAMES.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_their_kinds_and_back() {
        for kind in NeuronKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(*kind));
            assert_eq!(kind.blank::<f32>().kind(), *kind);
        }
        assert_eq!(
            "fires-twice".parse::<NeuronKind>().unwrap_err(),
            "\"fires-twice\" is no neuron, expected one of integrate, integrate-once"
        );
    }

    #[test]
    fn what_is_not_said_follows_from_the_place_of_a_layer() {
        for fires in [true, false] {
            assert_eq!(NeuronKind::usual(fires).fires(), fires);
        }
        assert_eq!(NeuronKind::IntegrateOnce.parameters(), ["threshold"]);
        assert_eq!(NeuronKind::Integrate.parameters(), [""; 0]);
    }

    #[test]
    fn the_sign_of_what_is_compared_is_the_threshold_test() {
        let membrane = Interval { lo: -3, hi: 8 };
        assert_eq!(Neuron::integrate_once(vec![9, 2]).compared(1, membrane), Interval { lo: -5, hi: 6 });
        assert_eq!(Neuron::integrate().compared(0, membrane), membrane);
    }
}
