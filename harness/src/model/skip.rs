//! How a body says that it should not count.

use std::cell::Cell;

/// The payload that unwinds out of a body which called `skip!`.
pub(crate) struct Skip {
    pub(crate) reason: String,
}

/// Ends the test it is called in, as skipped: it counts as ignored, and the reason is printed.
///
/// cargo-nextest knows no such ending: there the test counts as passed, and the reason stands in its output.
///
/// Works anywhere in a test, in what it calls, and in a fixture; not on a thread that the test starts. Takes what
/// `format!` takes.
///
/// ```
/// use swimlanes::prelude::*;
///
/// #[swimlanes::test]
/// fn reads_the_serial_port() {
///     let path = "/dev/ttyUSB0";
///     if !std::path::Path::new(path).exists() {
///         swimlanes::skip!("there is no {path} here");
///     }
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! skip {
    ($($why:tt)+) => {
        $crate::__private::skip(::std::format!($($why)+))
    };
}

thread_local! {
    static IS_ON_ITS_WAY: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread unwinds because somebody skips the test.
pub(crate) fn is_unwinding() -> bool {
    IS_ON_ITS_WAY.get()
}

/// It has come to who runs the test.
pub(crate) fn was_caught() {
    IS_ON_ITS_WAY.set(false);
}

/// Unwinds out of the body; no panic hook is called.
pub fn skip(reason: String) -> ! {
    IS_ON_ITS_WAY.set(true);
    std::panic::resume_unwind(Box::new(Skip { reason }))
}
