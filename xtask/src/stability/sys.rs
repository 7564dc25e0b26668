//! System-specific code: process groups, signals, the size of the terminal. The files have the same functions with the same types.

mod stop_signal;

pub(super) use stop_signal::StopSignal;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(super) use unix::{ProcessGroup, signal_of, terminal_width};

#[cfg(not(unix))]
mod unsupported;
#[cfg(not(unix))]
pub(super) use unsupported::{ProcessGroup, signal_of, terminal_width};
