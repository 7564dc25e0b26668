//! What the value that a test returns means. A `Result` is told with its error, everything else by its exit code.
//!
//! Which of the two it is, method resolution decides: `ResultReturn` is found first, on the value itself, `TerminationReturn`
//! on a reference to it.

use std::cell::Cell;
use std::fmt::Debug;
use std::process::{ExitCode, Termination};

use crate::model::outcome::TestReturn;

/// What a test returned, and what it means by its exit code.
pub struct TestReturnValue<T> {
    value: Cell<Option<T>>,
    by_exit_code: fn(T) -> TestReturn,
}

impl<T: Termination> TestReturnValue<T> {
    /// Wraps it up for `returned()`. The bound is here alone, so that a type that is no such thing is complained of once.
    pub fn new(value: T) -> Self {
        Self { value: Cell::new(Some(value)), by_exit_code: by_exit_code::<T> }
    }
}

impl<T> TestReturnValue<T> {
    fn take(&self) -> T {
        self.value.take().expect("the expansion asks once")
    }
}

/// For `Result`.
pub trait ResultReturn {
    /// What it means.
    fn returned(&self) -> TestReturn;
}

impl<T: Termination, E: Debug> ResultReturn for TestReturnValue<Result<T, E>> {
    fn returned(&self) -> TestReturn {
        match self.take() {
            Ok(value) => by_exit_code(value),
            Err(error) => {
                let message = format!("Error: {error:?}");
                // As the standard library does for `main`, and libtest for its tests.
                eprintln!("{message}");
                TestReturn::Failed(message)
            }
        }
    }
}

/// For everything else that `main` could return.
pub trait TerminationReturn {
    /// What it means.
    fn returned(&self) -> TestReturn;
}

impl<T> TerminationReturn for &TestReturnValue<T> {
    fn returned(&self) -> TestReturn {
        (self.by_exit_code)(self.take())
    }
}

fn by_exit_code<T: Termination>(value: T) -> TestReturn {
    let code = value.report();
    if code == ExitCode::SUCCESS {
        return TestReturn::Passed;
    }
    // The standard library does not say its number, but it can be compared.
    let number = (1..=u8::MAX).find(|&number| code == ExitCode::from(number));
    let number = number.map_or("?".to_owned(), |number| number.to_string());
    let message = format!(
        "the test returned a termination value with a non-zero status code ({number}) which indicates a failure"
    );
    TestReturn::FailedByCode(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_told_by_what_it_is() {
        assert_eq!((&TestReturnValue::new(())).returned(), TestReturn::Passed);
        assert_eq!(TestReturnValue::new(Ok::<(), String>(())).returned(), TestReturn::Passed);
        assert_eq!(
            TestReturnValue::new(Err::<(), _>("down")).returned(),
            TestReturn::Failed("Error: \"down\"".to_owned())
        );
        assert_eq!((&TestReturnValue::new(ExitCode::SUCCESS)).returned(), TestReturn::Passed);
        let TestReturn::FailedByCode(message) = (&TestReturnValue::new(ExitCode::from(7))).returned() else {
            panic!("7 is no success")
        };
        assert!(message.contains("code (7)"), "{message}");
        let nested = TestReturnValue::new(Ok::<_, String>(ExitCode::FAILURE)).returned();
        assert_ne!(nested, TestReturn::Passed);
    }
}
