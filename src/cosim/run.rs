//! Runs a compiled model: a process per part of the stimulus, results in the order of the images.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::arch::Spacing;
use crate::cosim::build::Simulator;
use crate::cosim::stimulus::{ImageStimulus, Stimulus, write_stimulus};
use crate::cosim::trace::{Played, read_trace};
use crate::cosim::waveform::WaveFormat;
use crate::error::{Error, Result, Stage};
use crate::files::{self, Scratch, Staged};
use crate::tool::{KillOnDrop, is_set, tail};

/// How often the processes are looked at.
const POLL: Duration = Duration::from_millis(4);

/// How a simulation is run.
#[derive(Clone, Copy)]
pub struct RunOptions<'a> {
    /// Parts into which the images fall, each of which starts with a reset; 1 or more. The cycles depend on it.
    pub parts: usize,
    /// Processes at once; 1 or more. Nothing depends on it but the time that all takes.
    pub threads: usize,
    /// Chance that the input pauses in a cycle, in percent, 0 to 99.
    pub idle_percent: u32,
    /// Chance that the output is not taken in a cycle, in percent, 0 to 99.
    pub stall_percent: u32,
    /// Seed of both, and of the registers that have no reset.
    pub seed: u64,
    /// How the images follow each other.
    pub spacing: Spacing,
    /// Clock of a waveform, in MHz: a cycle takes 1000 ns divided by it.
    pub clock_mhz: f64,
    /// Whether a reset lasts a single cycle and the first beat stands at the input in the next one; otherwise it is longer, and the
    /// design has time to clear its membranes.
    pub straight: bool,
    /// A design that does nothing for so many cycles hangs.
    pub hang_cycles: u64,
    /// Called now and then with the number of finished images.
    pub progress: Option<&'a dyn Fn(usize)>,
    /// The simulation stops when this becomes true.
    pub interrupt: Option<&'a AtomicBool>,
}

impl Default for RunOptions<'_> {
    fn default() -> Self {
        RunOptions {
            parts: 1,
            threads: 1,
            idle_percent: 0,
            stall_percent: 0,
            seed: 1,
            spacing: Spacing::BackToBack,
            clock_mhz: 100.0,
            straight: false,
            hang_cycles: 1_000_000,
            progress: None,
            interrupt: None,
        }
    }
}

impl Simulator {
    /// Plays `stimulus` and returns what came out, one entry per image that is not aborted. A design that hangs or breaks a rule
    /// of its streams is no error: that is what came out.
    ///
    /// # Errors
    /// `stimulus-invalid`, `simulator-failed`, `interrupted`, `io`
    pub fn run(&self, stimulus: &Stimulus, options: &RunOptions) -> Result<Played> {
        self.run_parts(stimulus, options, None)
    }

    /// Plays one image and writes its waveform to `waveform`; a file that is there is replaced when the new one is whole.
    ///
    /// The waveform begins in reset, at time 0, when all registers that have one have their reset value.
    ///
    /// # Errors
    /// As [`Simulator::run`]; `no-waveform` if the model was built without, or for the other format; `waveform-format`
    pub fn run_waveform(&self, image: &ImageStimulus, waveform: &Path, options: &RunOptions) -> Result<Played> {
        if self.waveform != Some(WaveFormat::of(waveform)?) {
            let help = "build the simulator with BuildOptions::waveform of the file's format";
            return Err(Error::new(Stage::Simulate, "no-waveform", "the model was built without this waveform", help));
        }
        let waveform = std::path::absolute(waveform).unwrap_or_else(|_| waveform.into());
        let staged = Staged::empty(Stage::Simulate, &waveform)?;
        let stimulus = Stimulus { images: vec![ImageStimulus { abort_after: None, ..image.clone() }] };
        let played = self.run_parts(&stimulus, options, Some(staged.path()))?;
        staged.commit()?;
        Ok(played)
    }

