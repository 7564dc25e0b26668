//! System-specific code: process groups, signals, the size of the terminal. The files have the same functions with the same types.

mod stop_signal;

pub(crate) use stop_signal::StopSignal;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::{ProcessGroup, signal_of, terminal_width};

#[cfg(not(unix))]
mod unsupported;
#[cfg(not(unix))]
pub(crate) use unsupported::{ProcessGroup, signal_of, terminal_width};
