//! What a killed run left half-built, told from what a live one is building by a lock: the system takes it back when a process ends,
//! however it ends, and in whatever container or on whatever machine that was.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::files::{PREFIX, SUFFIX};

/// What became of an attempt to mark something as being built.
pub(crate) enum Claim {
    /// Nobody takes it away while this lives.
    Held(File),
    /// There are no locks here: nobody takes anything away.
    Unlockable,
    /// It was taken away.
    Lost,
}

impl Claim {
    /// Claims a file or folder that was just made.
    pub fn of(path: &Path) -> Claim {
        if cfg!(not(unix)) {
            return Claim::Unlockable;
        }
        let file = match File::open(path) {
            Ok(file) => file,
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Claim::Lost,
            Err(_) => return Claim::Unlockable,
        };
        match file.try_lock() {
            // It may have been removed between opening and locking.
            Ok(()) if path.exists() => Claim::Held(file),
            Ok(()) | Err(TryLockError::WouldBlock) => Claim::Lost,
            Err(TryLockError::Error(_)) => Claim::Unlockable,
        }
    }
}

/// Removes what killed runs left in `folder`; once per process and folder.
pub(crate) fn sweep_once(folder: &Path) {
    static SWEPT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    if SWEPT.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_path_buf()) {
        sweep(folder);
    }
}

fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_ours = name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        // Of a link, this is the link itself.
        let Ok(kind) = entry.file_type() else { continue };
        if is_ours && (kind.is_dir() || kind.is_file()) {
            remove_if_dead(&entry.path(), kind.is_dir());
        }
    }
}

fn remove_if_dead(path: &Path, is_folder: bool) {
    // Held on to while it is removed, so that nobody claims it in between.
    let Claim::Held(_claim) = Claim::of(path) else { return };
    let _ = if is_folder { fs::remove_dir_all(path) } else { fs::remove_file(path) };
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::error::Stage;
    use crate::files::{Scratch, Staged};

    #[test]
    fn only_what_the_dead_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at(".firstspike-dead.tmp/below")).unwrap();
        for name in [".firstspike-dead2.tmp", ".firstspike-other", "firstspike-a.tmp", ".firstspike-a.old"] {
            fs::write(at(name), "").unwrap();
        }
        symlink("firstspike-a.tmp", at(".firstspike-link.tmp")).unwrap();
        let (scratch, staged) =
            (Scratch::new(Stage::Emit, folder.path()).unwrap(), Staged::empty(Stage::Emit, &at("new")).unwrap());
        assert!(!at(".firstspike-dead.tmp").exists() && !at(".firstspike-dead2.tmp").exists());
        sweep(folder.path());
        assert!(scratch.path().is_dir() && staged.path().is_file(), "what is being built stays");
        for name in [".firstspike-other", "firstspike-a.tmp", ".firstspike-a.old", ".firstspike-link.tmp"] {
            assert!(fs::symlink_metadata(at(name)).is_ok(), "{name}");
        }
    }
}