    fn run_parts(&self, stimulus: &Stimulus, options: &RunOptions, waveform: Option<&Path>) -> Result<Played> {
        check(stimulus, options)?;
        let mut played = Played::default();
        if stimulus.images.is_empty() {
            return Ok(played);
        }
        let parent = self.program.ancestors().nth(2).expect("the program lies in sim/<variant>/");
        let scratch = Scratch::new(Stage::Simulate, parent)?;
        let mut running = Vec::new();
        for (number, part) in parts(stimulus.images.len(), options.parts).enumerate() {
            let first = part.start;
            let seed = options.seed.wrapping_add(number as u64);
            running.push(Part::new(&stimulus.images[part], first, scratch.path().join(number.to_string()), seed));
        }
        // Should one part fail, dropping the others ends their processes.
        watch(&mut running, options, |part| part.start(self, options, waveform))?;
        for part in &running {
            let part = part.played(self)?;
            played.images.extend(part.images);
            played.fault = played.fault.or(part.fault);
        }
        report(&running, options);
        Ok(played)
    }
}

fn check(stimulus: &Stimulus, options: &RunOptions) -> Result<()> {
    let invalid = |message: String, help: &str| Err(Error::new(Stage::Simulate, "stimulus-invalid", message, help));
    if options.idle_percent > 99 || options.stall_percent > 99 {
        let (idle, stall) = (options.idle_percent, options.stall_percent);
        return invalid(format!("{idle} % idle and {stall} % stall"), "choose 0 to 99 %: with 100 % nothing moves");
    }
    match stimulus.images.iter().position(|image| !image.is_playable()) {
        Some(image) => invalid(
            format!("image {image} has {} beats", stimulus.images[image].beats()),
            "give an image at least one beat, and an aborted one those before the reset",
        ),
        None => Ok(()),
    }
}

/// The contiguous parts, at most `parts`, into which a run over `images` images falls.
///
/// Each part starts with a reset, so the cycles of an image depend on the images before it in its part only.
pub fn parts(images: usize, parts: usize) -> impl Iterator<Item = Range<usize>> {
    let length = images.div_ceil(parts.max(1)).max(1);
    (0..images).step_by(length).map(move |start| start..images.min(start + length))
}

/// One process and its files.
struct Part<'a> {
    images: &'a [ImageStimulus],
    /// Number of its first image in the whole stimulus.
    first: usize,
    /// Base path of its files.
    files: PathBuf,
    seed: u64,
    done: Arc<AtomicUsize>,
    process: Option<Process>,
}

struct Process {
    child: KillOnDrop,
    /// Reads stdout, counts the progress and returns what else was printed.
    output: Option<JoinHandle<Vec<String>>>,
}

impl<'a> Part<'a> {
    fn new(images: &'a [ImageStimulus], first: usize, files: PathBuf, seed: u64) -> Self {
        Part { images, first, files, seed, done: Arc::default(), process: None }
    }

    fn file(&self, extension: &str) -> PathBuf {
        self.files.with_extension(extension)
    }

    fn start(&mut self, simulator: &Simulator, options: &RunOptions, waveform: Option<&Path>) -> Result<()> {
        let stimulus = self.file("stimulus");
        let wrote = File::create(&stimulus).and_then(|file| {
            let mut file = BufWriter::new(file);
            write_stimulus(self.images, &mut file)?;
            file.flush()
        });
        wrote.map_err(|cause| Error::io(Stage::Simulate, "write", &stimulus, &cause))?;
        let errors = self.file("errors");
        let errors = File::create(&errors).map_err(|cause| Error::io(Stage::Simulate, "write", &errors, &cause))?;
        let mut command = self.command(simulator, options, waveform);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
        let child = KillOnDrop::spawn(&mut command);
        let mut child = child.map_err(|cause| Error::io(Stage::Simulate, "run", &simulator.program, &cause))?;
        let stdout = child.take_stdout().expect("stdout is piped");
        let done = Arc::clone(&self.done);
        let output = Some(std::thread::spawn(move || read_output(stdout, &done)));
        self.process = Some(Process { child, output });
        Ok(())
    }

    fn command(&self, simulator: &Simulator, options: &RunOptions, waveform: Option<&Path>) -> Command {
        let mut command = Command::new(&simulator.program);
        command.current_dir(&simulator.design_folder);
        command.arg("--stimulus").arg(self.file("stimulus")).arg("--trace").arg(self.file("trace"));
        if let Some(waveform) = waveform {
            command.arg("--waveform").arg(waveform).arg("--clock").arg(options.clock_mhz.to_string());
        }
        let numbers = [
            ("--idle", u64::from(options.idle_percent)),
            ("--stall", u64::from(options.stall_percent)),
            ("--seed", self.seed),
            ("--isolated", u64::from(options.spacing == Spacing::Isolated)),
            ("--hang", options.hang_cycles),
            ("--straight", u64::from(options.straight)),
        ];
        for (name, number) in numbers {
            command.arg(name).arg(number.to_string());
        }
        command
    }

