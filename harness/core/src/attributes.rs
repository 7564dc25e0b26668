//! The attributes of a test as values: the macros parse them, the library acts on them. Values that contain names are not here, as the
//! macros need their tokens.
//!
//! ```
//! use std::num::NonZeroU32;
//! use swimlanes_core::attributes::{Access, Pace};
//!
//! // `shared_resource("licence", n = 2)` is not the same as `shared_resource("licence")`.
//! let two = Access::Units(NonZeroU32::new(2).expect("it is not zero"));
//! assert_ne!(two, Access::Exclusive);
//! // Without `slow` and `takes`, the duration is unknown.
//! assert_eq!(Pace::default(), Pace::Unknown);
//! ```

use std::num::NonZeroU32;
use std::time::Duration;

/// How much of a lock a test uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// No other test holds it at the same time.
    Exclusive,
    /// Other tests with shared access may hold it at the same time.
    Shared,
    /// A number of units of a counted resource, all or nothing.
    Units(NonZeroU32),
}

/// The set of names that a lock belongs to. The same name in two namespaces is two locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "events", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum LockNamespace {
    /// `serial = "key"`, and serial_test's `#[serial(key)]` and `#[parallel(key)]`.
    Serial,
    /// `shared_resource = "name"`.
    Resource,
    /// serial_test's `#[file_serial(key)]` and `#[file_parallel(key)]`.
    File,
    /// `group = "name"`, where the tests of a group are several processes.
    Group,
}

/// The expected duration of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    /// Unknown.
    #[default]
    Unknown,
    /// `slow`: longer than most tests; it starts early.
    Slow,
    /// `takes = "300ms"`: about this long.
    Takes(Duration),
}
