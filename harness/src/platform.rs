//! The only place that touches the outside: environment, clock, files, processes, signals, the streams.

pub(crate) mod base;
pub(crate) mod capture;
pub(crate) mod clock;
pub(crate) mod env;
pub(crate) mod exits;
pub(crate) mod holder;
pub(crate) mod lock;
pub(crate) mod machine;
pub(crate) mod panics;
pub(crate) mod registry;
pub(crate) mod signals;
pub(crate) mod stdout;
pub(crate) mod sys;