    /// Whether the process has ended well; false while it runs.
    fn ended(&mut self) -> Result<bool> {
        let Some(process) = &mut self.process else { return Ok(true) };
        let status = process.child.try_wait();
        let Some(status) = status.map_err(|cause| Error::io(Stage::Simulate, "wait for", &self.files, &cause))? else {
            return Ok(false);
        };
        let output = process.output.take().map(|reader| reader.join().unwrap_or_default()).unwrap_or_default();
        self.process = None;
        let mut lines = tail(&self.file("errors"), 20);
        lines.extend(output);
        let is_good = status.success() && !lines.iter().any(|line| is_failure(line));
        if is_good { Ok(true) } else { Err(failure(status, lines)) }
    }

    fn played(&self, simulator: &Simulator) -> Result<Played> {
        let path = self.file("trace");
        let bytes = files::read(&path).map_err(|cause| Error::io(Stage::Simulate, "read", &path, &cause))?;
        let whole = self.images.iter().enumerate().filter(|(_, image)| image.abort_after.is_none());
        let numbers: Vec<u32> = whole.map(|(number, _)| number as u32).collect();
        let mut played = read_trace(&bytes, &simulator.manifest, &numbers).map_err(|problem| {
            Error::new(Stage::Simulate, "trace-damaged", problem, "regenerate the design folder and run again")
        })?;
        if let Some(fault) = &mut played.fault {
            fault.image += self.first;
        }
        Ok(played)
    }
}

/// Whether the driver, or Verilator's runtime, reports a failure. To the runtime a missing memory image is only a warning, but the
/// results would be nonsense. Other programs have their say too: the loader of a library that is preloaded and missing.
fn is_failure(line: &str) -> bool {
    line.starts_with("failure ") || line.starts_with("%Warning") || line.starts_with("%Error")
}

fn read_output(stdout: ChildStdout, done: &AtomicUsize) -> Vec<String> {
    let mut other = Vec::new();
    for line in BufReader::new(stdout).lines().map_while(std::io::Result::ok) {
        match line.strip_prefix("done ").and_then(|count| count.parse().ok()) {
            Some(count) => done.store(count, Ordering::Relaxed),
            None if line.trim().is_empty() => {}
            None => other.push(line),
        }
    }
    other
}

/// Starts as many parts at once as there are threads, and waits until all have ended; the first failure ends the wait.
fn watch(parts: &mut [Part], options: &RunOptions, mut start: impl FnMut(&mut Part) -> Result<()>) -> Result<()> {
    let mut started = 0;
    loop {
        if is_set(options.interrupt) {
            return Err(interrupted());
        }
        let mut running = 0;
        for part in parts[..started].iter_mut() {
            match part.ended() {
                Ok(true) => {}
                Ok(false) => running += 1,
                // Ctrl-C in a terminal reaches the processes as well, and may end them first.
                Err(_) if is_set(options.interrupt) => return Err(interrupted()),
                Err(error) => return Err(error),
            }
        }
        while started < parts.len() && running < options.threads.max(1) {
            start(&mut parts[started])?;
            (started, running) = (started + 1, running + 1);
        }
        if running == 0 {
            return Ok(());
        }
        report(parts, options);
        std::thread::sleep(POLL);
    }
}

fn report(parts: &[Part], options: &RunOptions) {
    if let Some(progress) = options.progress {
        progress(parts.iter().map(|part| part.done.load(Ordering::Relaxed)).sum());
    }
}

fn interrupted() -> Error {
    Error::interrupted(Stage::Simulate, "run the command again; the compiled model is kept")
}

/// Makes an error of a process that failed, from the driver's line "failure CODE: MESSAGE" if there is one.
fn failure(status: ExitStatus, lines: Vec<String>) -> Error {
    let told = lines.iter().find_map(|line| line.strip_prefix("failure ")?.split_once(": "));
    match told {
        Some((_, message)) => Error::new(Stage::Simulate, "simulator-failed", message, "check the disk and run again"),
        None => {
            let message = format!("the simulator failed ({status})");
            Error::new(Stage::Simulate, "simulator-failed", message, "regenerate the design folder and run again")
                .with_problems(lines)
        }
    }
}
