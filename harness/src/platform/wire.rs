//! How events go from the process of the workers to the one that reports: frames in a pipe.
//!
//! Nearly all that is told is that a case has passed at once, so that has a frame of fixed size, and nothing is built or
//! parsed for it. Everything else is packed, with what a test wrote behind it as the bytes it wrote.

use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::model::event::{AttemptFinished, CaseFinished, CaseIx, Event, Told};
use crate::model::leaks::Leaks;
use crate::model::outcome::Outcome;
use crate::model::verdict::Verdict;
use crate::model::worker::Slot;
use crate::platform::packed;

/// The first attempt of a case passed and wrote nothing, and the case is over.
const PASSED: u8 = 1;
/// An attempt begins.
const STARTED: u8 = 2;
/// An event, and bytes behind it.
const ANY: u8 = 3;

/// Kind; case, round, worker and a number; two times; one more time.
const FIXED: usize = 1 + 16 + 16 + 8;

/// The end that tells.
#[derive(Debug)]
pub(crate) struct Writer(Mutex<File>);

impl Writer {
    pub(crate) fn new(pipe: File) -> Self {
        Self(Mutex::new(pipe))
    }

    /// Tells of this. When it is back, it outlives this process.
    ///
    /// # Errors
    ///
    /// When nobody reads any more.
    pub(crate) fn tell(&self, event: Event) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(FIXED);
        encode(event, &mut bytes);
        self.write(&bytes)
    }

    /// Tells of both, in one piece.
    ///
    /// # Errors
    ///
    /// When nobody reads any more.
    pub(crate) fn tell_both(&self, attempt: AttemptFinished, case: CaseFinished) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(FIXED);
        encode_both(attempt, case, &mut bytes);
        self.write(&bytes)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(bytes)
    }
}

fn encode(event: Event, to: &mut Vec<u8>) {
    match event {
        Event::AttemptStarted { told, attempt, worker, at } => {
            fixed(STARTED, &told, worker, attempt, [at, Duration::ZERO, Duration::ZERO], to);
        }
        Event::AttemptFinished(mut finished) => {
            let output = std::mem::take(&mut finished.output);
            any(&Event::AttemptFinished(finished), &output, to);
        }
        Event::LateOutput { told, output } => any(&Event::LateOutput { told, output: Vec::new() }, &output, to),
        event => any(&event, &[], to),
    }
}

fn encode_both(attempt: AttemptFinished, case: CaseFinished, to: &mut Vec<u8>) {
    let is_plain = attempt.output.is_empty()
        && attempt.outcome == Outcome::Passed
        && case.verdict == Verdict::Pass
        && (attempt.attempt, case.attempts) == (1, 1)
        && case.worker == Some(attempt.worker)
        && case.took == attempt.took
        && attempt.leaks.is_none()
        && case.leaks.is_none();
    if is_plain {
        let times = [attempt.at, attempt.took, case.queued];
        return fixed(PASSED, &case.told, attempt.worker, u32::from(case.should_panic), times, to);
    }
    encode(Event::AttemptFinished(attempt), to);
    encode(Event::CaseFinished(case), to);
}

// Three large numbers, as each small one is a call into `Vec` of its own: in a debug build that took 7,200 instructions for
// each test, of 57,000 in all (callgrind).
fn fixed(kind: u8, told: &Told, worker: Slot, number: u32, times: [Duration; 3], to: &mut Vec<u8>) {
    let [first, second, third] = times.map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    let numbers =
        u128::from(told.case.0) | u128::from(told.round) << 32 | u128::from(worker.0) << 64 | u128::from(number) << 96;
    to.push(kind);
    to.extend_from_slice(&numbers.to_le_bytes());
    to.extend_from_slice(&(u128::from(first) | u128::from(second) << 64).to_le_bytes());
    to.extend_from_slice(&third.to_le_bytes());
}

