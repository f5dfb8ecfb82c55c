//! Writes files and folders so that no reader ever sees a half-written one: build beside the target, then rename. Reads files, and
//! nothing that only looks like one.
//!
//! What is being built is listed, so that an exit in the middle ([`remove_unfinished`]) can clear it away, and locked, so that the next
//! run can clear away what a killed one left.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use tempfile::{Builder, NamedTempFile, TempDir};

use crate::error::{Error, NotAFile, Result, Stage, Stopped};
use crate::stale::{self, Claim};

pub(crate) const PREFIX: &str = ".firstspike-";
pub(crate) const SUFFIX: &str = ".tmp";
/// Ends the name of what is moved aside to be replaced: it is not unfinished, and never swept away.
const ASIDE_SUFFIX: &str = ".old";
/// How the name of each of our formats begins, as it stands in JSON, within the first bytes of a file.
const FORMAT: &[u8] = b"\"firstspike";
const FIRST_BYTES: u64 = 1 << 22;

/// Names a folder for what can be computed again.
pub const CACHE_VARIABLE: &str = "FIRSTSPIKE_CACHE";

static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes whatever is still being built. For the handler that ends the process.
pub fn remove_unfinished() {
    for path in unfinished().drain(..).rev() {
        if path.is_dir() {
            let _ = fs::remove_dir_all(&path);
        } else {
            let _ = fs::remove_file(&path);
        }
    }
}

/// Keeps `path` in the list of unfinished things, and others' hands off it, for as long as it lives.
struct Listed {
    path: PathBuf,
    _claim: Claim,
}

impl Listed {
    fn new(path: &Path, claim: Claim) -> Self {
        unfinished().push(path.to_path_buf());
        Listed { path: path.to_path_buf(), _claim: claim }
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        unfinished().retain(|path| *path != self.path);
    }
}

/// Makes something unfinished in `folder`, after what killed runs left there was removed.
fn begin<T: AsRef<Path>>(folder: &Path, make: impl Fn(&Path) -> io::Result<T>) -> io::Result<(T, Listed)> {
    stale::sweep_once(folder);
    loop {
        let made = make(folder)?;
        // Another run that sweeps may have come between.
        match Claim::of(made.as_ref()) {
            Claim::Lost => {}
            claim => {
                let listed = Listed::new(made.as_ref(), claim);
                return Ok((made, listed));
            }
        }
    }
}

/// The largest file that is read as a whole, in bytes.
const MAX_FILE: u64 = 1 << 30;

/// Whether to stop reading.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// From now on every read of a file fails, so that a large one ends soon. For the handler of Ctrl-C.
pub fn stop_reading() {
    STOPPED.store(true, Ordering::Relaxed);
}

/// A file that is read until [`stop_reading`].
#[derive(Debug)]
pub struct Reader(File);

impl Reader {
    /// # Errors
    /// Whatever the system says.
    pub fn size(&self) -> io::Result<u64> {
        self.0.metadata().map(|data| data.len())
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if STOPPED.load(Ordering::Relaxed) { Err(io::Error::other(Stopped)) } else { self.0.read(buffer) }
    }
}

impl Seek for Reader {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        self.0.seek(place)
    }
}

/// Opens a file to read it. A pipe would wait, and a device answer, for ever: neither is opened.
///
/// # Errors
/// [`NotAFile`], which [`Error::io`] reports as `not-a-file`; whatever the system says.
pub fn open(path: &Path) -> io::Result<Reader> {
    let not_a_file = |what| io::Error::other(NotAFile(what));
    match fs::metadata(path) {
        Ok(found) if found.is_file() => File::open(path).map(Reader),
        Ok(found) if found.is_dir() => Err(ErrorKind::IsADirectory.into()),
        Ok(_) => Err(not_a_file("a pipe, a device or a socket")),
        Err(_) if fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) => {
            Err(not_a_file("a link that leads to no file"))
        }
        Err(cause) => Err(cause),
    }
}

