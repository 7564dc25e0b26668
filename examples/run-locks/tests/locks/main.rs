//! The locks and the controllers of runs, on a real Redis: each form shows its mistakes, and the mended one does not.
//!
//! Tags: `mended` must hold, however often it is run; `broken` shows what is wrong with the older forms; what is of no form has neither.
//! `integration` needs Redis; `slow` starts programs, or runs a scenario twenty times.

mod controllers;
mod fixtures;
mod requests;
mod scenarios;
mod sides;
mod trigger;

swimlanes::main!();
