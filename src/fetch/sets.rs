//! The data sets that can be fetched, where from, and what they hold.

/// A data set on mirrors that all have the same files.
pub struct Set {
    /// Its name.
    pub name: &'static str,
    /// Addresses of folders.
    pub mirrors: &'static [&'static str],
    /// Its files.
    pub files: &'static [Remote],
    /// Whether the commands know the set by its name.
    pub readable: bool,
}

/// A gzip file.
#[derive(Debug, Clone, Copy)]
pub struct Remote {
    /// Its name.
    pub name: &'static str,
    /// Its size, in bytes.
    pub bytes: u64,
    /// SHA-256 of the contents, in hexadecimal digits.
    pub sha256: &'static str,
    /// Whether size and hash are those of the file itself, not of what is inside. Mirrors pack differently.
    pub packed: bool,
}

/// The names of the four files of a set, as the MNIST database has them.
pub const FILES: [&str; 4] = [
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
];
/// 60,000 and 10,000 images of 28 × 28 pixels, and their labels, with the headers of IDX.
const BYTES: [u64; 4] = [47_040_016, 60_008, 7_840_016, 10_008];

/// The sets that can be fetched.
pub const SETS: [Set; 3] = [
    Set {
        name: "mnist",
        mirrors: &[
            "https://ossci-datasets.s3.amazonaws.com/mnist",
            "https://storage.googleapis.com/cvdf-datasets/mnist",
        ],
        files: &files([
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ]),
        readable: true,
    },
    Set {
        name: "fashion-mnist",
        mirrors: &[
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        ],
        files: &files([
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ]),
        readable: true,
    },
    Set {
        name: "cifar10",
        mirrors: &[
            "https://www.cs.toronto.edu/~kriz",
            "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10",
        ],
        files: &[Remote {
            name: "cifar-10-binary.tar.gz",
            bytes: 170_052_171,
            sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
            packed: true,
        }],
        readable: false,
    },
];

const fn files(hashes: [&'static str; 4]) -> [Remote; 4] {
    let [a, b, c, d] = hashes;
    [remote(0, a), remote(1, b), remote(2, c), remote(3, d)]
}

const fn remote(index: usize, sha256: &'static str) -> Remote {
    Remote { name: FILES[index], bytes: BYTES[index], sha256, packed: false }
}
