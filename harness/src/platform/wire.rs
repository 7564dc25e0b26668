//! How events go from the process of the workers to the one that reports: frames in a pipe.
//!
//! Nearly all that is told is that a test has passed, so that has a frame of fixed size, and nothing is built or parsed
//! for it. Everything else is JSON, with what a test wrote behind it as the bytes it wrote.

use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::model::event::{AttemptFinished, CaseFinished, CaseIx, Event, Told};
use crate::model::outcome::Outcome;
use crate::model::verdict::Verdict;
use crate::model::worker::Slot;

/// An attempt passed, and wrote nothing.
const PASSED: u8 = 1;
/// A case passed at once.
const OVER: u8 = 2;
/// An attempt begins.
const STARTED: u8 = 3;
/// JSON, and bytes behind it.
const ANY: u8 = 4;

/// Kind, case, round, worker, attempt, two durations.
const FIXED: usize = 1 + 4 * 4 + 2 * 8;

/// The end that tells.
#[derive(Debug)]
pub(crate) struct Writer(Mutex<File>);

impl Writer {
    pub(crate) fn new(pipe: File) -> Self {
        Self(Mutex::new(pipe))
    }

    /// Tells of these, in one piece. When it is back, they outlive this process.
    ///
    /// # Errors
    ///
    /// When nobody reads any more.
    pub(crate) fn tell(&self, events: impl IntoIterator<Item = Event>) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(2 * FIXED);
        for event in events {
            encode(event, &mut bytes);
        }
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(&bytes)
    }
}

fn encode(event: Event, to: &mut Vec<u8>) {
    match event {
        Event::AttemptFinished(AttemptFinished {
            told,
            attempt,
            worker,
            at,
            took,
            outcome: Outcome::Passed,
            output,
        }) if output.is_empty() => fixed(PASSED, &told, worker, attempt, [at, took], to),
        Event::CaseFinished(CaseFinished {
            told,
            verdict: Verdict::Pass,
            worker: Some(worker),
            attempts: 1,
            queued,
            took,
            should_panic,
        }) => fixed(OVER, &told, worker, u32::from(should_panic), [queued, took], to),
        Event::AttemptStarted { told, attempt, worker, at } => {
            fixed(STARTED, &told, worker, attempt, [at, Duration::ZERO], to);
        }
        Event::AttemptFinished(mut finished) => {
            let output = std::mem::take(&mut finished.output);
            any(&Event::AttemptFinished(finished), &output, to);
        }
        Event::LateOutput { told, output } => any(&Event::LateOutput { told, output: Vec::new() }, &output, to),
        event => any(&event, &[], to),
    }
}

fn fixed(kind: u8, told: &Told, worker: Slot, number: u32, times: [Duration; 2], to: &mut Vec<u8>) {
    to.push(kind);
    for number in [told.case.0, told.round, worker.0, number] {
        to.extend_from_slice(&number.to_le_bytes());
    }
    for time in times {
        to.extend_from_slice(&u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).to_le_bytes());
    }
}

fn any(event: &Event, bytes: &[u8], to: &mut Vec<u8>) {
    let json = serde_json::to_vec(event).expect("an event is made of texts and numbers");
    to.push(ANY);
    to.extend_from_slice(&(json.len() as u64).to_le_bytes());
    to.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    to.extend_from_slice(&json);
    to.extend_from_slice(bytes);
}

/// The end that listens.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// Never made shorter: zeroing 64 KiB for each read took 22 % of the samples of a debug build (perf, 10,000 empty tests).
    bytes: Vec<u8>,
    /// What was read and is not done with.
    rest: Range<usize>,
}

/// How much is read at once, at least.
const CHUNK: usize = 32 * 1024;

impl Reader {
    /// Reads what there is: how much, 0 at the end, `None` if there is nothing now.
    ///
    /// # Errors
    ///
    /// When the pipe cannot be read.
    pub(crate) fn fill(&mut self, pipe: &mut impl Read) -> io::Result<Option<usize>> {
        self.bytes.copy_within(self.rest.clone(), 0);
        self.rest = 0..self.rest.len();
        if self.bytes.len() < self.rest.end + CHUNK {
            // All at once, as the system has such memory ready.
            let mut longer = vec![0; 2 * (self.rest.end + CHUNK)];
            longer[..self.rest.end].copy_from_slice(&self.bytes[..self.rest.end]);
            self.bytes = longer;
        }
        loop {
            match pipe.read(&mut self.bytes[self.rest.end..]) {
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(cause) => return Err(cause),
                Ok(n) => {
                    self.rest.end += n;
                    return Ok(Some(n));
                }
            }
        }
    }

    /// The next whole event; `name` knows the cases.
    ///
    /// # Errors
    ///
    /// When what came makes no sense.
    pub(crate) fn next(&mut self, name: &dyn Fn(CaseIx) -> Option<&'static str>) -> io::Result<Option<Event>> {
        let rest = &self.bytes[self.rest.clone()];
        let (event, length) = match rest.first() {
            None => return Ok(None),
            Some(&kind @ (PASSED | OVER | STARTED)) => match rest.first_chunk::<FIXED>() {
                None => return Ok(None),
                Some(frame) => (Some(decode(kind, frame)), FIXED),
            },
            Some(&ANY) => match decode_any(rest)? {
                None => return Ok(None),
                Some((event, length)) => (event, length),
            },
            Some(_) => (None, 0),
        };
        self.rest.start += length;
        let named = event.and_then(|mut event| {
            if let Some(told) = event.told_mut() {
                told.name = name(told.case)?;
            }
            Some(event)
        });
        named.map(Some).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "what the process of the workers tells makes no sense")
        })
    }
}

