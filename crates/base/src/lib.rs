//! What every part of firstspike shares: the one error type, files that are written wholly or not at all, JSON
//! that says one thing, the coding of pixels, and widths of integers.
//!
//! Knows nothing of networks or hardware, and has no float arithmetic.

#![warn(missing_docs)]

pub mod codes;
pub mod coding;
pub mod error;
pub mod files;
pub mod fixed;
pub mod json;
mod stale;
