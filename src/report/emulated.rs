//! A board in simulation that was switched on.

use serde::{Deserialize, Serialize};

use super::Report;

/// Where it is to be found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emulated {
    /// The serial port.
    pub port: String,
    /// Bits per second of the link.
    pub baud: u32,
    /// Files of the design that are not what its network gives.
    pub edited: Vec<String>,
}

impl Report for Emulated {
    const NAME: &'static str = "emulate";

    fn text(&self) -> String {
        format!("port {}", self.port)
    }
}
