//! Find and run the external tools; all that is assumed about them.
