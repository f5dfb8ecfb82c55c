//! The area of a spatial engine: not known before synthesis yet.

use super::SpatialEngine;
use crate::arch::design::Layer;
use crate::arch::resources::Area;
use crate::board::Family;

pub(super) fn of(_engine: &SpatialEngine, _layer: &Layer, _family: Family) -> Option<Area> {
    None
}
