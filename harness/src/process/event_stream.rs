//! Sends events from a test host to the controller, as frames in a pipe.
//!
//! Most events say that a test passed at its first attempt. They have a frame of fixed size, which is written and read without a
//! serializer: without it, a run of 5,000 empty tests takes 39 % more instructions in a release build, and 112 % more in a debug build
//! (callgrind). All other events are serialized, followed by the output of the test.
//!
//! Each frame begins with the mark of the run. So bytes that a test writes to a descriptor that it did not open are recognised and skipped.

use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Mutex;
use std::time::Duration;

use crate::model::event::{AttemptFinished, CaseFinished, CaseIx, Event, TestId};
use crate::model::hash::fnv;
use crate::model::leaks::Leaks;
use crate::model::mutex::MutexExt;
use crate::model::outcome::Outcome;
use crate::model::protocol::RunInfo;
use crate::model::timing::Timing;
use crate::model::verdict::Verdict;
use crate::model::worker::Slot;
use crate::os::codec;

/// The first attempt of a case passed without output, and the case is over.
const PASSED: u8 = 1;
/// An attempt starts.
const STARTED: u8 = 2;
/// A serialized event, followed by bytes.
const ANY: u8 = 3;

/// Mark and kind, case, iteration; worker, a number, a time; two times.
type Fixed = [[u8; 16]; 3];

const FIXED: usize = size_of::<Fixed>();

/// Mark and kind, the length of the event, the length of the bytes.
const HEAD: usize = 3 * 8;

/// Seven bytes that no test writes by accident; the kind of the frame follows them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Magic(u64);

const KIND: u32 = 56;

impl Magic {
    /// The mark of a run.
    pub(crate) fn of(run: &RunInfo) -> Self {
        Self((fnv(run.id.as_bytes()) ^ run.epoch_nanos) & ((1 << KIND) - 1))
    }

    fn with(self, kind: u8) -> u64 {
        self.0 | u64::from(kind) << KIND
    }

    /// The kind of the frame that begins here, if one does.
    fn kind(self, bytes: &[u8; 8]) -> Option<u8> {
        let head = u64::from_le_bytes(*bytes);
        (head & ((1 << KIND) - 1) == self.0).then_some((head >> KIND) as u8)
    }
}

/// The sending end.
#[derive(Debug)]
pub(crate) struct EventWriter {
    pipe: File,
    /// Locked while a frame is written.
    turn: Mutex<()>,
    mark: Magic,
}

impl EventWriter {
    pub(crate) fn new(pipe: File, mark: Magic) -> Self {
        Self { pipe, turn: Mutex::default(), mark }
    }

    /// The pipe that this writes to.
    pub(crate) fn pipe(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }

    /// Sends an event. After it returns, the event is not lost if this process ends.
    ///
    /// # Errors
    ///
    /// If the reader is gone.
    pub(crate) fn emit(&self, event: Event) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(FIXED);
        encode(self.mark, event, &mut bytes);
        self.write(&bytes)
    }

    /// Sends both events in one piece.
    ///
    /// # Errors
    ///
    /// If the reader is gone.
    pub(crate) fn emit_both(&self, attempt: AttemptFinished, case: CaseFinished) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(FIXED);
        encode_both(self.mark, attempt, case, &mut bytes);
        self.write(&bytes)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let _turn = self.turn.lock_even_if_poisoned();
        (&self.pipe).write_all(bytes)
    }
}

fn encode(mark: Magic, event: Event, to: &mut Vec<u8>) {
    match event {
        Event::AttemptStarted { test_id, attempt, worker, at } => {
            fixed(mark.with(STARTED), &test_id, worker, attempt, [at, Duration::ZERO, Duration::ZERO], to);
        }
        Event::AttemptFinished(mut finished) => {
            let output = std::mem::take(&mut finished.output);
            any(mark, &Event::AttemptFinished(finished), &output, to);
        }
        Event::LateOutput { test_id, attempt, output } => {
            any(mark, &Event::LateOutput { test_id, attempt, output: Vec::new() }, &output, to);
        }
        event => any(mark, &event, &[], to),
    }
}

