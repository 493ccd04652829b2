//! Functions of templates that draw: `random` and `pick`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use minijinja::value::{Object, ObjectRepr, Rest};
use minijinja::{Error, ErrorKind, State, Value};

use super::super::{Moment, random as number, scale};

/// The name of the draws among the variables. No template can write a name with a space.
pub(super) const NAME: &str = "the draws";

/// What is drawn for one event.
#[derive(Debug)]
pub(super) struct Draws {
    seed: u64,
    n: u64,
    /// The number of the next call.
    call: AtomicU64,
}

impl Object for Draws {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

impl Draws {
    pub(super) fn new(moment: &Moment, call: u64) -> Self {
        Self {
            seed: moment.seed,
            n: moment.n,
            call: AtomicU64::new(call),
        }
    }

    /// How many calls there were.
    pub(super) fn calls(&self) -> u64 {
        self.call.load(Ordering::Relaxed)
    }
}

/// A number for the next call of this event.
///
/// # Errors
/// There is no event: nothing can be drawn in a condition.
pub(super) fn next(state: &State<'_, '_>) -> Result<u64, Error> {
    let draws = state.lookup(NAME);
    let draws = draws.as_ref().and_then(Value::downcast_object_ref::<Draws>);
    let Some(draws) = draws else {
        return Err(bad("nothing can be drawn here"));
    };
    let call = draws.call.fetch_add(1, Ordering::Relaxed);
    Ok(number(draws.seed, draws.n, call))
}

/// `random(1, 6)`: a whole number from the one to the other, both included.
pub(super) fn random(state: &State<'_, '_>, least: i64, most: i64) -> Result<i64, Error> {
    if least > most {
        return Err(bad(
            "random needs the smaller number first, as in random(1, 6)",
        ));
    }
    let more = scale(next(state)?, u128::from(most.abs_diff(least)) + 1);
    Ok(least.saturating_add_unsigned(more))
}

/// `pick("a", "b")` or `pick(list)`: one of these.
pub(super) fn pick(state: &State<'_, '_>, choices: Rest<Value>) -> Result<Value, Error> {
    let list = match &**choices {
        [list] if list.as_str().is_none() => list.try_iter().ok(),
        _ => None,
    };
    let choices: Vec<Value> = match list {
        // A list that somebody else made may be longer than there is time for.
        Some(list) => {
            let most = state.fuel_levels().map_or(0, |(_, left)| left);
            list.take(usize::try_from(most).unwrap_or(0)).collect()
        }
        None => choices.to_vec(),
    };
    state.consume_fuel(choices.len() as u64)?;
    let place = scale(next(state)?, choices.len() as u128);
    match choices.get(usize::try_from(place).unwrap_or(0)) {
        Some(choice) => Ok(choice.clone()),
        None => Err(bad(
            "pick has nothing to choose from: write it as pick(\"a\", \"b\")",
        )),
    }
}

pub(super) fn bad(sentence: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, sentence.into())
}
