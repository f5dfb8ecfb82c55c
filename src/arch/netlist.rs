//! What engines and readouts share when they instantiate their leaves.

/// The parameter that names the folder of the memory images.
pub const FOLDER: &str = "MEMORY_FOLDER";

/// Whether a flag is set, as a parameter.
pub(super) fn flag(set: bool) -> u8 {
    u8::from(set)
}

/// A text as a parameter.
pub fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}
