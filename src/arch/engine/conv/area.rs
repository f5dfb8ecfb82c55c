//! The area of a convolution.

use super::ConvEngine;
use crate::arch::design::Layer;
use crate::arch::resources::Area;
use crate::board::Family;

/// Not known before synthesis.
pub(super) fn of(_engine: &ConvEngine, _layer: &Layer, _family: Family) -> Option<Area> {
    None
}
