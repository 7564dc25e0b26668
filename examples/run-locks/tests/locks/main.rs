//! The locks and the controllers of runs, on a real Redis: the older forms show their faults, and the fixed form has none.
//!
//! Tags: `mended` tests check the guarantees of the fixed form; `broken` tests show the faults of the older forms; tests without a form
//! have neither. `integration` tests need Redis; `slow` tests start programs, or run a scenario twenty times.

mod controllers;
mod fixtures;
mod requests;
mod scenarios;
mod sides;
mod trigger;

swimlanes::main!();
