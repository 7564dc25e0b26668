//! Shows the race without a test runner: workers record the same sessions at the same time, and the failed ones are counted.
//!
//! The exit code is 1 if the race was found, 0 if not, and 2 if the program could not run.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use clap::{Parser, ValueEnum};
use duckdb::Connection;
use session_traces::{Gate, Key, Tracer, Writes, flaws_of_traces, migrate};
use swimlanes_kit::retry::Retry;
use swimlanes_kit::together::run_together;

/// Lets workers record the same sessions at the same time, and reports their conflicts
#[derive(Debug, Parser)]
#[command(after_help = "Exit code: 1 if the race was seen, 0 if not, 2 if the program could not run.")]
struct Args {
    /// The number of workers that record each session at once
    #[arg(long, default_value = "8")]
    workers: NonZeroUsize,
    /// The number of sessions, one after the other
    #[arg(long, default_value_t = 100)]
    sessions: usize,
    /// How the workers write
    #[arg(long, value_enum, default_value_t = Form::SelectThenInsert)]
    writes: Form,
    /// Omit the primary key
    #[arg(long)]
    no_key: bool,
    /// The number of attempts of `on-conflict` to insert a session [default: until there is no conflict, for 30 s]
    #[arg(long)]
    tries: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    SelectThenInsert,
    Gated,
    OnConflict,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(seen) => {
            print!("{seen}");
            ExitCode::from(u8::from(seen.is_race()))
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// The errors of the workers.
#[derive(Debug, Default)]
struct Seen {
    n_workers: usize,
    n_sessions: usize,
    failed_workers: BTreeSet<usize>,
    /// The number of times of each error, without the session.
    errors: BTreeMap<String, usize>,
    recorded_twice: usize,
}

fn run(args: &Args) -> Result<Seen, Box<dyn Error>> {
    if args.no_key && args.writes == Form::OnConflict {
        return Err("on-conflict needs the primary key".into());
    }
    let db = Connection::open_in_memory()?;
    migrate(&db, if args.no_key { Key::Missing } else { Key::Primary })?;
    let tracers = tracers(args, &db)?;
    let mut seen = Seen { n_workers: args.workers.get(), n_sessions: args.sessions, ..Seen::default() };
    for session in (1..=args.sessions).map(|number| format!("session-{number}")) {
        let record = |worker: usize| {
            let mut tracer = tracers[worker].lock().unwrap_or_else(PoisonError::into_inner);
            tracer.record(&session)
        };
        for (worker, recorded) in run_together(args.workers.get(), record).into_iter().enumerate() {
            if let Err(error) = recorded? {
                seen.failed(worker, &session, error)?;
            }
        }
    }
    seen.recorded_twice = flaws_of_traces(&db)?.len();
    Ok(seen)
}

/// A tracer for each worker, with connections to the same database.
fn tracers(args: &Args, db: &Connection) -> duckdb::Result<Vec<Mutex<Tracer>>> {
    let writes = match args.writes {
        Form::SelectThenInsert => Writes::SelectThenInsert,
        Form::Gated => Writes::Gated(Gate::new()),
        Form::OnConflict => Writes::OnConflict,
    };
    let tracer = |worker| {
        let tracer = Tracer::new(format!("worker {worker}"), db.try_clone()?, writes.clone());
        Ok(Mutex::new(match args.tries {
            Some(tries) => tracer.retrying(Retry::new().max_attempts(tries)),
            None => tracer,
        }))
    };
    (0..args.workers.get()).map(tracer).collect()
}

impl Seen {
    /// Returns an error that another worker has not caused.
    fn failed(&mut self, worker: usize, session: &str, error: session_traces::Error) -> Result<(), Box<dyn Error>> {
        if !error.is_race() {
            return Err(error.into());
        }
        self.failed_workers.insert(worker);
        *self.errors.entry(error.cause().to_string().replace(session, "…")).or_default() += 1;
        Ok(())
    }

    fn is_race(&self) -> bool {
        !self.failed_workers.is_empty() || self.recorded_twice > 0
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", if self.is_race() { "the race was seen" } else { "the race was not seen" })?;
        writeln!(f, "workers that failed: {} of {}", self.failed_workers.len(), self.n_workers)?;
        for (error, times) in &self.errors {
            writeln!(f, "{times:5} x  {error}")?;
        }
        writeln!(f, "sessions that are recorded more than once: {} of {}", self.recorded_twice, self.n_sessions)
    }
}