/// Whether something has this name, be it a file or not. A link counts, wherever it leads.
pub fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Whether both paths lead to the same file or folder, which is there.
pub fn is_same(one: &Path, other: &Path) -> bool {
    one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

/// The content of a file.
///
/// # Errors
/// As [`open`]; if the file has more than 1 GiB.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    read_up_to(path, MAX_FILE)
}

/// The content of a file of at most `limit` bytes.
///
/// # Errors
/// As [`open`]; if the file is larger.
pub fn read_up_to(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!("the file has more than the {limit} bytes that are read")));
    }
    Ok(bytes)
}

/// A complete file beside its target, waiting to be renamed. Dropped without [`Staged::commit`], it vanishes.
pub struct Staged {
    stage: Stage,
    target: PathBuf,
    file: NamedTempFile,
    _listed: Listed,
}

impl Staged {
    /// Writes `bytes` beside `target`.
    ///
    /// # Errors
    /// `io`, reported by `stage`.
    pub fn new(stage: Stage, target: &Path, bytes: &[u8]) -> Result<Staged> {
        let mut staged = Staged::empty(stage, target)?;
        let written = staged.file.write_all(bytes).and_then(|()| staged.file.as_file().sync_all());
        written.map_err(|cause| Error::io(stage, "write", target, &cause))?;
        Ok(staged)
    }

    /// An empty file beside `target`, for another program to fill.
    ///
    /// # Errors
    /// `not-a-file` if `target` is a device or a pipe: a rename would put a file in its place. `io`.
    pub fn empty(stage: Stage, target: &Path) -> Result<Staged> {
        check_regular(stage, target)?;
        let mut builder = Builder::new();
        builder.prefix(PREFIX).suffix(SUFFIX);
        open_to_all(&mut builder, 0o666);
        let made = begin(parent(target), |folder| builder.tempfile_in(folder));
        let (file, listed) = made.map_err(|cause| Error::io(stage, "write", target, &cause))?;
        Ok(Staged { stage, target: target.to_path_buf(), file, _listed: listed })
    }

    /// Where the file is until it is renamed.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Renames the file to its target, replacing an older one.
    ///
    /// # Errors
    /// `io`.
    pub fn commit(self) -> Result<()> {
        let Staged { stage, target, file, _listed } = self;
        file.persist(&target).map(drop).map_err(|failure| Error::io(stage, "write", &target, &failure.error))
    }
}

fn check_regular(stage: Stage, target: &Path) -> Result<()> {
    match fs::metadata(target) {
        Ok(found) if found.is_dir() => Err(Error::io(stage, "write", target, &ErrorKind::IsADirectory.into())),
        Ok(found) if !found.is_file() => {
            let message = format!("cannot write {}: it is a device or a pipe, expected a file", target.display());
            Err(Error::new(stage, "not-a-file", message, "name another file"))
        }
        _ => Ok(()),
    }
}

/// A folder for unfinished work; vanishes with its content when dropped, and when Ctrl-C ends the process.
pub struct Scratch {
    folder: TempDir,
    _listed: Listed,
}

