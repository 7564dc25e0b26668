//! Clients that record sessions at the same time, in the form that is broken and in those that are mended: the same bodies, the same
//! pressure. The broken form must be caught, the others must pass.
//!
//! | what | look into |
//! |---|---|
//! | clients that record the same session | `record.rs` |
//! | clients that link sessions to one experiment, or the same session | `link.rs` |
//! | the rollout script, with threads and with tasks | `rollout.rs` |
//! | a run of that script that failed halfway, and the next one | `second_run.rs` |
//! | for how long a client tries, and with which errors it does not try again | `tries.rs` |
//! | many clients and many sessions at once, and nobody chooses | `stress.rs` |
//! | the write semaphore alone | `gate.rs` |
//! | the stand-alone program | `program.rs` |
//! | databases with and without the key, clients, what must hold | `fixtures.rs` |

mod fixtures;
mod gate;
mod link;
mod program;
mod record;
mod rollout;
mod second_run;
mod stress;
mod tries;

swimlanes::main!();
