//! Children that tests fork have the signal handlers of a process without swimlanes.
#![allow(missing_docs)]

#[swimlanes::test(timeout = "30s")]
fn stop_signals_end_a_forked_child() {
    swimlanes_faults::stop_signals_end_a_forked_child();
}

swimlanes::main!();
