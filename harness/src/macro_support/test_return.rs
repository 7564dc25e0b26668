//! The meaning of the value that a test returns. A `Result` is reported with its error, any other value by its exit code.
//!
//! Method resolution chooses between the traits: it finds `ResultReturn` first, on the value itself, and then `TerminationReturn`, on a
//! reference to it.

use std::cell::Cell;
use std::fmt::Debug;
use std::process::{ExitCode, Termination};

use crate::model::outcome::TestReturn;

/// What a test returned, and the function that converts it to an exit code.
pub struct TestReturnValue<T> {
    value: Cell<Option<T>>,
    by_exit_code: fn(T) -> TestReturn,
}

impl<T: Termination> TestReturnValue<T> {
    /// Wraps the value. The bound is only on this function, so that the compiler reports an unsuitable type only once.
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
    /// Converts the result.
    fn returned(&self) -> TestReturn;
}

impl<T: Termination, E: Debug> ResultReturn for TestReturnValue<Result<T, E>> {
    fn returned(&self) -> TestReturn {
        match self.take() {
            Ok(value) => by_exit_code(value),
            Err(error) => {
                let message = format!("Error: {error:?}");
                // The standard library does this for `main`, and libtest for its tests.
                eprintln!("{message}");
                TestReturn::Failed(message)
            }
        }
    }
}

/// For all other types that `main` can return.
pub trait TerminationReturn {
    /// Converts the value.
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
    // The standard library does not reveal the number, but exit codes can be compared.
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
    fn return_value_determines_the_result() {
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
