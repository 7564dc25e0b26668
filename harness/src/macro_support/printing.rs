//! `print!` and similar macros for tests: their text belongs to the test immediately.
//!
//! The standard library keeps an unfinished line of `print!` in one buffer that all threads share, and the thread that completes the line
//! writes all of it. So a part of one test's line could be captured under the name of another test.

use std::fmt::Arguments;

use crate::os::capture;

/// Writes the text of [`print!`](crate::print).
pub fn print(text: Arguments<'_>) {
    capture::print(text);
}

/// Writes the text of [`eprint!`](crate::eprint).
pub fn eprint(text: Arguments<'_>) {
    capture::eprint(text);
}

/// Like `std::print!`, but text without a line break is also captured under the test that this thread works for.
///
/// The standard library keeps an unfinished line in a buffer that all threads share, so the line could be captured under the name of a test
/// that runs at the same time. This macro bypasses that buffer. Each call is written in one piece, even if several threads of a test print
/// at the same time. To keep the order, it first flushes that buffer, including the text of other threads that use `std::print!`; so use
/// only one of the two macros throughout a suite. Outside of a test, with `--nocapture`, and on systems without capture, this is
/// `std::print!`.
///
/// To replace the macros of the standard library in one module, write `use swimlanes::{dbg, eprint, eprintln, print, println};`. To replace
/// them in the whole crate, write at its root:
///
/// ```
/// #[macro_use(dbg, eprint, eprintln, print, println)]
/// extern crate swimlanes;
///
/// mod inner {
///     pub fn greet() {
///         print!("hello, ");
///         println!("world");
///     }
/// }
/// # fn main() { inner::greet() }
/// ```
///
/// In a test:
///
/// ```
/// use swimlanes::{print, println};
///
/// #[swimlanes::test]
/// fn counts() {
///     for n in 1..=3 {
///         print!("{n} ");
///     }
///     println!("and so on");
/// }
/// # fn main() { counts() }
/// ```
#[macro_export]
macro_rules! print {
    ($($text:tt)*) => {
        $crate::__private::print(::std::format_args!($($text)*))
    };
}

/// Like `std::println!`, but bypasses the buffer of the standard library; see [`print!`](crate::print).
///
/// ```
/// use swimlanes::println;
///
/// let name = "Ada";
/// println!("hello, {name}: {} and {}", 1, 2);
/// println!();
/// ```
#[macro_export]
macro_rules! println {
    () => {
        $crate::__private::print(::std::format_args!("\n"))
    };
    ($($text:tt)*) => {
        $crate::__private::print(::std::format_args!("{}\n", ::std::format_args!($($text)*)))
    };
}

/// Like `std::eprint!`, but captured under the test that this thread works for, and written in one piece; see [`print!`](crate::print).
///
/// ```
/// swimlanes::eprint!("{}% ", 50);
/// swimlanes::eprintln!("done");
/// ```
#[macro_export]
macro_rules! eprint {
    ($($text:tt)*) => {
        $crate::__private::eprint(::std::format_args!($($text)*))
    };
}

/// Like `std::eprintln!`, but captured under the test that this thread works for, and written in one piece; see [`print!`](crate::print).
///
/// ```
/// swimlanes::eprintln!("warning: {:?}", Some("nothing"));
/// swimlanes::eprintln!();
/// ```
#[macro_export]
macro_rules! eprintln {
    () => {
        $crate::__private::eprint(::std::format_args!("\n"))
    };
    ($($text:tt)*) => {
        $crate::__private::eprint(::std::format_args!("{}\n", ::std::format_args!($($text)*)))
    };
}

/// Like `std::dbg!`: prints the position, the expression and its value with [`eprintln!`](crate::eprintln), and returns the value.
///
/// ```
/// let doubled = swimlanes::dbg!(21 * 2);
/// assert_eq!(doubled, 42);
/// let (text, number) = swimlanes::dbg!("a".to_owned(), 7);
/// assert_eq!((text.as_str(), number), ("a", 7));
/// ```
#[macro_export]
macro_rules! dbg {
    () => {
        $crate::eprintln!("[{}:{}:{}]", ::std::file!(), ::std::line!(), ::std::column!())
    };
    ($value:expr $(,)?) => {
        // A `match`, so that temporaries in the expression live until the end of the statement.
        match $value {
            value => {
                $crate::eprintln!(
                    "[{}:{}:{}] {} = {:#?}",
                    ::std::file!(), ::std::line!(), ::std::column!(), ::std::stringify!($value), &value
                );
                value
            }
        }
    };
    ($($value:expr),+ $(,)?) => {
        ($($crate::dbg!($value)),+,)
    };
}
