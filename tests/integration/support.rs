//! What the tests share: the binary, a scratch folder, small models.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use firstspike::fixed::WeightFormat;
use firstspike::float::{FloatLayer, FloatNetwork};
use firstspike::model;
use firstspike::network::{IntegerNetwork, Layer, Neuron, Readout};
use ndarray::Array2;

/// The binary, started in `folder` and blind to the caller's environment.
pub fn firstspike(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firstspike"));
    command.current_dir(folder).env("NO_COLOR", "1").env_remove("RUST_BACKTRACE");
    command.env_remove("FIRSTSPIKE_DATA").env("XDG_DATA_HOME", "/nowhere");
    command
}

pub fn run(folder: &Path, args: &[&str]) -> Output {
    firstspike(folder).args(args).output().expect("the binary starts")
}

/// Runs the binary with 200 MB of memory, 2 s of a core and 30 s in all: more is a crash, which no test takes for an answer.
pub fn run_limited(folder: &Path, args: &[&str]) -> Output {
    run_within(2, folder, args)
}

/// Runs the binary with 200 MB of memory, so many seconds of a core and 15 times as many in all.
pub fn run_within(seconds: u32, folder: &Path, args: &[&str]) -> Output {
    let binary = firstspike(folder);
    let mut command = Command::new("timeout");
    let (limited, in_all) =
        (format!(r#"ulimit -d 200000; ulimit -t {seconds}; exec "$@""#), (15 * seconds).to_string());
    command.args(["--signal=KILL", &in_all, "sh", "-c", &limited, "sh"]).arg(binary.get_program()).args(args);
    // Stacks count as memory.
    command.current_dir(folder).env("NO_COLOR", "1").env("RAYON_NUM_THREADS", "2");
    command.env_remove("FIRSTSPIKE_DATA").env_remove("RUST_BACKTRACE").output().expect("timeout and sh start")
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("output is UTF-8")
}

/// All paths below `folder`, to see that nothing is left behind.
pub fn contents(folder: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            paths.extend(contents(&path));
        }
        paths.push(path);
    }
    paths.sort();
    paths
}

/// An integrate-only layer of 64 inputs (the digits' 8 × 8) and `outputs` neurons, with some weights.
pub fn digits_network(outputs: usize) -> IntegerNetwork {
    let (v0, neuron) = (vec![0; outputs], Neuron::integrate_once(vec![5; outputs]));
    let layer = Layer::dense("layer0", WeightFormat::Int(4), digits_weights(outputs), v0, neuron);
    IntegerNetwork::new("tiny", 8, vec![8, 8], 1, vec![layer], Readout::FirstSpike).unwrap()
}

/// The weights of [`digits_network`], inputs × outputs.
pub fn digits_weights(outputs: usize) -> Array2<i32> {
    Array2::from_shape_fn((64, outputs), |(input, neuron)| ((input * 7 + neuron * 5) % 15) as i32 - 7)
}

/// Writes [`digits_network`] as `folder/model`.
pub fn write_model(folder: &Path, outputs: usize) {
    model::write_integer(&folder.join("model"), &digits_network(outputs)).unwrap();
}

/// [`digits_network`]'s weights in float, read by the membrane.
pub fn float_network() -> FloatNetwork {
    let weights = digits_weights(10).mapv(|weight| weight as f32);
    let layer = FloatLayer::dense("layer0", weights, vec![0.5; 10], Neuron::integrate());
    FloatNetwork {
        name: "tiny".into(),
        time_steps: 8,
        input_shape: vec![8, 8],
        coding: 1.into(),
        layers: vec![layer],
        readout: Readout::Membrane,
    }
}

/// Prepares a folder, runs `args` in it and checks what holds for every error. Returns standard error.
pub fn refused(args: &[&str], prepare: impl FnOnce(&Path)) -> String {
    refused_by(run, args, prepare)
}

/// [`refused`] within the limits of [`run_limited`].
pub fn refused_at_once(args: &[&str], prepare: impl FnOnce(&Path)) -> String {
    refused_by(run_limited, args, prepare)
}

fn refused_by(run: fn(&Path, &[&str]) -> Output, args: &[&str], prepare: impl FnOnce(&Path)) -> String {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    prepare(folder.path());
    let before = contents(folder.path());
    let done = run(folder.path(), args);
    let stderr = text(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert!(stderr.contains("help: "), "{stderr}");
    assert!(done.stdout.is_empty(), "{}", text(&done.stdout));
    assert_eq!(contents(folder.path()), before);
    stderr
}

/// A tools folder of scripts that stand in for the real tools.
pub struct FakeTools(tempfile::TempDir);

impl FakeTools {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("bin")).unwrap();
        FakeTools(folder)
    }

    /// Adds a shell script as the program `name`.
    pub fn with(self, name: &str, script: &str) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let program = self.0.path().join("bin").join(name);
        std::fs::write(&program, format!("#!/bin/sh\n{script}")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// The binary with these tools and no others.
    pub fn firstspike(&self, folder: &Path) -> Command {
        let mut command = firstspike(folder);
        command.env("FIRSTSPIKE_TOOLS", self.0.path()).env("PATH", "/usr/bin:/bin");
        command
    }

    pub fn run(&self, folder: &Path, args: &[&str]) -> Output {
        self.firstspike(folder).args(args).output().expect("the binary starts")
    }
}