impl Scratch {
    /// # Errors
    /// `io`.
    pub fn new(stage: Stage, parent: &Path) -> Result<Scratch> {
        let made = begin(parent, |parent| Builder::new().prefix(PREFIX).suffix(SUFFIX).tempdir_in(parent));
        let (folder, listed) = made.map_err(|cause| Error::io(stage, "create a folder in", parent, &cause))?;
        Ok(Scratch { folder, _listed: listed })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Moves the folder to `target`, which must be free or empty.
    ///
    /// # Errors
    /// The folder itself, and why it could not be moved.
    pub fn rename(self, target: &Path) -> std::result::Result<(), (Scratch, std::io::Error)> {
        match fs::rename(self.path(), target) {
            Ok(()) => {
                let _: PathBuf = self.folder.keep();
                Ok(())
            }
            Err(cause) => Err((self, cause)),
        }
    }
}

/// Writes `bytes` to `target`: wholly, or not at all.
///
/// # Errors
/// `io`, reported by `stage`.
pub fn write(stage: Stage, target: &Path, bytes: &[u8]) -> Result<()> {
    Staged::new(stage, target, bytes)?.commit()
}

/// What to do with a folder that already holds something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// Replace it only if it holds this file, the mark of our own earlier output. Its content must name one of our formats,
    /// as other programs write a `manifest.json` too.
    IfMarked(&'static str),
    /// Replace it whatever it holds.
    Always,
}

/// Fills the folder `target` by way of `build`, which gets an empty folder beside it: wholly, or not at all.
///
/// # Errors
/// `folder-not-ours` if `overwrite` forbids replacing what is there, `folder-in-use` if the working directory lies in it;
/// `io`; whatever `build` returns. On an error the old content of `target` stays, and nothing new is left.
pub fn write_folder(
    stage: Stage,
    target: &Path,
    overwrite: Overwrite,
    build: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    // A link stays a link: its destination is what gets replaced.
    let target = &fs::canonicalize(target).unwrap_or_else(|_| target.to_path_buf());
    check_replaceable(stage, target, overwrite)?;
    let failed = |cause: std::io::Error| Error::io(stage, "create", target, &cause);
    let made = MadeParents::create(parent(target)).map_err(failed)?;
    let mut builder = Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    open_to_all(&mut builder, 0o777);
    let (folder, _listed) = begin(parent(target), |parent| builder.tempdir_in(parent)).map_err(failed)?;
    build(folder.path())?;
    swap_in(folder, target).map_err(failed)?;
    made.keep();
    Ok(())
}

fn check_replaceable(stage: Stage, target: &Path, overwrite: Overwrite) -> Result<()> {
    if is_free(stage, target)? {
        return Ok(());
    }
    if std::env::current_dir().and_then(fs::canonicalize).is_ok_and(|here| here.starts_with(target)) {
        return Err(Error::new(
            stage,
            "folder-in-use",
            format!("{} holds the working directory and cannot be replaced", target.display()),
            "change to another directory, or choose another output folder",
        ));
    }
    match overwrite {
        Overwrite::IfMarked(mark) => check_marked(stage, target, &[mark], "replace everything in it"),
        Overwrite::Always => Ok(()),
    }
}

/// Demands that `target` is nothing yet, an empty folder, or one that holds one of `marks`: files of an earlier output of ours,
/// beside which new files may be written.
///
/// # Errors
/// `folder-not-ours`, `folder-is-file`.
pub fn check_addable(stage: Stage, target: &Path, marks: &[&str]) -> Result<()> {
    if is_free(stage, target)? { Ok(()) } else { check_marked(stage, target, marks, "write into it all the same") }
}

/// Whether there is nothing yet, or an empty folder.
fn is_free(stage: Stage, target: &Path) -> Result<bool> {
    match fs::read_dir(target) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(_) if target.exists() => Err(not_a_folder(stage, target)),
        Err(_) => Ok(true),
    }
}

fn check_marked(stage: Stage, target: &Path, marks: &[&str], forced: &str) -> Result<()> {
    if marks.iter().any(|mark| is_ours(&target.join(mark))) {
        return Ok(());
    }
    let marks = marks.join(" or ");
    let message =
        format!("{} is not empty and holds no {marks} of ours: it is not an earlier output", target.display());
    let help = format!("choose another folder, or give --force to {forced}");
    Err(Error::new(stage, "folder-not-ours", message, help))
}

fn is_ours(mark: &Path) -> bool {
    let mut begin = Vec::new();
    let read = open(mark).and_then(|Reader(file)| file.take(FIRST_BYTES).read_to_end(&mut begin));
    read.is_ok() && begin.windows(FORMAT.len()).any(|window| window == FORMAT)
}

fn not_a_folder(stage: Stage, target: &Path) -> Error {
    let message = format!("{} is a file, expected a folder or nothing", target.display());
    Error::new(stage, "folder-is-file", message, "choose another output folder")
}

