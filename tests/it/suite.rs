//! The integration tests: fixture suites, run from outside as a user would run them.

mod fixture;
mod scrub;
mod trace;

#[cfg(target_os = "linux")]
mod base;
mod capture;
#[cfg(target_os = "linux")]
mod carried;
mod cases;
mod command_line;
mod compile;
#[cfg(target_os = "linux")]
mod copies;
mod dropped;
#[cfg(feature = "duckdb")]
mod duckdb;
mod endings;
mod events;
mod exact;
mod faults;
mod functions;
mod generics;
mod given_server;
mod guide;
mod hangs;
mod isolation;
mod lanes;
mod leaks;
mod long_runs;
mod made;
mod migrated;
mod nextest;
mod oracle;
mod order;
mod rerun_command;
mod retries;
#[cfg(target_os = "linux")]
mod services;
mod signals;
mod spent;
mod stops;
mod tags;
mod test_times;
mod tried_again;
mod twin;
mod ui;
#[cfg(target_os = "linux")]
mod wait;
mod wrong_setup;