fn decode(kind: u8, frame: &[u8; FIXED]) -> Event {
    let number = |at: usize| u32::from_le_bytes(frame[at..at + 4].try_into().expect("four bytes"));
    let time = |at: usize| Duration::from_nanos(u64::from_le_bytes(frame[at..at + 8].try_into().expect("eight bytes")));
    let told = Told { case: CaseIx(number(1)), name: "", round: number(5) };
    let (worker, n, first, second) = (Slot(number(9)), number(13), time(17), time(25));
    match kind {
        PASSED => Event::AttemptFinished(AttemptFinished {
            told,
            attempt: n,
            worker,
            at: first,
            took: second,
            outcome: Outcome::Passed,
            output: Vec::new(),
        }),
        OVER => Event::CaseFinished(CaseFinished {
            told,
            verdict: Verdict::Pass,
            worker: Some(worker),
            attempts: 1,
            queued: first,
            took: second,
            should_panic: n != 0,
        }),
        _ => Event::AttemptStarted { told, attempt: n, worker, at: first },
    }
}

fn decode_any(frame: &[u8]) -> io::Result<Option<(Option<Event>, usize)>> {
    let length = |at: usize| {
        let bytes = frame.get(at..at + 8)?.try_into().ok()?;
        usize::try_from(u64::from_le_bytes(bytes)).ok()
    };
    let (Some(n_json), Some(n_bytes)) = (length(1), length(9)) else { return Ok(None) };
    let whole = 17 + n_json + n_bytes;
    let Some(frame) = frame.get(17..whole) else { return Ok(None) };
    let (json, bytes) = frame.split_at(n_json);
    let mut event: Event = serde_json::from_slice(json)?;
    if let Event::AttemptFinished(AttemptFinished { output, .. }) | Event::LateOutput { output, .. } = &mut event {
        *output = bytes.to_vec();
    }
    Ok(Some((Some(event), whole)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::{Gravity, RunFinished};
    use crate::model::outcome::{Failure, FailureKind};

    fn told(case: u32) -> Told {
        Told { case: CaseIx(case), name: ["a", "b"][case as usize], round: 2 }
    }

    fn attempt(outcome: Outcome, output: &[u8]) -> Event {
        let (at, took) = (Duration::from_nanos(5), Duration::from_secs(7));
        let (told, output) = (told(1), output.to_vec());
        Event::AttemptFinished(AttemptFinished { told, attempt: 3, worker: Slot(9), at, took, outcome, output })
    }

    fn over(verdict: Verdict) -> Event {
        Event::CaseFinished(CaseFinished {
            told: told(0),
            verdict,
            worker: Some(Slot(1)),
            attempts: 1,
            queued: Duration::from_millis(3),
            took: Duration::from_millis(4),
            should_panic: true,
        })
    }

    /// What was told is what is heard, also when it comes byte by byte.
    #[track_caller]
    fn check(event: Event) {
        let expected = format!("{event:?}");
        let mut bytes = Vec::new();
        encode(event, &mut bytes);
        for step in [1, 7, bytes.len()] {
            let mut reader = Reader::default();
            let mut heard = Vec::new();
            for mut part in bytes.chunks(step) {
                reader.fill(&mut part).expect("read");
                let name = |case: CaseIx| ["a", "b"].get(case.ix()).copied();
                while let Some(event) = reader.next(&name).expect("sense") {
                    heard.push(format!("{event:?}"));
                }
            }
            assert_eq!(heard, std::slice::from_ref(&expected));
        }
    }

    #[test]
    fn what_is_told_is_heard() {
        let failure = Failure { kind: FailureKind::Panic, message: "bo\0om".to_owned(), location: None };
        check(attempt(Outcome::Passed, b""));
        check(attempt(Outcome::Passed, b"\xff\0 text"));
        check(attempt(Outcome::Failed(failure.clone()), b"x"));
        check(attempt(Outcome::Skipped { reason: "no network".to_owned() }, b""));
        check(over(Verdict::Pass));
        check(over(Verdict::Fail(failure.clone())));
        check(over(Verdict::Flaky { first: failure }));
        check(over(Verdict::Skip { reason: None }));
        check(Event::AttemptStarted { told: told(1), attempt: 1, worker: Slot(2), at: Duration::from_nanos(8) });
        check(Event::LateOutput { told: told(0), output: b"\xfflate".to_vec() });
        check(Event::Kept { told: told(0), path: "/x/y".into() });
        check(Event::Trouble { message: "m".to_owned(), gravity: Gravity::Failure });
        check(Event::RunFinished(RunFinished { took: Duration::from_secs(1), stopped: None }));
    }

    #[test]
    fn nonsense_is_refused() {
        let mut reader = Reader::default();
        reader.fill(&mut &[200_u8, 1, 2][..]).expect("read");
        assert!(reader.next(&|_| Some("a")).is_err());
    }
}
