//! A case: a test function and what is known of it before it runs.

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

/// How a body that was run to its end went. `Err`: a fixture failed.
pub type Ran = Result<TestReturn, FixtureError>;

/// What a case does: takes its parameters from the setup and runs the user's function.
#[derive(Clone, Copy)]
pub enum Body {
    /// Written down by the attribute. A plain pointer: there are many of these, and each pointer in a static is
    /// relocated at every start of the process (1,000 tests: 22,341 relocations; with trait objects 27,450).
    Function(fn(&mut FixtureContext<'_>) -> Ran),
    /// As that, of a function without parameters. Nobody needs to ask what it takes, which each start of the process would pay for.
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

/// Whether a case has to panic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShouldPanic {
    /// A panic is a failure.
    No,
    /// Any panic will do.
    Yes,
    /// The message of the panic must contain this.
    With(&'static str),
}

/// Whether a case is left out unless it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignore {
    /// It runs.
    No,
    /// `#[ignore]`
    Yes,
    /// `#[ignore = "why"]`
    Because(&'static str),
}

/// What a test's attribute says beyond "this is a test".
#[derive(Clone, Copy)]
pub struct Attributes {
    /// What it must have before it starts.
    pub needs: &'static [Constraint],
    /// The group it belongs to.
    pub group: Option<&'static str>,
    /// Its free labels.
    pub labels: &'static [&'static str],
    /// Whether it is left out unless it is asked for.
    pub ignore: Ignore,
    /// Whether it has to panic.
    pub should_panic: ShouldPanic,
    /// How long its body may run; `None`: as long as the run allows.
    pub timeout: Option<Duration>,
    /// How often it is tried again after a failure; `None`: as often as the run says.
    pub retries: Option<u32>,
    /// How long it rests before; `None`: as long as the run says.
    pub backoff: Option<Backoff>,
    /// Where it is tried again; `None`: where the run says.
    pub retry_on: Option<RetryOn>,
    /// What is known of how long it takes.
    pub pace: Pace,
    /// Whether each attempt is to have a process of its own.
    pub own_process: bool,
    /// How many parts of the name, the last ones, say which case of its function this is.
    pub n_parts: u8,
}

/// Nothing.
static PLAIN: Attributes = Attributes::NONE;

impl Attributes {
    /// Nothing: the start of every other one.
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
        n_parts: 0,
    };
}

/// A test function and what is known of it. Written by `#[swimlanes::test]`; there is one for the whole life of the
/// process.
///
/// Small, as every start of the process pays for each page of these (1,000 plain tests: 213 page faults in all, with
/// the attributes inside 241).
#[derive(Clone, Copy)]
pub struct Case {
    /// Without the crate; made when the suite is compiled.
    name: &'static str,
    /// Where the function's name stands.
    pub location: Location,
    /// What runs.
    pub body: Body,
    /// What else its attribute says, if it says anything; see [`Body`] for why no pointer to nothing.
    attributes: Option<&'static Attributes>,
    /// The hash of the name. Each start under nextest looks for one: among 800 cases of a debug build with 63,000 instructions,
    /// by the name alone with 112,000 (callgrind).
    hash: u64,
}

/// The cases of one function that has several, at least one, as they are written.
///
/// Where they stand in the source does not say their order, as many can stand in one line and column; their place in here does.
pub struct Cases(pub &'static [Case]);

impl Case {
    /// A case whose attribute says nothing else. `path` has the crate first; a case made at run time has none: `::name`.
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

    /// What its attribute says besides.
    pub(crate) fn attributes(&self) -> &'static Attributes {
        self.attributes.unwrap_or(&PLAIN)
    }

    /// Whether it is left out unless it is asked for.
    pub(crate) fn is_ignored(&self) -> bool {
        self.attributes().ignore != Ignore::No
    }

    /// Whether it stands in a [`Cases`].
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

    /// The function of which this is one of several cases: `a::b::adds`.
    pub(crate) fn function(&self) -> Option<&'static str> {
        test_name::from_function(self.name, self.attributes().n_parts)
    }

    /// The [`fnv`] hash of the name.
    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    /// Whether [`Case::name`] is `name`, whose [`fnv`] hash this is.
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
    fn a_name_is_the_path_without_the_crate() {
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
