//! A design on the disk: generated, opened, or found in the cache.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::Caller;
use super::trust::{self, Trust};
use crate::arch::{self, Design, Fit, Layer, MemoryImage, Workload};
use crate::board::Board;
use crate::data::{Recipient, Schema};
use crate::emit::{self, Difference, GeneratedFile, MANIFEST_FILE, Manifest};
use crate::error::{Error, Result, Stage};
use crate::files::{self, Overwrite, Scratch};
use crate::model;
use crate::network::IntegerNetwork;
use crate::plant;
use crate::report::{Built, Generated, LayerReport};
use crate::shell::{self, DEFAULT_BAUD, ShellOptions};
use crate::synth::Netlist;

/// Where a design folder keeps the network that it was made from.
const MODEL_FOLDER: &str = "model";
/// Clock of the core on boards that Vivado builds, in MHz.
const VIVADO_CLOCK_MHZ: f64 = 100.0;

/// What reading data must know of a network.
pub fn recipient<'a>(network: &'a IntegerNetwork, schema: &'a Schema) -> Recipient<'a> {
    let (shape, outputs, time_steps) = (network.input_shape(), network.outputs(), network.time_steps());
    Recipient { schema, shape, outputs, time_steps }
}

/// A design on the disk, with the network and the plan that it was made from.
///
/// # Examples
/// ```no_run
/// use std::path::Path;
///
/// use firstspike::data::{self, Schema, Split};
/// use firstspike::emit::MANIFEST_FILE;
/// use firstspike::files::Overwrite;
/// use firstspike::flow::{self, Drive, Hardware, Silent};
/// use firstspike::arch;
///
/// let network = flow::shipped_network()?;
/// let design = arch::plan(&network, &arch::Options::default())?;
/// let overwrite = Overwrite::IfMarked(MANIFEST_FILE);
/// let hardware = Hardware::generate(network, Schema::default(), design, Path::new("out/digits"), overwrite)?;
/// let images = data::load("digits", Split::Test)?.into();
/// let report = hardware.compare(&images, &Drive::default(), false, &Silent, |_| Ok(()))?;
/// assert!(report.is_equal());
/// # Ok::<(), firstspike::error::Error>(())
/// ```
pub struct Hardware {
    /// The folder of the design.
    pub folder: PathBuf,
    /// The network that it was made from.
    pub network: IntegerNetwork,
    /// How the network's data are read.
    pub schema: Schema,
    /// The plan.
    pub design: Design,
    /// The files that are not what network and options give, with [`Trust::Edited`].
    pub edited: Vec<String>,
    /// Simulated in place of the Verilog, if there is one.
    pub netlist: Option<Netlist>,
    /// A folder of memory images that are read in place of the design's own, if there is one.
    pub memories: Option<Scratch>,
}

impl Hardware {
    /// Writes the design folder of a network.
    ///
    /// # Errors
    /// Those of [`emit::generate`] and [`files::write_folder`].
    pub fn generate(
        network: IntegerNetwork,
        schema: Schema,
        design: Design,
        folder: &Path,
        overwrite: Overwrite,
    ) -> Result<Self> {
        let generated = generated_files(&design, &model::network_hash(&network))?;
        Self::write(network, schema, design, &generated, folder, overwrite)
    }

    fn write(
        network: IntegerNetwork,
        schema: Schema,
        design: Design,
        generated: &[GeneratedFile],
        folder: &Path,
        overwrite: Overwrite,
    ) -> Result<Self> {
        files::write_folder(Stage::Emit, folder, overwrite, |staging| {
            for file in generated {
                let path = staging.join(&file.path);
                let parent = path.parent().unwrap_or(staging);
                std::fs::create_dir_all(parent).map_err(|cause| Error::io(Stage::Emit, "create", parent, &cause))?;
                std::fs::write(&path, &file.bytes).map_err(|cause| Error::io(Stage::Emit, "write", &path, &cause))?;
            }
            model::write_integer_with(&staging.join(MODEL_FOLDER), &network, &schema)
        })?;
        Ok(Hardware {
            folder: folder.to_path_buf(),
            network,
            schema,
            design,
            edited: Vec::new(),
            netlist: None,
            memories: None,
        })
    }