fn any(event: &Event, bytes: &[u8], to: &mut Vec<u8>) {
    to.push(ANY);
    let lengths = to.len();
    to.extend_from_slice(&[0; 2 * 8]);
    packed::append(event, to);
    let n_event = to.len() - lengths - 2 * 8;
    to[lengths..lengths + 8].copy_from_slice(&(n_event as u64).to_le_bytes());
    to[lengths + 8..lengths + 16].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
    to.extend_from_slice(bytes);
}

/// The end that listens.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// Never made shorter: zeroing 64 KiB for each read took 22 % of the samples of a debug build (perf, 10,000 empty tests).
    bytes: Vec<u8>,
    /// What was read and is not done with.
    rest: Range<usize>,
    /// The second event of a frame that tells of two.
    second: Option<Event>,
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
    pub(crate) fn next(&mut self, name: Name<'_>) -> io::Result<Option<Event>> {
        if self.second.is_some() {
            return Ok(self.second.take());
        }
        let rest = &self.bytes[self.rest.clone()];
        let (event, length) = match rest.first() {
            None => return Ok(None),
            Some(&kind @ (PASSED | STARTED)) => match rest.first_chunk::<FIXED>() {
                None => return Ok(None),
                Some(frame) => {
                    let frame = Frame::of(frame);
                    let told = name(frame.told.case).map(|name| Told { name, ..frame.told.clone() });
                    self.second = told.as_ref().filter(|_| kind == PASSED).map(|told| frame.over(told.clone()));
                    (told.map(|told| if kind == PASSED { frame.passed(told) } else { frame.started(told) }), FIXED)
                }
            },
            Some(&ANY) => match decode_any(rest, name)? {
                None => return Ok(None),
                Some((event, length)) => (event, length),
            },
            Some(_) => (None, 0),
        };
        self.rest.start += length;
        event.map(Some).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "what the process of the workers tells makes no sense")
        })
    }
}

/// What is in a frame of fixed size.
struct Frame {
    told: Told,
    worker: Slot,
    number: u32,
    times: [Duration; 3],
}

impl Frame {
    fn of(frame: &[u8; FIXED]) -> Self {
        let wide = |at: usize| u128::from_le_bytes(frame[at..at + 16].try_into().expect("sixteen bytes"));
        let (numbers, times) = (wide(1), wide(17));
        let third = u64::from_le_bytes(frame[33..].try_into().expect("eight bytes"));
        Self {
            told: Told { case: CaseIx(numbers as u32), name: "", round: (numbers >> 32) as u32 },
            worker: Slot((numbers >> 64) as u32),
            number: (numbers >> 96) as u32,
            times: [times as u64, (times >> 64) as u64, third].map(Duration::from_nanos),
        }
    }

    fn started(&self, told: Told) -> Event {
        Event::AttemptStarted { told, attempt: self.number, worker: self.worker, at: self.times[0] }
    }

    fn passed(&self, told: Told) -> Event {
        let (worker, [at, took, _]) = (self.worker, self.times);
        let (outcome, leaks, output) = (Outcome::Passed, Leaks::default(), Vec::new());
        Event::AttemptFinished(AttemptFinished { told, attempt: 1, worker, at, took, outcome, leaks, output })
    }

    fn over(&self, told: Told) -> Event {
        let [_, took, queued] = self.times;
        Event::CaseFinished(CaseFinished {
            told,
            verdict: Verdict::Pass,
            worker: Some(self.worker),
            attempts: 1,
            queued,
            took,
            should_panic: self.number != 0,
            leaks: Leaks::default(),
        })
    }
}

type Name<'a> = &'a dyn Fn(CaseIx) -> Option<&'static str>;

