//! One simulated platform: its numbers, and what its accounts live through together.

use serde_json::Value;

use super::law::Preset;
use super::platform::Platform;
use super::prior::{Place, resolve};
use crate::Error;
use crate::attack::AttackLaw;

/// One platform: a preset whose priors are drawn, and its common course.
#[derive(Debug, Clone)]
pub struct World {
    /// Numbers of this world.
    pub preset: Preset,
    /// Its common ups and downs.
    pub platform: Platform,
}

/// The preset at one place of its priors, checked.
///
/// # Errors
/// [`Error::OutOfRange`] naming the field, or the words of the parser for unknown fields.
pub fn preset_at(tree: &Value, place: Place) -> Result<Preset, Error> {
    let mut resolved = resolve(tree, "", place)?;
    let attacks = resolved
        .as_object_mut()
        .and_then(|fields| fields.remove("attacks"));
    if let Some(fields) = resolved.as_object_mut() {
        // Attacks have defaults for every field; a preset names only what it changes.
        let mut law = serde_json::to_value(AttackLaw::default()).unwrap_or_default();
        overlay(&mut law, attacks.unwrap_or_default());
        fields.insert("attacks".into(), law);
    }
    let preset: Preset = serde_json::from_value(resolved)
        .map_err(|e| Error::out_of_range("preset", e, "the fields of the preset files"))?;
    preset.validate()?;
    Ok(preset)
}

/// Lays the fields of `over` upon `base`, map by map; anything else is replaced.
fn overlay(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                overlay(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (_, Value::Null) => {}
        (base, over) => *base = over,
    }
}

impl World {
    /// World number `world` of a simulation over `length` hours.
    ///
    /// # Errors
    /// As [`preset_at`].
    pub fn new(tree: &Value, seed: u64, world: u64, length: usize) -> Result<Self, Error> {
        let preset = preset_at(tree, Place::World { seed, world })?;
        let platform = Platform::new(&preset.platform, seed, world, length);
        Ok(Self { preset, platform })
    }
}
