//! The expected result of each fault, and the isolations in which it runs.
//!
//! A row runs in an isolation if its list contains the word of that isolation. Only such combinations are tests:
//! `faults::table::aborts::test` runs with `--isolation test`.

use crate::suite::faults::check;

/// Where test bodies run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    None,
    Thread,
    Process,
    Test,
}

impl Mode {
    pub(super) fn flags(self) -> &'static [&'static str] {
        match self {
            Self::None => &["--isolation", "none"],
            Self::Thread => &["--isolation", "thread"],
            Self::Process => &["--isolation", "process"],
            Self::Test => &["--isolation", "test"],
        }
    }
}

/// The expected result of a test.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expected {
    Pass,
    Fail {
        kind: &'static str,
        /// A part of the message.
        message: &'static str,
    },
    /// No process of the run remains to report a result, and all have ended after two seconds.
    Killed,
}

/// A fault, and its expected result in each isolation in which it runs.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) expected: Expected,
}

impl Row {
    /// Its test.
    pub(super) fn test(&self) -> String {
        format!("fault::{}", self.name)
    }

    /// The number of its workers.
    pub(super) fn workers(&self, mode: Mode) -> &'static str {
        match (self.name, mode) {
            // Threads share their descriptors: a concurrent test would have none left either, or open a file as its stdout.
            ("runs_out_of_descriptors" | "closes_its_output", Mode::None | Mode::Thread) => "1",
            // All tests share the disk: a concurrent test would have no room either.
            _ if self.is_on_a_small_disk() => "1",
            _ => "2",
        }
    }

    /// Whether its run has a private disk of 64 KiB.
    pub(super) fn is_on_a_small_disk(&self) -> bool {
        matches!(self.name, "fills_the_disk" | "fills_the_disk_for_good")
    }

    /// The expected result of a test without a fault. The directory of a worker outlives its processes, and with it the file that fills the
    /// disk.
    pub(super) fn of_innocent(&self, name: &str) -> &'static str {
        let writes_files = ["t11", "t12", "t13", "t14", "t15", "t16"].iter().any(|test| name.ends_with(test));
        let has_no_room = self.name == "fills_the_disk_for_good";
        if has_no_room && writes_files { "fail, panic: No space left on device" } else { "pass" }
    }

    /// The expected part of a message, if the message contains it.
    pub(super) fn shortened<'a>(&self, message: &'a str) -> &'a str {
        match self.expected {
            Expected::Fail { message: part, .. } if message.contains(part) => part,
            Expected::Fail { .. } | Expected::Pass | Expected::Killed => message,
        }
    }
}

const fn fails(kind: &'static str, message: &'static str) -> Expected {
    Expected::Fail { kind, message }
}

const PASSES: Expected = Expected::Pass;

/// The rows, and a test for each isolation in which a row runs, with the attributes of the row.
macro_rules! rows {
    ($($(#[$attribute:meta])* $name:ident: $expected:expr, in $modes:tt;)*) => {
        pub(super) const ROWS: &[Row] = &[$(Row { name: stringify!($name), expected: $expected }),*];

        $(rows!(@row [$(#[$attribute])*] $name, $modes);)*
    };
    (@row $attributes:tt $name:ident, [$($mode:ident)*]) => {
        mod $name {
            $(rows!(@test $attributes $name, $mode);)*
        }
    };
    (@test $attributes:tt $name:ident, none) => { rows!(@test $attributes $name, none, None); };
    (@test $attributes:tt $name:ident, thread) => { rows!(@test $attributes $name, thread, Thread); };
    (@test $attributes:tt $name:ident, process) => { rows!(@test $attributes $name, process, Process); };
    (@test $attributes:tt $name:ident, test) => { rows!(@test $attributes $name, test, Test); };
    (@test [$(#[$attribute:meta])*] $name:ident, $mode:ident, $variant:ident) => {
        $(#[$attribute])*
        #[crate::test]
        fn $mode() {
            super::check(super::row(stringify!($name)), super::Mode::$variant);
        }
    };
}

fn row(name: &str) -> &'static Row {
    ROWS.iter().find(|row| row.name == name).expect("each test is made of a row")
}

const TIMEOUT: &str = "ran longer than its timeout of 300ms";

rows! {
    // Panics: the thread catches them.
    panics_with_a_str: fails("panic", "a text of the program"), in [none thread process test];
    panics_with_a_string: fails("panic", "a text that was made"), in [none thread process test];
    panics_with_a_payload_of_its_own: fails("panic", "Box<dyn Any>"), in [none thread process test];
    panics_in_drop: fails("panic", "in drop"), in [none thread process test];
    panics_in_a_thread_it_joins: fails("panic", "the thread ends well: Any"), in [none thread process test];
    panics_in_a_thread_without_join: PASSES, in [none thread process test];
    has_a_fixture_that_panics_in_set_up: fails("fixture", "a fixture panicked: in set-up"), in [none thread process test];
    has_a_fixture_that_panics_in_drop: fails("panic", "in drop"), in [none thread process test];

    // Too long: without an isolating process, the thread stays until the end of the run.
    loops_for_ever: fails("timed_out", TIMEOUT), in [none thread process test];
    loops_for_ever_and_ignores_sigterm: fails("timed_out", TIMEOUT), in [none thread process test];
    locks_a_mutex_twice: fails("timed_out", TIMEOUT), in [none thread process test];
    sleeps_past_its_limit: fails("timed_out", TIMEOUT), in [none thread process test];

    // Output.
    writes_fifty_megabytes: PASSES, in [none thread process test];
    writes_without_a_line_break: PASSES, in [none thread process test];
    writes_what_is_not_text: PASSES, in [none thread process test];
    leaves_a_thread_that_prints: PASSES, in [none thread process test];

    // State that all tests of a process share.
    changes_the_directory: PASSES, in [none thread process test];
    changes_the_environment: PASSES, in [none thread process test];
    changes_the_umask: PASSES, in [none thread process test];
    changes_the_panic_hook: fails("panic", "the hook hides it"), in [none thread process test];
    runs_out_of_descriptors: fails("panic", "Too many open files"), in [none thread process test];
    #[cfg_attr(not(can_mount), ignore = "no file system can be mounted here")]
    fills_the_disk: fails("panic", "No space left on device"), in [none thread process test];
    #[cfg_attr(not(can_mount), ignore = "no file system can be mounted here")]
    fills_the_disk_for_good: fails("panic", "No space left on device"), in [none thread process test];

    // These need an isolating process: each ends its process or damages the process's resources. Never in `none`.
    exits_with_0: fails("exit", "`exit(0)`"), in [thread process test];
    exits_with_1: fails("exit", "`exit(1)`"), in [thread process test];
    aborts: fails("crash", "SIGABRT"), in [thread process test];
    panics_while_it_panics: fails("crash", "SIGABRT"), in [thread process test];
    overflows_the_stack: fails("crash", "its stack overflowed"), in [thread process test];
    runs_out_of_memory: fails("crash", "SIGABRT"), in [thread process test];
    reads_at_null: fails("crash", "SIGSEGV"), in [thread process test];
    kills_itself: fails("crash", "SIGKILL"), in [thread process test];
    is_killed_by_another_process: fails("crash", "SIGKILL"), in [thread process test];
    kills_the_first_process_of_the_run: Expected::Killed, in [thread process test];
    closes_its_output: PASSES, in [thread process test];
    leaves_a_child_that_holds_stdout: PASSES, in [thread process test];
}
