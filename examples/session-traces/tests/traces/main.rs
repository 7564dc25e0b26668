//! Clients that record sessions at the same time, in the broken form and in the fixed ones: the same bodies, the same pressure. The broken
//! form must fail, the others must pass.
//!
//! | topic | file |
//! |---|---|
//! | clients that record the same session | `record.rs` |
//! | clients that link sessions to one experiment, or the same session | `link.rs` |
//! | the rollout script, with threads and with tasks | `rollout.rs` |
//! | a run of that script that failed halfway, and the next one | `second_run.rs` |
//! | how long a client retries, and which errors are not retryable | `tries.rs` |
//! | many clients and many sessions at once, without chosen interleavings | `stress.rs` |
//! | the write semaphore alone | `gate.rs` |
//! | the stand-alone program | `program.rs` |
//! | databases with and without the key, clients, invariants | `fixtures.rs` |

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
