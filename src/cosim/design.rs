//! A design folder as found on the disk: manifest read, every file held against its hash.

use std::fs;
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::emit::manifest::{FileEntry, MANIFEST_FILE, MANIFEST_FORMAT, MANIFEST_VERSION, Manifest};
use crate::error::{Error, Result, Stage};

/// The header that tells the driver what it cannot know; written by the generator.
pub const DRIVER_HEADER: &str = "design.h";

/// A design folder whose files are as the manifest says.
#[derive(Debug)]
pub struct Design {
    /// Absolute.
    pub folder: PathBuf,
    pub manifest: Manifest,
}

impl Design {
    /// Reads and checks the folder.
    ///
    /// # Errors
    /// `io`, `manifest-invalid`, `manifest-version`, or `design-damaged` with one line per file.
    pub fn open(folder: &Path) -> Result<Self> {
        let folder = fs::canonicalize(folder).map_err(|cause| Error::io(Stage::Simulate, "open", folder, &cause))?;
        let manifest = read_manifest(&folder)?;
        check_files(&folder, &manifest)?;
        Ok(Design { folder, manifest })
    }

    /// Identifies everything that is compiled into the model. Memory images are not: they are read at run time.
    pub fn model_hash(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.manifest.top.as_bytes());
        for source in &self.manifest.sources {
            hash.update(source.as_bytes());
            hash.update([0]);
        }
        for file in self.manifest.files.iter().filter(|file| is_compiled(&file.path)) {
            hash.update(file.path.as_bytes());
            hash.update([0]);
            hash.update(file.sha256.as_bytes());
        }
        hex(&hash.finalize())
    }

    /// Files of lint waivers, which go before the sources.
    pub fn waivers(&self) -> impl Iterator<Item = &str> {
        self.manifest.files.iter().map(|file| file.path.as_str()).filter(|path| extension(path) == "vlt")
    }
}

fn extension(path: &str) -> &str {
    Path::new(path).extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

fn is_compiled(path: &str) -> bool {
    matches!(extension(path), "v" | "vh" | "sv" | "svh" | "vlt" | "h")
}

fn read_manifest(folder: &Path) -> Result<Manifest> {
    let path = folder.join(MANIFEST_FILE);
    let text = fs::read(&path).map_err(|cause| {
        let mut error = Error::io(Stage::Simulate, "read", &path, &cause);
        error.help = "name a folder written by `firstspike generate`".into();
        error
    })?;
    let invalid = |problem: String| {
        let message = format!("{} is not the manifest of a design: {problem}", path.display());
        Error::new(Stage::Simulate, "manifest-invalid", message, "regenerate the design folder")
    };
    // The version is looked at first: another version may have other fields.
    let value: serde_json::Value = serde_json::from_slice(&text).map_err(|cause| invalid(cause.to_string()))?;
    if value["format"] != MANIFEST_FORMAT {
        return Err(invalid(format!("\"format\" is {}, expected \"{MANIFEST_FORMAT}\"", value["format"])));
    }
    if value["version"] != MANIFEST_VERSION {
        return Err(Error::new(
            Stage::Simulate,
            "manifest-version",
            format!("{} has version {}, expected {MANIFEST_VERSION}", path.display(), value["version"]),
            "regenerate the design folder with this version of firstspike",
        ));
    }
    let manifest: Manifest = serde_json::from_value(value).map_err(|cause| invalid(cause.to_string()))?;
    check_shape(&manifest).map_err(invalid)?;
    Ok(manifest)
}

/// What the rest of this module takes for granted.
fn check_shape(manifest: &Manifest) -> std::result::Result<(), String> {
    if manifest.layers.is_empty() {
        return Err("\"layers\" is empty".into());
    }
    if !(1..=255).contains(&manifest.time_steps) {
        return Err(format!("\"time_steps\" is {}, expected 1 to 255", manifest.time_steps));
    }
    if manifest.top.is_empty() || manifest.top.starts_with('-') {
        return Err(format!("\"top\" is \"{}\", expected the name of a module", manifest.top));
    }
    let named = manifest.sources.iter().chain(manifest.files.iter().map(|file| &file.path));
    for path in named {
        let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        if !inside || path.is_empty() || path.starts_with('-') {
            return Err(format!("\"{path}\" is not a file inside the folder"));
        }
    }
    let listed = |path: &str| manifest.files.iter().any(|file| file.path == path);
    let needed = manifest.sources.iter().map(String::as_str).chain([DRIVER_HEADER]);
    match needed.into_iter().find(|path| !listed(path)) {
        Some(path) => Err(format!("\"files\" does not list {path}")),
        None => Ok(()),
    }
}

fn check_files(folder: &Path, manifest: &Manifest) -> Result<()> {
    let problems: Vec<String> = manifest.files.iter().filter_map(|file| problem_of(folder, file)).collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        Stage::Simulate,
        "design-damaged",
        format!("the design folder {} was changed or damaged", folder.display()),
        "regenerate the design folder",
    )
    .with_problems(problems))
}

fn problem_of(folder: &Path, file: &FileEntry) -> Option<String> {
    match fs::read(folder.join(&file.path)) {
        Err(cause) => Some(format!("{}: {cause}", file.path)),
        Ok(bytes) => {
            let actual = hex(&Sha256::digest(&bytes));
            (actual != file.sha256)
                .then(|| format!("{}: SHA-256 is {actual}, the manifest says {}", file.path, file.sha256))
        }
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