fn encode_both(mark: Magic, attempt: AttemptFinished, case: CaseFinished, to: &mut Vec<u8>) {
    let is_plain = attempt.output.is_empty()
        && attempt.outcome == Outcome::Passed
        && case.verdict == Verdict::Pass
        && (attempt.attempt, case.attempts) == (1, 1)
        && case.worker == Some(attempt.worker)
        && case.took == attempt.took
        && attempt.took.in_fixtures.is_zero()
        && attempt.leaks.is_none()
        && case.leaks.is_none();
    if is_plain {
        let times = [attempt.at, attempt.took.all, case.queued];
        return fixed(mark.with(PASSED), &case.test_id, attempt.worker, u32::from(case.should_panic), times, to);
    }
    encode(mark, Event::AttemptFinished(attempt), to);
    encode(mark, Event::CaseFinished(case), to);
}

// Three large numbers, and casts: in a debug build each small number, and each step of an array's `map`, is a call of its own. Twelve small
// ones took 7,200 instructions for each test, of 57,000 in all (callgrind).
fn fixed(
    head: u64,
    test_id: &TestId,
    worker: Slot,
    number: u32,
    [first, second, third]: [Duration; 3],
    to: &mut Vec<u8>,
) {
    let whose = head as u128 | (test_id.case.0 as u128) << 64 | (test_id.iteration as u128) << 96;
    let what = worker.0 as u128 | (number as u128) << 32 | (nanos(first) as u128) << 64;
    let times = nanos(second) as u128 | (nanos(third) as u128) << 64;
    let frame: Fixed = [whose.to_le_bytes(), what.to_le_bytes(), times.to_le_bytes()];
    to.extend_from_slice(frame.as_flattened());
}

/// Correct up to 584 years, which no run takes.
fn nanos(time: Duration) -> u64 {
    time.as_nanos() as u64
}

fn any(mark: Magic, event: &Event, bytes: &[u8], to: &mut Vec<u8>) {
    to.extend_from_slice(&mark.with(ANY).to_le_bytes());
    let lengths = to.len();
    to.extend_from_slice(&[0; 2 * 8]);
    codec::append(event, to);
    let n_event = to.len() - lengths - 2 * 8;
    to[lengths..lengths + 8].copy_from_slice(&(n_event as u64).to_le_bytes());
    to[lengths + 8..lengths + 16].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
    to.extend_from_slice(bytes);
}

/// The receiving end.
#[derive(Debug, Default)]
pub(crate) struct EventReader {
    /// Never shortened: zeroing 64 KiB for each read took 22 % of the samples of a debug build (perf, 10,000 empty tests).
    bytes: Vec<u8>,
    /// The bytes that were read but not processed.
    rest: Range<usize>,
    /// The second event of a frame with two events.
    second: Option<Event>,
    mark: Magic,
    has_noise: bool,
}

/// The minimum size of the buffer of a read.
const CHUNK: usize = 32 * 1024;

impl EventReader {
    pub(crate) fn new(mark: Magic) -> Self {
        Self { mark, ..Self::default() }
    }

    /// Whether bytes that are no frame have arrived since the last call.
    pub(crate) fn take_noise(&mut self) -> bool {
        std::mem::take(&mut self.has_noise)
    }

