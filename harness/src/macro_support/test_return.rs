//! What the value that a test returns means. A `Result` is told with its error, everything else by its exit code.
//!
//! Which of the two it is, method resolution decides: `OfResult` is found first, on the value itself, `OfTermination`
//! on a reference to it.

use std::cell::Cell;
use std::fmt::Debug;
use std::process::{ExitCode, Termination};

use crate::model::outcome::Returned;

/// What a test returned, and what it means by its exit code.
pub struct Value<T> {
    value: Cell<Option<T>>,
    by_exit_code: fn(T) -> Returned,
}

impl<T: Termination> Value<T> {
    /// Wraps it up for `returned()`. The bound is here alone, so that a type that is no such thing is complained of once.
    pub fn new(value: T) -> Self {
        Self { value: Cell::new(Some(value)), by_exit_code: by_exit_code::<T> }
    }
}

impl<T> Value<T> {
    fn take(&self) -> T {
        self.value.take().expect("the expansion asks once")
    }
}

/// For `Result`.
pub trait OfResult {
    /// What it means.
    fn returned(&self) -> Returned;
}

impl<T: Termination, E: Debug> OfResult for Value<Result<T, E>> {
    fn returned(&self) -> Returned {
        match self.take() {
            Ok(value) => by_exit_code(value),
            Err(error) => {
                let message = format!("Error: {error:?}");
                // As the standard library does for `main`, and libtest for its tests.
                eprintln!("{message}");
                Returned::Failed(message)
            }
        }
    }
}

/// For everything else that `main` could return.
pub trait OfTermination {
    /// What it means.
    fn returned(&self) -> Returned;
}

impl<T> OfTermination for &Value<T> {
    fn returned(&self) -> Returned {
        (self.by_exit_code)(self.take())
    }
}

fn by_exit_code<T: Termination>(value: T) -> Returned {
    let code = value.report();
    if code == ExitCode::SUCCESS {
        return Returned::Passed;
    }
    // The standard library does not say its number, but it can be compared.
    let number = (1..=u8::MAX).find(|&number| code == ExitCode::from(number));
    let number = number.map_or("?".to_owned(), |number| number.to_string());
    let message = format!(
        "the test returned a termination value with a non-zero status code ({number}) which indicates a failure"
    );
    Returned::FailedByCode(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_told_by_what_it_is() {
        assert_eq!((&Value::new(())).returned(), Returned::Passed);
        assert_eq!(Value::new(Ok::<(), String>(())).returned(), Returned::Passed);
        assert_eq!(Value::new(Err::<(), _>("down")).returned(), Returned::Failed("Error: \"down\"".to_owned()));
        assert_eq!((&Value::new(ExitCode::SUCCESS)).returned(), Returned::Passed);
        let Returned::FailedByCode(message) = (&Value::new(ExitCode::from(7))).returned() else {
            panic!("7 is no success")
        };
        assert!(message.contains("code (7)"), "{message}");
        let nested = Value::new(Ok::<_, String>(ExitCode::FAILURE)).returned();
        assert_ne!(nested, Returned::Passed);
    }
}
