//! What rows are to the network that they are loaded for.

use serde::{Deserialize, Serialize};

/// What rows are to a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It was trained on them.
    Training,
    /// Rows that it is tested on.
    Test,
    /// Nobody says whether it was.
    Unknown,
    /// They have no labels.
    Unlabeled,
}

impl Role {
    /// What a share of such rows is called.
    pub fn accuracy(self) -> &'static str {
        match self {
            Role::Training => "training accuracy",
            Role::Test => "test accuracy",
            Role::Unknown | Role::Unlabeled => "accuracy",
        }
    }

    /// What such a share says less than it seems to.
    pub fn caution(self) -> &'static str {
        match self {
            Role::Training | Role::Test | Role::Unlabeled => "",
            Role::Unknown => "; rows may be among those trained on",
        }
    }

    /// The part of its set that such rows are, as it is typed; `all` if it has no parts, or is none of the network's sets.
    pub fn split(self) -> &'static str {
        match self {
            Role::Training => "train",
            Role::Test => "test",
            Role::Unknown | Role::Unlabeled => "all",
        }
    }

    /// Which part of its set such rows are.
    pub fn part(self) -> &'static str {
        match self {
            Role::Training => ", train split",
            Role::Test => ", test split",
            Role::Unknown | Role::Unlabeled => "",
        }
    }

    /// A share of such rows, given as text, or why there is none.
    pub fn told(self, accuracy: String) -> String {
        match self {
            Role::Unlabeled => "unknown: the data have no labels".into(),
            _ => accuracy,
        }
    }

    /// Whether the rows have labels.
    pub fn is_labeled(self) -> bool {
        self != Role::Unlabeled
    }
}