/// Puts `folder` in the place of `target`. The old content is moved aside first and put back if that fails.
fn swap_in(folder: TempDir, target: &Path) -> std::io::Result<()> {
    // Renaming replaces nothing and an empty folder in one step; anything else needs the detour.
    if fs::rename(folder.path(), target).is_ok() {
        let _ = folder.keep();
        return Ok(());
    }
    let aside = Builder::new().prefix(PREFIX).suffix(ASIDE_SUFFIX).tempdir_in(parent(target))?;
    let old = aside.path().join("old");
    fs::rename(target, &old)?;
    if let Err(cause) = fs::rename(folder.path(), target) {
        if fs::rename(&old, target).is_err() {
            let _ = aside.keep();
        }
        return Err(cause);
    }
    let _ = folder.keep();
    // From here on the old content is rubbish: what a kill leaves of it shall be swept away.
    let rubbish = aside.path().with_extension(&SUFFIX[1..]);
    if fs::rename(aside.path(), &rubbish).is_ok() {
        let _ = fs::remove_dir_all(&rubbish);
    }
    Ok(())
}

/// The folders above an output that had to be created; removed again unless kept.
struct MadeParents(Vec<PathBuf>);

impl MadeParents {
    fn create(folder: &Path) -> std::io::Result<MadeParents> {
        let missing = folder.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists());
        let made = MadeParents(missing.map(Path::to_path_buf).collect());
        fs::create_dir_all(folder)?;
        Ok(made)
    }

    fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for MadeParents {
    fn drop(&mut self) {
        for folder in &self.0 {
            let _ = fs::remove_dir(folder);
        }
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Temporary files are private by default; ours become outputs, which the umask alone shall restrict.
#[cfg(unix)]
fn open_to_all(builder: &mut Builder, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(mode));
}

#[cfg(not(unix))]
fn open_to_all(_: &mut Builder, _: u32) {}

/// The folder for what can be computed again: `$FIRSTSPIKE_CACHE`, or `firstspike` in the user's cache folder.
///
/// # Errors
/// `no-cache-folder`, reported by `stage`, if the environment names none. The folder of temporary files is no way out: others
/// could have made `firstspike` there before, and what is kept in it is run.
pub fn cache_folder(stage: Stage) -> Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(folder) = set(CACHE_VARIABLE) {
        return std::path::absolute(&folder).map_err(|cause| Error::io(stage, "find", &folder, &cause));
    }
    // The XDG specification has relative paths ignored.
    let cache = set("XDG_CACHE_HOME").filter(|cache| cache.is_absolute());
    let home = set("HOME").filter(|home| home.is_absolute());
    let cache = cache.or_else(|| home.map(|home| home.join(".cache"))).map(|cache| cache.join("firstspike"));
    cache.ok_or_else(|| {
        let message =
            format!("there is no folder for the cache: {CACHE_VARIABLE}, XDG_CACHE_HOME and HOME are not set");
        Error::new(stage, "no-cache-folder", message, format!("set {CACHE_VARIABLE} to a folder of your own"))
    })
}

/// `below` in `folder`, as a place to write to.
///
/// # Errors
/// `link-below`, reported by `stage`, if a part of `below` is a link: whoever made it, it may lead out of the folder.
pub fn inside(stage: Stage, folder: &Path, below: &Path) -> Result<PathBuf> {
    let mut path = folder.to_path_buf();
    for part in below.components() {
        path.push(part);
        if fs::symlink_metadata(&path).is_ok_and(|found| found.is_symlink()) {
            let message =
                format!("{} is a link, and links below {} are not followed", path.display(), folder.display());
            return Err(Error::new(stage, "link-below", message, "remove the link, and run the command again"));
        }
    }
    Ok(path)
}

