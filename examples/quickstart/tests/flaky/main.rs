//! Flaky on purpose: one deliberate mistake of each kind, for `cargo xtask stability` to find. A comment explains each mistake; `stable.rs`
//! contains correct versions of the same tests.
//!
//! The failure rates in 60 runs with `--shuffle` on two cores, in a debug build; in brackets, other ways to show the mistake:
//!
//! | kind | test | 1 worker | 2 workers | 4 workers |
//! |---|---|--:|--:|--:|
//! | broken | `broken_order` | 100 % | 100 % | 100 % |
//! | intrinsic | `intrinsic_first_item` | 42 % | 50 % | 43 % |
//! | victim | `victim_sells_tea` (each time in listed order, never in reverse) | 57 % | 58 % | 48 % |
//! | brittle | `brittle_prints_a_price` (each time alone, or in reverse) | 47 % | 50 % | 42 % |
//! | worker-bound | `worker_bound_expects` | 57 % | 23 % | 15 % |
//! | not idempotent | `not_idempotent_opens` (each time with `--repeat 2`) | 0 | 0 | 0 |
//! | parallel, in process | `race_for_the_tickets`, two | 0 | 17–20 % | 38 % |
//! | parallel, system-wide | `fixed_port`, two | 0 | 8–25 % | 37–47 % |
//! | parallel, system-wide | `fixed_file`, two | 0 | 12 % | 40–42 % |
//! | load | `load_of_a_book` | 2 % | 20 % | 35 % |
//! | stable | `stable_…`, and the tests that change the state: `polluter_…`, `setter_…` | 0 | 0 | 0 |

mod alone;
mod order;
mod overlap;
mod stable;

swimlanes::main!();

/// The result of the tests, in which `?` converts all errors.
type TestResult = Result<(), Box<dyn std::error::Error + Send + Sync>>;
