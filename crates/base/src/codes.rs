//! Every error code with its meaning and its remedy. `docs/errors.md` is made of this table.

/// An error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// Stable identifier such as `data-truncated`.
    pub name: &'static str,
    /// What is wrong.
    pub meaning: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// All codes, in the order of their names.
pub const CODES: &[Code] = &[
    code("batch-too-large", "One batch of training would take more memory than is allowed.", "Make `--batch` smaller."),
    code(
        "baud-divider",
        "The clock of the board cannot be divided to the baud rate closely enough.",
        "Choose another `--baud`; 115200 fits nearly every clock.",
    ),
    code(
        "binary-zeros",
        "Weights that are 0 cannot become binary, whose values are −1 and 1.",
        "Give the layers `ternary`, or 2 bits or more.",
    ),
    code(
        "board-design",
        "The board holds the right network, but in another design.",
        "Flash the bitstream of this design folder.",
    ),
    code(
        "board-malformed",
        "The board answered with a frame of the wrong length.",
        "Flash the bitstream of this design folder.",
    ),
    code("board-network", "The board holds another network.", "Flash the bitstream of this design folder."),
    code(
        "board-refused",
        "The board refused the request.",
        "Flash the bitstream of this design folder, and press its reset button.",
    ),
    code(
        "board-silent",
        "The board did not answer.",
        "Check that it is flashed and powered, and that `--port` and `--baud` are right.",
    ),
    code(
        "board-version",
        "The board speaks another version of the link.",
        "Build and flash the bitstream again with this version.",
    ),
    code(
        "checkpoint-broken",
        "A checkpoint is damaged or holds numbers that no training leaves; every mistake is listed.",
        "Remove the checkpoint and train from the start.",
    ),
    code(
        "checkpoint-differs",
        "A checkpoint belongs to another recipe or to other training images.",
        "Use the same options and data, or remove the checkpoint.",
    ),
    code(
        "checkpoint-exists",
        "The folder holds the checkpoint of a training that was interrupted.",
        "Give `--resume` to go on, or `--force` to start over.",
    ),
    code("checkpoint-missing", "There is no checkpoint to go on from.", "Leave out `--resume`."),
    code(
        "clock-range",
        "The board's clock generator cannot make the wanted frequency.",
        "Choose `--freq` within the range that the message names.",
    ),
    code(
        "data-ambiguous",
        "A folder holds the files of several data sets.",
        "Name the files of one set, or move the others away.",
    ),
    code(
        "data-array",
        "A file of arrays lacks one, or one of them has the wrong type or shape.",
        "Save the arrays as the message says; `docs/how-to/check-a-recording.md` lists them.",
    ),
    code("data-changed", "The files of a set were replaced while they were read.", "Run the command again."),
    code("data-classes", "All labels of the data are the same.", "Give data with two classes or more."),
    code(
        "data-columns",
        "A table lacks columns that the network was trained on.",
        "Name its columns as in the table of the training.",
    ),
    code("data-count", "Images and labels differ in number.", "Use the two files of one set."),
    code(
        "data-csv",
        "Rows of a table cannot be read; the first ones are listed.",
        "Mend the listed rows; `docs/tables.md` says what is understood.",
    ),
    code("data-empty", "There are no images.", "Check that the file is the one you meant."),
    code("data-encoding", "A table is not text in UTF-8.", "Save it as UTF-8."),
    code("data-gzip", "A file that is called gzip is none, or is damaged.", "Download or copy the file again."),
    code(
        "data-kind",
        "A file of another kind was given than the command reads.",
        "Give a folder of IDX files, a table, or, to measure, arrays of values and labels (`.npz`).",
    ),
    code(
        "data-label",
        "Labels of the data are none of the network's classes.",
        "Use a network with these classes, or remove those rows.",
    ),
    code(
        "data-label-column",
        "It cannot be told which column holds the labels, or it holds too many.",
        "Give `--label first`, `--label last` or the column's name.",
    ),
    code("data-magic", "A file is not in the IDX format.", "Check that the file is the one you meant."),
    code(
        "data-missing",
        "A data set is not where it was looked for; the message lists what is there.",
        "Name the folder, set `FIRSTSPIKE_DATA`, or run `firstspike data fetch`.",
    ),
    code(
        "data-nird",
        "A file of spike times (`.nird`) is damaged, is no NIRData, or does not fit the network.",
        "Write the file again with `nir.write_data`; the message names node and field.",
    ),
    code(
        "data-npz",
        "A file of arrays (`.npz`) is damaged, or written in a way that is not read.",
        "Write it again with `numpy.savez` or `numpy.savez_compressed`.",
    ),
    code(
        "data-options",
        "An option for tables was given for data that are no table.",
        "Leave out the option that the message names.",
    ),
    code("data-oversized", "A file holds more than its header announces.", "Download or copy the file again."),
    code("data-root", "There is no folder for data.", "Set `HOME`, `XDG_DATA_HOME` or `FIRSTSPIKE_DATA`."),
    code(
        "data-scale",
        "The values cannot be scaled to pixels as asked.",
        "Choose another `--scale`; `docs/tables.md` explains it.",
    ),
    code(
        "data-shape",
        "The images do not fit the network's inputs.",
        "Use images of the shape that the message names.",
    ),
    code("data-size", "The data would take more memory than is allowed.", "Split the set, or check the header."),
    code("data-split", "Rows cannot be held out as asked.", "Choose another share for `--split`."),
    code(
        "data-time",
        "A spike time is no time step, and none of the values that stand for never.",
        "Check that the times were made for the network's number of time steps.",
    ),
    code(
        "data-truncated",
        "A file ends before the data that its header announces.",
        "Download or copy the file again.",
    ),
    code("data-web-page", "A web page was saved in place of the data.", "Download the file itself."),
    code(
        "design-damaged",
        "Files of a design folder have other contents than the manifest says.",
        "Generate the folder again.",
    ),
    code(
        "design-edited",
        "Files of a design folder are not what its network and options give.",
        "Generate the folder again, or give `--edited` if you trust and mean the changes.",
    ),
    code(
        "design-fixed",
        "Options were given that a generated design has fixed already.",
        "Leave them out, or name the model instead of the design.",
    ),
    code(
        "design-network",
        "The network inside a design folder is not the one of its manifest.",
        "Generate the folder again.",
    ),
    code("diverged", "Training ran into numbers that are not finite.", "Lower the learning rate."),
    code(
        "emulator-failed",
        "The emulated board does not start, or ended.",
        "Check that pseudo-terminals are available.",
    ),
    code(
        "engine-count",
        "The number of engines is neither one nor that of the layers.",
        "Give `--engine` one engine, or one per layer.",
    ),
    code(
        "engine-unsuited",
        "The spatial engine cannot build a layer: a convolution, pooling, step rows, or too many weights.",
        "Give `--engine` layer by layer, with `event` for these layers.",
    ),
    code(
        "events-per-cycle",
        "The first layer cannot take so many events per cycle; every reason is listed.",
        "Leave out `--events-per-cycle`, or give every neuron of the layer a lane.",
    ),
    code(
        "export-file",
        "The name of a file of vectors does not say its format, that of a NIR file does not end in `.nir`, or another file has the name.",
        "Give a name that ends in `.npz` or `.nird`, of a NIR file in `.nir`.",
    ),
    code(
        "export-refused",
        "A network cannot be said in the other format; every layer is listed with its reason.",
        "`docs/how-to/export-a-network.md` says what can be written.",
    ),
    code(
        "fan-in-count",
        "The number of fan-ins is neither one nor that of the layers.",
        "Give `--fan-in` one value, or one per layer.",
    ),
    code("fetch-busy", "Another process is fetching the same data set.", "Wait for it."),
    code(
        "fetch-failed",
        "A data set could not be downloaded from any mirror.",
        "Check the network, give `--from URL`, or put the files where the message says.",
    ),
    code(
        "fire-once",
        "A file does not say whether its neurons fire once, and no other network can be imported.",
        "Give `--fire-once` if the network was trained so that only first spikes count.",
    ),
    code("folder-busy", "Another training uses the folder.", "Wait for it, or choose another folder."),
    code(
        "folder-in-use",
        "The folder to be replaced holds the working directory.",
        "Change to another directory, or choose another folder.",
    ),
    code("folder-is-file", "A folder was expected, and there is a file.", "Choose another folder."),
    code(
        "folder-not-ours",
        "The folder holds something that firstspike did not write.",
        "Choose another folder, or give `--force`.",
    ),
    code(
        "format-count",
        "The number of weight formats is neither one nor that of the layers.",
        "Give `--bits` one value, or one per layer.",
    ),
    code(
        "format-float",
        "A layer was to stay in float.",
        "Give `--bits` 2 to 16, `pow3` to `pow8`, `ternary` or `binary`.",
    ),
    code("format-missing", "A layer was trained in float, so its weight format is open.", "Give `--bits`."),
    code(
        "freq-not-reached",
        "The placed design does not reach the clock that was asked for.",
        "Try more `--seeds`, fewer `--lanes`, or a lower `--freq`.",
    ),
    code(
        "grid-count",
        "The number of weight formats is not that of the layers.",
        "Give `--bits` one value, or one per layer.",
    ),
    code(
        "hidden",
        "The list of hidden layers cannot be read.",
        "Give, for example, `--hidden 256` or `--hidden 256,128`.",
    ),
    code(
        "images",
        "The images do not suit the layers or the distortion that was asked for.",
        "Use images with rows and columns, or dense layers without distortion.",
    ),
    code(
        "import-name",
        "The name that an imported network would get is none that hardware can have.",
        "Give another name with `--name`.",
    ),
    code(
        "import-refused",
        "A file holds a network that is no time-to-first-spike network; every reason is listed with its node.",
        "Train it as `docs/how-to/networks-trained-elsewhere.md` says.",
    ),
    code(
        "import-steps",
        "A file does not say how many time steps an inference takes, as only files of `export` do.",
        "Give `--steps`.",
    ),
    code(
        "import-unfinished",
        "The exporter of a file stopped in the middle; what is absent is listed.",
        "Export the network again, and look for the exporter's own message.",
    ),
    code("import-unreadable", "A file is no HDF5 file, is damaged, or is too large.", "Export or copy the file again."),
    code(
        "input-threshold",
        "A threshold of pixels was given for inputs that are spike times.",
        "Leave out `--input-threshold`, or give `--coding latency`.",
    ),
    code(
        "input-times",
        "The data are spike times, and the hardware takes pixels, which it codes itself.",
        "Generate the design with `--input events`.",
    ),
    code(
        "interrupted",
        "Ctrl-C, SIGTERM or a closing terminal ended the command; nothing half-written is left.",
        "Run the command again.",
    ),
    code(
        "invalid-network",
        "The integer network breaks rules of `docs/numerics.md`; every one is listed.",
        "Mend the listed fields.",
    ),
    code(
        "invalid-recipe",
        "The options of a training contradict each other or are out of range; every one is listed.",
        "Mend the listed options.",
    ),
    code("io", "A file or folder could not be read or written.", "The message names the path and the cause."),
    code(
        "lanes-count",
        "The number of lanes is neither one nor that of the layers.",
        "Give `--lanes` one number, or one per layer.",
    ),
    code("layers", "The list of layers cannot be read.", "Give, for example, `--layers 16C5-P2-32C5-P2-128`."),
    code(
        "link-below",
        "A link lies where a design folder would be written to, and is not followed.",
        "Remove the link.",
    ),
    code(
        "link-exists",
        "The name for the emulated board's port is taken by something else.",
        "Choose another `--link`.",
    ),
    code("link-garbage", "What comes from the port is no frame.", "Check `--baud`, and that the port is the board's."),
    code(
        "link-length",
        "An image takes more bytes than the board shell has room for.",
        "Connect the streams of the core yourself.",
    ),
    code("link-noise", "Frames arrive damaged, time and again.", "Check the cable and `--baud`."),
    code(
        "link-result",
        "The results of the design leave in one beat, which the board shell does not take.",
        "Generate the design with `--result words`.",
    ),
    code(
        "manifest-differs",
        "A manifest does not describe what its own network and options give.",
        "Generate the folder again.",
    ),
    code("manifest-invalid", "A manifest cannot be read.", "Generate the folder again."),
    code("manifest-version", "A manifest is of another version.", "Generate the folder again with this version."),
    code(
        "max-pooling",
        "A network with maximum pooling cannot become an integer network.",
        "Train with average pooling.",
    ),
    code(
        "model-float",
        "An integer network is needed, and this model is a float network.",
        "Run `firstspike quantize` first.",
    ),
    code(
        "model-integer",
        "A float network is needed, and this model is an integer network.",
        "Name the folder that `train` wrote.",
    ),
    code(
        "model-invalid",
        "A model file has mistakes; every one is listed.",
        "Mend the listed fields; `docs/model-format.md` describes them.",
    ),
    code(
        "model-json",
        "A `model.json` is no JSON, or names a key twice.",
        "Mend the file at the line and column that the message names.",
    ),
    code("model-missing", "The folder holds no model.", "Name a folder that `train` or `quantize` wrote."),
    code(
        "model-too-large",
        "A network or its hardware would take more memory than is allowed; the layer is named.",
        "Make that layer smaller.",
    ),
    code(
        "no-area-model",
        "The area of this kind of layer on this family of parts is not known before synthesis.",
        "Choose a board of another family; or leave out `--target`, and choose `--lanes`.",
    ),
    code("no-cache-folder", "There is no private folder for what is built.", "Set `HOME` or `XDG_CACHE_HOME`."),
    code(
        "no-cell-models",
        "Netlists of this family of parts cannot be simulated.",
        "Choose a board with an ECP5 or iCE40.",
    ),
    code("no-lanes", "A number of lanes is 0.", "Give `--lanes` 1 or more."),
    code("no-place", "A fault to be planted does not apply to this design.", "Choose another kind of fault."),
    code(
        "no-waveform",
        "The simulator was built without waveforms.",
        "This is a defect of firstspike: please report it.",
    ),
    code("not-a-file", "A pipe, a device, a socket or a link to nothing was named in place of a file.", "Name a file."),
    code(
        "not-finite",
        "A float network has numbers that cannot be quantized; the layers are listed.",
        "Train the network again.",
    ),
    code("output-is-input", "The output folder is the one that is read.", "Choose another output folder."),
    code(
        "part-too-small",
        "The design does not fit the part; the message says what runs out and what would fit.",
        "Choose one of the alternatives that are listed.",
    ),
    code(
        "pipeline",
        "The levels of logic between two registers are out of range.",
        "Choose `--pipeline` from 1 to 64.",
    ),
    code("port-busy", "Another program uses the serial port.", "Close it."),
    code("port-denied", "You may not open the serial port.", "Join the group that owns it."),
    code("port-invalid", "The serial port cannot be set up as asked.", "Check `--port` and `--baud`."),
    code("port-lost", "The serial port vanished in the middle.", "Check the cable, and run the command again."),
    code("port-missing", "There is no such serial port.", "Check `--port`."),
    code(
        "recording-arrays",
        "A recording lacks arrays, or some do not fit the network; every one is listed.",
        "Record again; `docs/how-to/check-a-recording.md` lists the arrays.",
    ),
    code(
        "recording-missing",
        "The model's folder has no recording.",
        "Put a `recording.npz` there, or name one with `--recording`.",
    ),
    code(
        "report-unreadable",
        "The report of a hardware tool is not as expected.",
        "Check the version with `firstspike doctor`.",
    ),
    code(
        "result-unsuited",
        "The results of a network cannot leave in one beat; every reason is listed.",
        "Leave out `--result`.",
    ),
    code(
        "simulator-failed",
        "The simulator ended without a result.",
        "Run `firstspike doctor`; the message holds what it said.",
    ),
    code("slots", "The number of slots is out of range.", "Choose `--slots` within the range."),
    code(
        "step-rows",
        "A layer adds something to its potentials in every time step that the hardware cannot add: an entry of more than 16 bits.",
        "Execute the network with `evaluate`, or make it without these rows.",
    ),
    code(
        "stimulus-invalid",
        "Images cannot be made into a stimulus.",
        "This is a defect of firstspike: please report it.",
    ),
    code(
        "stream-bits",
        "The input stream cannot be so wide.",
        "Choose `--stream-bits` from 1 to 4096, a multiple of 8 for pixels; events have their own width.",
    ),
    code("target-unknown", "There is no such board.", "`firstspike targets` lists them."),
    code("template", "A template failed.", "This is a defect of firstspike: please report it."),
    code("time-step", "The length of a time step is no positive number.", "Give `--dt` in seconds."),
    code(
        "tool-broken",
        "An outside tool does not say its version, or does not run.",
        "Install it again with `make tools`.",
    ),
    code(
        "tool-failed",
        "An outside tool ended with an error.",
        "The message holds its last lines; `--verbose` or the log file has the rest.",
    ),
    code(
        "tool-missing",
        "An outside tool is not installed.",
        "Run `make tools` or `pip install firstspike[tools]`, or set `FIRSTSPIKE_TOOLS`.",
    ),
    code(
        "tool-version",
        "An outside tool is too old.",
        "Install the version that the message names, or run `make tools`.",
    ),
    code("trace-damaged", "The trace of a simulation is cut or damaged.", "Check the disk, and run the command again."),
    code("trace-image", "The image for a waveform does not exist.", "Choose a number below that of the images."),
    code("waveform-format", "The ending of a waveform's file is neither `.fst` nor `.vcd`.", "Choose one of them."),
];

const fn code(name: &'static str, meaning: &'static str, remedy: &'static str) -> Code {
    Code { name, meaning, remedy }
}

/// The code of this name.
pub fn find(name: &str) -> Option<&'static Code> {
    CODES.binary_search_by_key(&name, |code| code.name).ok().map(|index| &CODES[index])
}

/// The page of all codes, as Markdown.
pub fn page() -> String {
    let mut page = String::from(
        "# Error codes\n\n\
         An error names the command that was typed and a code, `error[command/code]`, then what is wrong with\n\
         actual and expected value, every mistake of a file on a line of its own, and what to do. `--json`\n\
         prints the same as an object. The exit code is 2. This page is made from `crates/base/src/codes.rs`,\n\
         and a test holds it to that.\n\n\
         | code | what is wrong | what to do |\n|---|---|---|\n",
    );
    for Code { name, meaning, remedy } in CODES {
        page += &format!("| `{name}` | {meaning} | {remedy} |\n");
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_found() {
        assert!(CODES.is_sorted_by(|a, b| a.name < b.name));
        assert_eq!(find("io").map(|code| code.name), Some("io"));
        assert_eq!(find("no-such-code"), None);
    }
}
