//! A copy of a design, in which one fault after the other is planted.

use std::fs;

use super::{Caller, Hardware};
use crate::data::ImageSet;
use crate::error::{Error, Result, Stage};
use crate::files::Scratch;
use crate::model;
use crate::plant::{self, Activity, Fault, Kind};

/// The copy, and what decides where its faults are felt.
pub struct Plants {
    hardware: Hardware,
    activity: Activity,
}

impl Plants {
    /// Copies a design to the cache; its faults sleep.
    ///
    /// # Errors
    /// Those of [`Hardware::copy_with_faults`] and [`Hardware::activity`].
    pub fn new(original: &Hardware, images: &ImageSet, caller: &dyn Caller) -> Result<Plants> {
        Ok(Plants { hardware: original.copy_with_faults(caller)?, activity: original.activity(images)? })
    }

    /// The copy, with the fault that was planted last.
    pub fn hardware(&self) -> &Hardware {
        &self.hardware
    }

    /// Why a kind of fault cannot be planted, if it cannot.
    pub fn obstacle(&self, kind: Kind) -> Option<&'static str> {
        plant::obstacle(kind, &self.hardware.design, &self.activity)
    }

    /// Plants a fault, in place of the one before.
    ///
    /// # Errors
    /// `no-place` if there is an obstacle; `io`; those of [`plant::plant`].
    pub fn plant(&mut self, kind: Kind) -> Result<Fault> {
        if let Some(obstacle) = self.obstacle(kind) {
            let message = format!("the fault {} does not apply to this design: {obstacle}", kind.name());
            return Err(Error::new(Stage::Simulate, "no-place", message, "choose another kind of fault"));
        }
        let hash = model::network_hash(&self.hardware.network);
        let planted = plant::plant(kind, &self.hardware.design, &self.activity, &hash)?;
        let folder = Scratch::new(Stage::Simulate, &self.hardware.folder)?;
        for image in &planted.images {
            let path = folder.path().join(&image.path);
            fs::write(&path, &image.bytes).map_err(|cause| Error::io(Stage::Simulate, "write", &path, &cause))?;
        }
        self.hardware.memories = Some(folder);
        Ok(planted.fault)
    }
}
