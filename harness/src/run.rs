//! Doing it: the pool of supervisors, the worker loop, attempts, and the single test under cargo-nextest.

pub(crate) mod attempt;
pub(crate) mod case;
pub(crate) mod closing;
pub(crate) mod gate;
#[cfg(unix)]
pub(crate) mod held;
#[cfg(unix)]
pub(crate) mod host;
pub(crate) mod inspect;
#[cfg(target_os = "linux")]
pub(crate) mod keep;
pub(crate) mod leak_check;
#[cfg(unix)]
pub(crate) mod look;
pub(crate) mod outlet;
#[cfg(unix)]
pub(crate) mod patience;
pub(crate) mod pool;
pub(crate) mod progress;
#[cfg(unix)]
pub(crate) mod remote;
#[cfg(unix)]
pub(crate) mod serve;
pub(crate) mod shared;
pub(crate) mod site;
pub(crate) mod solo;
pub(crate) mod supervisor;
pub(crate) mod watch;
pub(crate) mod worker;
