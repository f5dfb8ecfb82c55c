//! Shared by the commands that open a design folder: whether it may differ from what its network gives.

use crate::flow::Trust;

/// Which design folders are taken.
#[derive(clap::Args, Debug, Clone, Copy)]
#[command(next_help_heading = "Trust")]
pub struct TrustArgs {
    /// Take a design whose files are not what its network gives; the result names them
    ///
    /// A design folder is a program: its Verilog is compiled and run on this machine. Unless this is given, only a folder is taken that holds
    /// what its network and options give, so that nothing of somebody else's is run. docs/trust.md says more.
    #[arg(long)]
    edited: bool,
}

impl TrustArgs {
    pub fn trust(self) -> Trust {
        if self.edited { Trust::Edited } else { Trust::AsGenerated }
    }
}
