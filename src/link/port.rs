//! Serial ports.

use std::path::Path;
use std::time::Duration;

use serialport::{ErrorKind, SerialPort};

use crate::error::{Error, Result, Stage};

/// A read gives up after so long without a byte; whoever waits longer asks again.
const READ_TIMEOUT: Duration = Duration::from_millis(10);

/// Opens a serial port, 8N1.
///
/// # Errors
/// `port-missing`, `port-busy`, `port-denied`, `port-invalid`.
pub fn open(path: &Path, baud: u32) -> Result<Box<dyn SerialPort>> {
    let name = path.to_string_lossy();
    serialport::new(name.as_ref(), baud).timeout(READ_TIMEOUT).open().map_err(|cause| {
        let missing = ("port-missing", "plug the board in and look for its port, such as /dev/ttyUSB0 or /dev/ttyACM0");
        let (code, help) = match cause.kind() {
            ErrorKind::NoDevice if path.exists() => {
                ("port-busy", "close the program that has the port open, or plug the board in again")
            }
            ErrorKind::NoDevice | ErrorKind::Io(std::io::ErrorKind::NotFound) => missing,
            ErrorKind::Io(std::io::ErrorKind::PermissionDenied) => {
                ("port-denied", "add yourself to the group that owns the port, such as dialout")
            }
            _ => ("port-invalid", "name the serial port of the board, and a baud rate that its USB chip can do"),
        };
        Error::new(Stage::Link, code, format!("cannot open {name} at {baud} baud: {cause}"), help)
    })
}