    /// Opens a generated folder, makes its design again from the network inside, and holds every file against it.
    ///
    /// # Errors
    /// `not-a-design`; `design-network` if network and manifest do not belong together, `manifest-differs` if the manifest is not that
    /// of the design; `design-edited` if another file is not as generated, unless that is allowed; those of reading.
    pub fn open(folder: &Path, trust: Trust) -> Result<Self> {
        let manifest = Manifest::read(folder)?;
        let network = model::read_integer(&folder.join(MODEL_FOLDER))?;
        let schema = model::read_schema(&folder.join(MODEL_FOLDER))?;
        let hash = model::network_hash(&network);
        if hash != manifest.network_hash {
            return Err(Error::new(
                Stage::Emit,
                "design-network",
                format!(
                    "{}: network_hash is {}, but the network in {MODEL_FOLDER}/ has {hash}",
                    folder.join(MANIFEST_FILE).display(),
                    manifest.network_hash
                ),
                "generate the folder again",
            ));
        }
        let mut design = arch::plan(&network, &manifest.options)?;
        if let Some(target) = &manifest.target {
            let fit = arch::fit(&design, &Board::find(&target.board)?, target.optimize, &Workload::nominal(&design));
            // The images for which the latency was predicted are not in the folder.
            design.fit = Some(Fit { latency_cycles: target.latency_cycles, workload: target.workload, ..fit });
        }
        let generated = generated_files(&design, &hash)?;
        trust::check_manifest(folder, &manifest, &generated)?;
        let edited = trust.check_files(folder, &generated)?;
        Ok(Hardware { folder: folder.to_path_buf(), network, schema, design, edited, netlist: None, memories: None })
    }

    /// Opens a design folder, or generates the design of a model in the cache, where a second run finds it built. Without options it has
    /// the default ones.
    ///
    /// # Errors
    /// `design-fixed` if a folder is given together with options that it has fixed; those of [`Hardware::open`] and
    /// [`Hardware::generate`].
    pub fn open_or_generate(
        path: &Path,
        options: Option<&arch::Options>,
        trust: Trust,
        caller: &dyn Caller,
    ) -> Result<Self> {
        if !files::is_there(&path.join(MANIFEST_FILE)) {
            // The cache knows networks, not what each was trained on.
            let schema = model::read_schema(path)?;
            let (network, default) = (model::read_integer(path)?, arch::Options::default());
            return Ok(Hardware { schema, ..Self::cached(network, options.unwrap_or(&default), caller)? });
        }
        if options.is_some() {
            return Err(Error::new(
                Stage::Arguments,
                "design-fixed",
                format!("{} is a generated design: its lanes, input and slots are fixed", path.display()),
                format!("leave out the options, or give the model: {}", path.join(MODEL_FOLDER).display()),
            ));
        }
        Self::open(path, trust)
    }

    /// The design of a network, in the cache. One that is damaged there is made anew.
    ///
    /// # Errors
    /// Those of [`files::cache_folder`] and [`Hardware::generate`].
    pub fn cached(network: IntegerNetwork, options: &arch::Options, caller: &dyn Caller) -> Result<Self> {
        let design = arch::plan(&network, options)?;
        let generated = emit::generate(&design, &model::network_hash(&network))?;
        Self::in_cache(network, design, &generated, caller)
    }

    /// These files of a design, in the cache.
    fn in_cache(
        network: IntegerNetwork,
        design: Design,
        generated: &[GeneratedFile],
        caller: &dyn Caller,
    ) -> Result<Self> {
        let manifest = generated.last().expect("the manifest is the last file");
        let key = files::sha256_hex(&manifest.bytes);
        let folder = files::cache_folder(Stage::Emit)?.join("designs").join(format!("{}-{}", design.name, &key[..16]));
        // Two first runs at once: the second must not replace the folder in which the first is building.
        let _lock = lock(&folder.with_extension("lock"))?;
        let differences = emit::differences(&folder, generated);
        if differences.is_empty() {
            let schema = Schema::default();
            return Ok(Hardware { folder, network, schema, design, edited: Vec::new(), netlist: None, memories: None });
        }
        if folder.exists() {
            let Difference { path, problem } = &differences[0];
            caller.note(&format!("the design in the cache is damaged and made anew: {path} {problem}"));
        }
        Self::write(network, Schema::default(), design, generated, &folder, Overwrite::Always)
    }

