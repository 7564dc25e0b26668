//! A case: a test function, and what is known of it before it runs.

use std::fmt;
use std::time::Duration;

pub use swimlanes_core::attributes::Pace;
use swimlanes_core::backoff::{Backoff, RetryOn};

use crate::fixture::context::FixtureContext;
use crate::model::error::FixtureError;
use crate::model::hash::fnv;
use crate::model::location::Location;
use crate::model::outcome::TestReturn;
use crate::model::tags::Constraint;
use crate::model::test_name;

/// The result of a body that ran to its end. `Err`: a fixture failed.
pub type Ran = Result<TestReturn, FixtureError>;

/// The code of a case: it takes its parameters from the context, and calls the user's function.
#[derive(Clone, Copy)]
pub enum Body {
    /// Registered by the attribute. A plain pointer: there are many of these, and each pointer in a static is relocated at every start of
    /// the process (1,000 tests: 22,341 relocations; with trait objects 27,450).
    Function(fn(&mut FixtureContext<'_>) -> Ran),
    /// The same for a function without parameters. Its parameters need not be listed, which would cost time at each start of the process.
    Alone(fn(&mut FixtureContext<'_>) -> Ran),
    /// Made at run time.
    Made(&'static (dyn Fn(&mut FixtureContext<'_>) -> Ran + Send + Sync)),
}

impl Body {
    /// Runs it.
    pub(crate) fn run(&self, setup: &mut FixtureContext<'_>) -> Ran {
        match self {
            Self::Function(function) | Self::Alone(function) => function(setup),
            Self::Made(made) => made(setup),
        }
    }
}

/// Whether a case must panic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShouldPanic {
    /// A panic is a failure.
    No,
    /// Any panic passes.
    Yes,
    /// The message of the panic must contain this text.
    With(&'static str),
}

/// Whether a case is ignored by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignore {
    /// It runs.
    No,
    /// `#[ignore]`
    Yes,
    /// `#[ignore = "why"]`
    Because(&'static str),
}

/// The arguments of a test's attribute.
#[derive(Clone, Copy)]
pub struct Attributes {
    /// The locks that it needs before it starts.
    pub needs: &'static [Constraint],
    /// The group it belongs to.
    pub group: Option<&'static str>,
    /// Its free labels.
    pub labels: &'static [&'static str],
    /// Whether it is ignored by default.
    pub ignore: Ignore,
    /// Whether it must panic.
    pub should_panic: ShouldPanic,
    /// The timeout of its body; `None`: that of the run.
    pub timeout: Option<Duration>,
    /// The number of retries; `None`: that of the run.
    pub retries: Option<u32>,
    /// The delay before a retry; `None`: that of the run.
    pub backoff: Option<Backoff>,
    /// Where it is retried; `None`: as the run says.
    pub retry_on: Option<RetryOn>,
    /// What is known of its duration.
    pub pace: Pace,
    /// Whether each attempt runs in its own process.
    pub own_process: bool,
    /// Whether each attempt runs on its own thread.
    pub fresh_thread: bool,
    /// How many segments at the end of the name identify the case of a function with cases.
    pub n_parts: u8,
}

static PLAIN: Attributes = Attributes::NONE;

impl Attributes {
    /// No arguments.
    pub const NONE: Self = Self {
        needs: &[],
        group: None,
        labels: &[],
        ignore: Ignore::No,
        should_panic: ShouldPanic::No,
        timeout: None,
        retries: None,
        backoff: None,
        retry_on: None,
        pace: Pace::Unknown,
        own_process: false,
        fresh_thread: false,
        n_parts: 0,
    };
}

/// A test function, and what is known of it. Registered by `#[swimlanes::test]`; it lives as long as the process.
///
/// It is small, since every start of the process pays for each page of these (1,000 plain tests: 213 page faults in all, with the
/// attributes inline 241).
#[derive(Clone, Copy)]
pub struct Case {
    /// Without the crate; computed at compile time.
    name: &'static str,
    /// The position of the function's name.
    pub location: Location,
    /// The code of the case.
    pub body: Body,
    /// The arguments of its attribute, if it has any; [`Body`] says why this is no pointer to an empty value.
    attributes: Option<&'static Attributes>,
    /// The hash of the name. Each start under nextest looks for one test: among 800 cases of a debug build with 63,000 instructions, by the
    /// name alone with 112,000 (callgrind).
    hash: u64,
}

/// The cases of a function with several cases, at least one, in the order of the source.
///
/// Several cases can have the same line and column, so their index in this list defines their order.
pub struct Cases(pub &'static [Case]);

impl Case {
    /// A case without arguments. `path` begins with the crate; a case made at run time has none: `::name`.
    #[must_use]
    pub const fn new(path: &'static str, location: Location, body: Body) -> Self {
        let name = test_name::after_crate(path);
        Self { name, location, body, attributes: None, hash: fnv(name.as_bytes()) }
    }

    /// This case with these attributes.
    #[must_use]
    pub const fn with(self, attributes: &'static Attributes) -> Self {
        Self { attributes: Some(attributes), ..self }
    }

    /// The arguments of its attribute.
    pub(crate) fn attributes(&self) -> &'static Attributes {
        self.attributes.unwrap_or(&PLAIN)
    }

    /// Whether it is ignored by default.
    pub(crate) fn is_ignored(&self) -> bool {
        self.attributes().ignore != Ignore::No
    }

    /// Whether it is in a [`Cases`].
    pub(crate) fn is_one_of_several(&self) -> bool {
        self.attributes().n_parts > 0
    }

    /// The name as libtest writes it: `module::function`, without the crate.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// The module, and the name in it: `a::b` and `adds`, or `a::b` and `adds::small`.
    pub(crate) fn in_module(&self) -> (&'static str, &'static str) {
        test_name::in_module(self.name, self.attributes().n_parts)
    }

    /// The function, if it has several cases: `a::b::adds`.
    pub(crate) fn function(&self) -> Option<&'static str> {
        test_name::from_function(self.name, self.attributes().n_parts)
    }

    /// The [`fnv`] hash of the name.
    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    /// Whether the case has this name; `hash` is its [`fnv`] hash.
    pub(crate) fn is_named(&self, name: &str, hash: u64) -> bool {
        self.hash == hash && self.name == name
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("name", &self.name).field("location", &self.location).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &'static str, name: &str) {
        let location = Location { file: "x.rs", line: 1, column: 1 };
        let case = Case::new(path, location, Body::Function(|_| Ok(TestReturn::Passed)));
        assert_eq!(case.name(), name);
        assert!(case.is_named(name, fnv(name.as_bytes())));
        for other in [&name[1..], &format!("{name}x")] {
            assert!(!case.is_named(other, fnv(other.as_bytes())));
            assert!(!case.is_named(other, fnv(name.as_bytes())));
        }
    }

    #[test]
    fn name_is_the_path_without_the_crate() {
        check("api::adds", "adds");
        check("api::a::adds", "a::adds");
        check("api::a::b::adds", "a::b::adds");
        check("::file: a::b.sql", "file: a::b.sql");
    }

    #[test]
    fn a_case_is_small() {
        assert!(size_of::<Case>() <= 10 * size_of::<usize>());
    }
}
