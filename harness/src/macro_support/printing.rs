//! `print!` and its kin, for tests: what they write goes to the test at once.
//!
//! The standard library keeps what `print!` writes without a line break in one buffer that all threads share, and whoever
//! ends the line writes it out. So a piece of one test's line can come out under another test's name.

use std::fmt::Arguments;

use crate::os::capture;

/// What [`print!`](crate::print) writes.
pub fn print(text: Arguments<'_>) {
    capture::print(text);
}

/// What [`eprint!`](crate::eprint) writes.
pub fn eprint(text: Arguments<'_>) {
    capture::eprint(text);
}

/// As `std::print!`, but the text goes straight to the test that this thread works for, also without a line break.
///
/// The standard library keeps an unfinished line in a buffer that all threads share, so that it can come out under the name of a
/// test that runs at the same time. This macro writes past that buffer. Several threads of one test can print at once: each
/// call is written in one piece. What this thread gave `std::print!` before, and others that print like that, is written out first,
/// so that the order is kept; use one or the other throughout a suite. Outside of a test, with `--nocapture`, and on
/// systems where nothing is captured, this is `std::print!`.
///
/// `use swimlanes::{dbg, eprint, eprintln, print, println};` takes these macros in place of the standard library's in one
/// module. For a whole crate, at its root:
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

/// As `std::println!`, but past the standard library's buffer; why, says [`print!`](crate::print).
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

/// As `std::eprint!`, but straight to the test that this thread works for, and in one piece; see [`print!`](crate::print).
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

/// As `std::eprintln!`, but straight to the test that this thread works for, and in one piece; see [`print!`](crate::print).
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

/// As `std::dbg!`: writes the place, the expression and its value with [`eprintln!`](crate::eprintln), and answers the value.
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
        // A `match`, so that what the expression borrows for a moment lives as long as the whole statement.
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
