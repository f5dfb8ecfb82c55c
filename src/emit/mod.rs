//! Design → Verilog, memory images, manifest. Decides nothing: prints what `arch` decided.

pub mod manifest;

pub use manifest::Manifest;