/// The SHA-256 of `bytes` in lower-case hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The SHA-256 of a file, of any size.
///
/// # Errors
/// As [`open`].
pub fn sha256_of(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut file = BufReader::with_capacity(1 << 16, open(path)?);
    while let part @ [_, ..] = file.fill_buf()? {
        hash.update(part);
        let length = part.len();
        file.consume(length);
    }
    Ok(hex(&hash.finalize()))
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKED: Overwrite = Overwrite::IfMarked("mark");

    fn fill(name: &'static str) -> impl FnOnce(&Path) -> Result<()> {
        move |folder| write(Stage::Emit, &folder.join(name), b"{\"format\":\"firstspike-design\"}")
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_failed_build_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("a/b/out");
        let failure = |_: &Path| Err(Error::new(Stage::Emit, "io", "no", "no"));
        assert!(write_folder(Stage::Emit, &target, MARKED, failure).is_err());
        assert!(names(root.path()).is_empty());
    }

    #[test]
    fn only_our_own_folders_are_replaced() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("out");
        let put = |name, overwrite| write_folder(Stage::Emit, &target, overwrite, fill(name));
        put("mark", MARKED).unwrap();
        put("other", MARKED).unwrap();
        assert_eq!(names(&target), ["other"]);
        assert_eq!(put("mark", MARKED).unwrap_err().code, "folder-not-ours");
        assert_eq!(names(&target), ["other"]);
        fs::write(target.join("mark"), "{}").unwrap();
        assert_eq!(put("mark", MARKED).unwrap_err().code, "folder-not-ours");
        put("new", Overwrite::Always).unwrap();
        assert_eq!((names(&target), names(root.path())), (vec!["new".into()], vec!["out".into()]));
    }

    #[cfg(unix)]
    #[test]
    fn only_files_are_read() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        let code = |path: &Path| {
            let error = Error::io(Stage::Data, "read", path, &read(path).unwrap_err());
            assert!(sha256_of(path).is_err());
            error.code
        };
        assert!(std::process::Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
        let _socket = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
        for (link, target) in [("loop", "loop"), ("dangling", "nothing"), ("to-pipe", "pipe"), ("to-file", "file")] {
            std::os::unix::fs::symlink(target, path(link)).unwrap();
        }
        for name in ["pipe", "socket", "loop", "dangling", "to-pipe"] {
            assert_eq!((code(&path(name)), is_there(&path(name))), ("not-a-file", true), "{name}");
        }
        assert_eq!(code(Path::new("/dev/zero")), "not-a-file");
        assert_eq!((code(&path("none")), is_there(&path("none"))), ("io", false));
        assert_eq!(code(root.path()), "io");
        fs::write(path("file"), "abc").unwrap();
        assert_eq!(read(&path("to-file")).unwrap(), b"abc");
        assert_eq!(sha256_of(&path("to-file")).unwrap(), sha256_hex(b"abc"));
        assert_eq!((read_up_to(&path("file"), 3).is_ok(), read_up_to(&path("file"), 2).is_ok()), (true, false));
    }

    #[test]
    fn files_are_added_only_to_what_is_ours() {
        let root = tempfile::tempdir().unwrap();
        let check = || check_addable(Stage::Train, root.path(), &["model", "state"]).map_err(|error| error.code);
        assert_eq!(check(), Ok(()));
        fs::write(root.path().join("state"), "something else").unwrap();
        assert_eq!(check(), Err("folder-not-ours"));
        fs::write(root.path().join("model"), "{\"format\": \"firstspike-float\"}").unwrap();
        assert_eq!(check(), Ok(()));
        assert_eq!(check_addable(Stage::Train, &root.path().join("new"), &[]), Ok(()));
        assert_eq!(
            check_addable(Stage::Train, &root.path().join("model"), &["model"]).unwrap_err().code,
            "folder-is-file"
        );
    }

    #[test]
    fn a_file_is_no_folder() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        write(Stage::Emit, &file, b"x").unwrap();
        let put = |target: &Path| write_folder(Stage::Emit, target, Overwrite::Always, fill("x")).unwrap_err();
        assert_eq!(put(&file).code, "folder-is-file");
        assert_eq!(put(&file.join("below")).code, "io");
        assert_eq!(write(Stage::Emit, &file.join("below"), b"x").unwrap_err().code, "io");
        assert_eq!(names(root.path()), ["file"]);
    }
}