fn decode_any(frame: &[u8], name: Name<'_>) -> io::Result<Option<(Option<Event>, usize)>> {
    let length = |at: usize| {
        let bytes = frame.get(at..at + 8)?.try_into().ok()?;
        usize::try_from(u64::from_le_bytes(bytes)).ok()
    };
    let (Some(n_event), Some(n_bytes)) = (length(1), length(9)) else { return Ok(None) };
    let whole = 17 + n_event + n_bytes;
    let Some(frame) = frame.get(17..whole) else { return Ok(None) };
    let (event, bytes) = frame.split_at(n_event);
    let mut event: Event = packed::read(event)?;
    if let Event::AttemptFinished(AttemptFinished { output, .. }) | Event::LateOutput { output, .. } = &mut event {
        *output = bytes.to_vec();
    }
    let Some(told) = event.told_mut() else { return Ok(Some((Some(event), whole))) };
    let known = name(told.case).map(|name| told.name = name);
    Ok(Some((known.map(|()| event), whole)))
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
        Event::AttemptFinished(AttemptFinished {
            told,
            attempt: 3,
            worker: Slot(9),
            at,
            took,
            outcome,
            leaks: Leaks::default(),
            output,
        })
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
            leaks: Leaks::default(),
        })
    }

    /// What was told is what is heard, also when it comes byte by byte.
    #[track_caller]
    fn check(event: Event) {
        let expected = [format!("{event:?}")];
        let mut bytes = Vec::new();
        encode(event, &mut bytes);
        heard(&bytes, &expected);
    }

    /// The same, for an attempt and what came of it. Answers how long the frames are.
    #[track_caller]
    fn check_both(attempt: Event, case: Event) -> usize {
        let expected = [format!("{attempt:?}"), format!("{case:?}")];
        let (Event::AttemptFinished(attempt), Event::CaseFinished(case)) = (attempt, case) else { panic!("not these") };
        let mut bytes = Vec::new();
        encode_both(attempt, case, &mut bytes);
        heard(&bytes, &expected);
        bytes.len()
    }

    #[track_caller]
    fn heard(bytes: &[u8], expected: &[String]) {
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
            assert_eq!(heard, expected);
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
    fn both_are_told_as_one_only_if_nothing_is_lost() {
        let passed = |output: &[u8], change: fn(&mut AttemptFinished)| {
            let Event::AttemptFinished(mut attempt) = attempt(Outcome::Passed, output) else { panic!("not this") };
            (attempt.told.case, attempt.attempt) = (CaseIx(0), 1);
            (attempt.worker, attempt.took) = (Slot(1), Duration::from_millis(4));
            attempt.told.name = "a";
            change(&mut attempt);
            Event::AttemptFinished(attempt)
        };
        assert_eq!(check_both(passed(b"", |_| ()), over(Verdict::Pass)), FIXED);
        assert!(check_both(passed(b"x", |_| ()), over(Verdict::Pass)) > FIXED);
        assert!(check_both(passed(b"", |_| ()), over(Verdict::Skip { reason: None })) > FIXED);
        assert!(check_both(passed(b"", |attempt| attempt.attempt = 2), over(Verdict::Pass)) > FIXED);
        assert!(check_both(passed(b"", |attempt| attempt.worker = Slot(2)), over(Verdict::Pass)) > FIXED);
        assert!(check_both(passed(b"", |attempt| attempt.leaks.threads = 1), over(Verdict::Pass)) > FIXED);
        assert!(check_both(passed(b"", |attempt| attempt.took *= 2), over(Verdict::Pass)) > FIXED);
    }

    #[test]
    fn a_case_that_nobody_knows_is_refused() {
        let mut bytes = Vec::new();
        let (told, worker, at) = (Told { case: CaseIx(7), name: "", round: 1 }, Slot(0), Duration::ZERO);
        encode(Event::AttemptStarted { told, attempt: 1, worker, at }, &mut bytes);
        let mut reader = Reader::default();
        reader.fill(&mut &bytes[..]).expect("read");
        assert!(reader.next(&|_| None).is_err());
    }

    #[test]
    fn nonsense_is_refused() {
        let mut reader = Reader::default();
        reader.fill(&mut &[200_u8, 1, 2][..]).expect("read");
        assert!(reader.next(&|_| Some("a")).is_err());
    }
}
