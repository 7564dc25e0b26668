//! Shows the race without any test runner: workers record the same sessions at the same time, and those that failed are counted.
//!
//! The exit code says whether the race was seen: 1 if it was, 0 if not, 2 if the program could not run.

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

/// Has workers record the same sessions at the same time, and says whether they got into each other's way
#[derive(Debug, Parser)]
#[command(after_help = "Exit code: 1 if the race was seen, 0 if not, 2 if the program could not run.")]
struct Args {
    /// How many workers record each session, all at once
    #[arg(long, default_value = "8")]
    workers: NonZeroUsize,
    /// How many sessions there are, one after the other
    #[arg(long, default_value_t = 100)]
    sessions: usize,
    /// How the workers write
    #[arg(long, value_enum, default_value_t = Form::SelectThenInsert)]
    writes: Form,
    /// Leave out the primary key
    #[arg(long)]
    no_key: bool,
    /// How often `on-conflict` tries to insert a session [default: until no other worker is in the way, for 30 s]
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

/// What the workers have met with.
#[derive(Debug, Default)]
struct Seen {
    n_workers: usize,
    n_sessions: usize,
    failed_workers: BTreeSet<usize>,
    /// How often each error came. The session is left out.
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

/// One for each worker. They have a connection to the same database.
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
    /// An error that has nothing to do with other workers is returned.
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
