//! Tests with more keys than lock files stay open, each key in two tests.
#![allow(missing_docs)]

use std::process::ExitCode;

use swimlanes::Tags;

const N_KEYS: u32 = 200;

fn main() -> ExitCode {
    let mut runner = swimlanes::runner();
    for ix in 0..2 * N_KEYS {
        let key = format!("key-{}", ix % N_KEYS);
        runner = runner.test(&format!("t{ix:03}"), Tags::new().serial_key(&key), || ());
    }
    runner.run()
}