    /// A copy in the cache in which faults sleep.
    ///
    /// # Errors
    /// Those of [`plant::copy`] and [`files::write_folder`].
    pub fn copy_with_faults(&self, caller: &dyn Caller) -> Result<Self> {
        let files = plant::copy(&self.design, &model::network_hash(&self.network))?;
        Self::in_cache(self.network.clone(), self.design.clone(), &files, caller)
    }

    /// What reading must know of the network.
    pub fn recipient(&self) -> Recipient<'_> {
        recipient(&self.network, &self.schema)
    }

    /// One line per layer for reports.
    pub fn layer_reports(&self) -> Vec<LayerReport> {
        let report = |layer: &Layer| LayerReport {
            name: layer.name.clone(),
            inputs: layer.inputs(),
            outputs: layer.neurons(),
            lanes: layer.engine.lanes(),
            weight_bits: layer.weight_bits,
            membrane_bits: layer.membrane_bits,
        };
        self.design.layers.iter().map(report).collect()
    }

    /// What is said of the design once it is written, with its latency for a workload; `images` are those of the workload, if it has some.
    pub fn generated(&self, workload: &Workload, images: Option<usize>) -> Generated {
        let weights = self.design.layers.iter().filter_map(Layer::weights);
        Generated {
            folder: self.folder.display().to_string(),
            top: self.design.name.clone(),
            network_hash: model::network_hash(&self.network),
            layers: self.layer_reports(),
            weight_memory_bits: weights.map(MemoryImage::bits).sum(),
            latency_cycles: workload.latency(&self.design),
            workload: workload.source,
            images,
            target: self.design.fit.clone(),
            built: Built::of(&self.design),
        }
    }

    /// Whether a file is not what network and options give.
    pub fn is_edited(&self) -> bool {
        !self.edited.is_empty()
    }
}

/// All files of a design folder but the network; the manifest is the last.
fn generated_files(design: &Design, network_hash: &str) -> Result<Vec<GeneratedFile>> {
    let generated = emit::generate(design, network_hash)?;
    let board = vivado_board(design, &generated)?;
    Ok([board, generated].concat())
}

/// The board's top module with its shell, where Vivado builds it; for other boards `synth` does.
///
/// # Errors
/// Those of [`shell::board_top`].
fn vivado_board(design: &Design, generated: &[GeneratedFile]) -> Result<Vec<GeneratedFile>> {
    let Some(fit) = &design.fit else { return Ok(Vec::new()) };
    let board = Board::find(&fit.board)?;
    if board.family.is_placed_here() {
        return Ok(Vec::new());
    }
    let manifest = generated.last().expect("the manifest is the last file");
    let manifest: Manifest = serde_json::from_slice(&manifest.bytes).expect("a manifest that was just written");
    let options = ShellOptions { clock_mhz: VIVADO_CLOCK_MHZ, baud: DEFAULT_BAUD };
    let top = shell::board_top(&manifest, &board, &options)?;
    let inside = |file: GeneratedFile| GeneratedFile { path: format!("vivado/board/{}", file.path), ..file };
    Ok(top.files.into_iter().map(inside).collect())
}

/// Holds a lock for as long as the file lives.
fn lock(path: &Path) -> Result<File> {
    let failed = |cause: std::io::Error| {
        let mut error = Error::io(Stage::Emit, "lock", path, &cause);
        error.help = "set FIRSTSPIKE_CACHE to a folder that can be written".into();
        error
    };
    std::fs::create_dir_all(path.parent().unwrap_or(path)).map_err(failed)?;
    let file = File::create(path).map_err(failed)?;
    file.lock().map_err(failed)?;
    Ok(file)
}
