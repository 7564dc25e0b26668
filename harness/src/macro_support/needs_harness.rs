//! Fails a target in which libtest runs, and not swimlanes.

/// Called by libtest, once for each test of swimlanes that nothing would run.
///
/// # Panics
///
/// Always; the message says what to change.
pub fn needs_harness_false() {
    panic!(
        "this target has tests of swimlanes, and does not run them: in Cargo.toml, set `harness = false` for the target, and end its root \
         file with `swimlanes::main!();`"
    );
}
