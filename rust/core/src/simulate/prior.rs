//! Domain randomisation: a number of a preset may be a prior, drawn once per world.
//!
//! A prior is `{low, high}` (uniform), `{median, log_sd}` (log-normal, cut at three standard
//! deviations so that its ends can be checked) or `{choices: [...]}` (each equally likely). The draw
//! is keyed by the field's path: a new field never moves another.

use serde_json::{Map, Value};

use crate::Error;
use crate::rng::Stream;

/// Log-normal priors end here, so that their range is known beforehand.
const CUT: f64 = 3.0;

/// Where inside its prior a number is taken.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// Drawn for one world.
    World {
        /// Seed of the simulation.
        seed: u64,
        /// Number of the world.
        world: u64,
    },
    /// The smallest value possible.
    Lowest,
    /// The largest value possible.
    Highest,
}

/// 64-bit FNV-1a hash of a path with the top bit set: a purpose that no numbered one can equal.
fn purpose_of(path: &str) -> u64 {
    let hash = path.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, byte| {
        (h ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash | 1 << 63
}

fn refused(path: &str, given: &impl std::fmt::Display) -> Error {
    Error::out_of_range(
        path,
        given,
        "a number, or a prior {low, high}, {median, log_sd} or {choices: [...]} of finite numbers",
    )
}

fn number(path: &str, prior: &Map<String, Value>, key: &str) -> Result<f64, Error> {
    prior
        .get(key)
        .and_then(Value::as_f64)
        .filter(|v| v.is_finite())
        .ok_or_else(|| refused(path, &Value::Object(prior.clone())))
}

/// The number that `prior` stands for, or `None` when the map is not a prior.
fn resolve_prior(
    path: &str,
    prior: &Map<String, Value>,
    place: Place,
) -> Result<Option<f64>, Error> {
    let mut stream = match place {
        Place::World { seed, world } => Some(Stream::new(seed, world, purpose_of(path))),
        Place::Lowest | Place::Highest => None,
    };
    let lowest = matches!(place, Place::Lowest);
    let is_prior = |keys: &[&str]| keys.iter().any(|key| prior.contains_key(*key));
    let value = if is_prior(&["low", "high"]) {
        let (low, high) = (number(path, prior, "low")?, number(path, prior, "high")?);
        if low > high || prior.len() != 2 {
            return Err(refused(path, &Value::Object(prior.clone())));
        }
        match &mut stream {
            Some(stream) => stream.between(low, high),
            None if lowest => low,
            None => high,
        }
    } else if is_prior(&["median", "log_sd"]) {
        let median = number(path, prior, "median")?;
        let log_sd = number(path, prior, "log_sd")?;
        if median <= 0.0 || log_sd < 0.0 || prior.len() != 2 {
            return Err(refused(path, &Value::Object(prior.clone())));
        }
        let z = match &mut stream {
            Some(stream) => stream.normal().clamp(-CUT, CUT),
            None if lowest => -CUT,
            None => CUT,
        };
        median * libm::exp(log_sd * z)
    } else if let Some(choices) = prior.get("choices") {
        let choices: Vec<f64> = choices
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_f64)
            .filter(|v| v.is_finite())
            .collect();
        let given = prior["choices"].as_array().map_or(0, Vec::len);
        if choices.is_empty() || choices.len() != given || prior.len() != 1 {
            return Err(refused(path, &Value::Object(prior.clone())));
        }
        match &mut stream {
            Some(stream) => choices[stream.below(choices.len())],
            None if lowest => choices.iter().copied().fold(f64::INFINITY, f64::min),
            None => choices.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    } else {
        return Ok(None);
    };
    Ok(Some(value))
}

/// `tree` with every prior replaced by a number; `path` is where `tree` sits.
///
/// # Errors
/// [`Error::OutOfRange`] naming the path of a prior that is not understood.
pub fn resolve(tree: &Value, path: &str, place: Place) -> Result<Value, Error> {
    let Value::Object(fields) = tree else {
        return Ok(tree.clone());
    };
    if let Some(value) = resolve_prior(path, fields, place)? {
        return serde_json::Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| refused(path, &value));
    }
    let mut out = Map::new();
    for (key, field) in fields {
        let inner = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        out.insert(key.clone(), resolve(field, &inner, place)?);
    }
    Ok(Value::Object(out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(tree: &Value, world: u64) -> Value {
        resolve(tree, "", Place::World { seed: 3, world }).unwrap()
    }

    #[test]
    fn priors_become_numbers_inside_their_range_and_differ_by_world() {
        let tree = json!({"a": {"b": {"low": 2, "high": 3}, "c": {"median": 10, "log_sd": 0.5}},
                          "d": {"choices": [0, 7]}, "e": 4.5});
        let values: Vec<Value> = (0..50).map(|w| at(&tree, w)).collect();
        for value in &values {
            let b = value["a"]["b"].as_f64().unwrap();
            assert!((2.0..3.0).contains(&b));
            assert!((2.2..45.0).contains(&value["a"]["c"].as_f64().unwrap()));
            assert!([0.0, 7.0].contains(&value["d"].as_f64().unwrap()));
            assert_eq!(value["e"], 4.5);
        }
        assert_ne!(values[0]["a"]["b"], values[1]["a"]["b"]);
        assert_eq!(at(&tree, 5), at(&tree, 5));
    }

    #[test]
    fn a_new_field_moves_no_other() {
        let old = json!({"a": {"low": 0, "high": 1}});
        let new = json!({"Z": {"low": 0, "high": 1}, "a": {"low": 0, "high": 1}});
        assert_eq!(at(&old, 1)["a"], at(&new, 1)["a"]);
        assert_ne!(at(&new, 1)["a"], at(&new, 1)["Z"]);
    }

    #[test]
    fn malformed_priors_name_their_path() {
        for bad in [
            json!({"low": 3, "high": 2}),
            json!({"low": 3}),
            json!({"low": 1, "high": 2, "mode": 1}),
            json!({"median": 0, "log_sd": 1}),
            json!({"choices": []}),
            json!({"choices": [1, "x"]}),
            json!({"choices": 4}),
        ] {
            let tree = json!({"organic": {"size": bad}});
            let error = resolve(&tree, "", Place::Lowest).unwrap_err().to_string();
            assert!(error.starts_with("organic.size: "), "{error}");
        }
    }
}
