//! The integration tests: they run fixture suites as processes, as a user does.

#[cfg(target_os = "linux")]
mod abandoned_fixtures;
mod annotations;
mod autouse;
mod bazel;
mod capture;
mod cases;
mod command_line;
#[cfg(target_os = "linux")]
mod cores;
mod coverage;
mod crashing_teardown;
mod current_test;
#[cfg(target_os = "linux")]
mod debugger;
mod dropped_tests;
#[cfg(feature = "duckdb")]
mod duckdb;
mod dynamic_tests;
mod events;
mod exact;
mod external_postgres;
mod faults;
mod fixture_functions;
mod fixture_timing;
#[cfg(target_os = "linux")]
mod forked_attempts;
mod forked_children;
mod fresh_threads;
mod generic_fixtures;
mod group_lanes;
mod guide;
mod hangs;
mod history;
mod isolation;
mod junit;
mod lanes;
mod last_failed;
mod leaks;
mod libtest_parity;
mod lock_waits;
mod migrated;
mod misconfigured;
mod nextest;
mod nextest_config;
mod order;
mod outcomes;
mod polled_streams;
mod rerun_command;
mod retries;
mod retry_attributes;
mod retry_on_process;
mod serial_test_parity;
#[cfg(target_os = "linux")]
mod services;
#[cfg(target_os = "linux")]
mod shared_fixtures;
mod signals;
mod slow_tests;
#[cfg(target_os = "linux")]
mod state_directory;
mod stopped_processes;
#[cfg(target_os = "linux")]
mod stubborn_dirs;
#[cfg(target_os = "linux")]
mod suspended_job;
mod tags;
mod teardown;
mod test_times;
