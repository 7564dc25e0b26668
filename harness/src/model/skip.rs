//! How a test skips itself.

use std::cell::Cell;

/// The panic payload of `skip!`.
pub(crate) struct Skip {
    pub(crate) reason: String,
}

/// Ends the test as skipped: it counts as ignored, and the reason is printed.
///
/// **Note:** cargo-nextest does not know tests that skip themselves. There the test counts as passed, and the reason is
/// a part of its output.
///
/// `skip!` works anywhere in a test, in the functions that it calls, and in a fixture, but not on a thread that the
/// test starts. It takes the same arguments as `format!`.
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

/// Whether this thread unwinds because of `skip!`.
pub(crate) fn is_unwinding() -> bool {
    IS_ON_ITS_WAY.get()
}

/// Called when the unwinding has reached the code that runs the test.
pub(crate) fn was_caught() {
    IS_ON_ITS_WAY.set(false);
}

/// Unwinds out of the body without calling the panic hook.
pub fn skip(reason: String) -> ! {
    IS_ON_ITS_WAY.set(true);
    std::panic::resume_unwind(Box::new(Skip { reason }))
}