    /// Reads the available bytes. Returns their number, 0 at the end, or `None` if there are none now.
    ///
    /// # Errors
    ///
    /// If the pipe cannot be read.
    pub(crate) fn fill(&mut self, pipe: &mut impl Read) -> io::Result<Option<usize>> {
        self.bytes.copy_within(self.rest.clone(), 0);
        self.rest = 0..self.rest.len();
        if self.bytes.len() < self.rest.end + CHUNK {
            // A new allocation, since the system has zeroed memory ready.
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

    /// The next complete event; `name` returns the name of a case.
    pub(crate) fn next(&mut self, name: Name<'_>) -> Option<Event> {
        if self.second.is_some() {
            return self.second.take();
        }
        loop {
            let rest = &self.bytes[self.rest.clone()];
            let head = rest.first_chunk::<8>()?;
            let read = match self.mark.kind(head) {
                Some(kind @ (PASSED | STARTED)) => {
                    let frame = Frame::of(rest.as_chunks().0.first_chunk()?);
                    name(frame.test_id.case).map(|name| {
                        let test_id = TestId { name, ..frame.test_id };
                        self.second = (kind == PASSED).then(|| frame.over(test_id.clone()));
                        (if kind == PASSED { frame.passed_event(test_id) } else { frame.started(test_id) }, FIXED)
                    })
                }
                Some(ANY) => decode_any(rest, name)?,
                _ => None,
            };
            if let Some((event, length)) = read {
                self.rest.start += length;
                return Some(event);
            }
            self.has_noise = true;
            self.skip_noise();
        }
    }

    /// Skips to the next frame, or to what may become one when more bytes arrive.
    fn skip_noise(&mut self) {
        let rest = &self.bytes[self.rest.clone()];
        let found = (1..rest.len()).find(|&at| match rest[at..].first_chunk::<8>() {
            Some(head) => self.mark.kind(head).is_some(),
            None => true,
        });
        self.rest.start += found.unwrap_or(rest.len());
    }
}

/// The content of a frame of fixed size.
struct Frame {
    test_id: TestId,
    worker: Slot,
    number: u32,
    times: [Duration; 3],
}

impl Frame {
    fn of(frame: &Fixed) -> Self {
        let &[whose, what, times] = frame;
        let (whose, what) = (u128::from_le_bytes(whose), u128::from_le_bytes(what));
        let times = u128::from_le_bytes(times);
        let (first, second, third) = ((what >> 64) as u64, times as u64, (times >> 64) as u64);
        Self {
            test_id: TestId { case: CaseIx((whose >> 64) as u32), name: "", iteration: (whose >> 96) as u32 },
            worker: Slot(what as u32),
            number: (what >> 32) as u32,
            times: [Duration::from_nanos(first), Duration::from_nanos(second), Duration::from_nanos(third)],
        }
    }

    fn started(&self, test_id: TestId) -> Event {
        Event::AttemptStarted { test_id, attempt: self.number, worker: self.worker, at: self.times[0] }
    }

    fn passed_event(&self, test_id: TestId) -> Event {
        let (worker, [at, all, _]) = (self.worker, self.times);
        let took = Timing::of(all);
        let (outcome, leaks, output) = (Outcome::Passed, Leaks::default(), Vec::new());
        Event::AttemptFinished(AttemptFinished { test_id, attempt: 1, worker, at, took, outcome, leaks, output })
    }

    fn over(&self, test_id: TestId) -> Event {
        let [_, all, queued] = self.times;
        Event::CaseFinished(CaseFinished {
            test_id,
            verdict: Verdict::Pass,
            worker: Some(self.worker),
            attempts: 1,
            queued,
            took: Timing::of(all),
            should_panic: self.number != 0,
            leaks: Leaks::default(),
        })
    }
}

type Name<'a> = &'a dyn Fn(CaseIx) -> Option<&'static str>;

/// `None`: more bytes are needed. `Some(None)`: the frame is invalid.
#[expect(clippy::option_option, reason = "there are these three answers")]
fn decode_any(frame: &[u8], name: Name<'_>) -> Option<Option<(Event, usize)>> {
    let (head, rest) = frame.split_at_checked(HEAD)?;
    let length = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().expect("eight bytes")) as usize;
    let (n_event, n_bytes) = (length(8), length(16));
    let Some(whole) = n_event.checked_add(n_bytes).filter(|&whole| whole <= MOST) else { return Some(None) };
    let (event, bytes) = rest.get(..whole)?.split_at(n_event);
    let Ok(mut event) = codec::read::<Event>(event) else { return Some(None) };
    if let Event::AttemptFinished(AttemptFinished { output, .. }) | Event::LateOutput { output, .. } = &mut event {
        *output = bytes.to_vec();
    }
    let is_known =
        event.test_id_mut().is_none_or(|test_id| name(test_id.case).map(|name| test_id.name = name).is_some());
    Some(is_known.then_some((event, HEAD + whole)))
}

/// The greatest length of an event: the output of a test is cut to far less.
const MOST: usize = 1 << 30;

#[cfg(test)]
mod tests;
