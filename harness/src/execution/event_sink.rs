//! Where the events of a run go: to the reporters of this process, or to the process that reports.

use std::sync::mpsc::Sender;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::model::event::{AttemptFinished, Event, TestId};
use crate::model::test_id;
use crate::model::worker::Slot;
#[cfg(unix)]
use crate::os::{
    saved_stdio::SavedStdio,
    sys::{self, RunBoard, RunningAttempt},
};
#[cfg(unix)]
use crate::process::event_stream::EventWriter;

/// What the controller in this process receives.
#[expect(clippy::large_enum_variant, reason = "nearly every message is an event")]
pub(crate) enum LocalMessage {
    Event(Event),
    /// The user wants the run to end; `again`: not for the first time.
    Interrupted {
        again: bool,
    },
}

/// Where events go.
pub(crate) enum EventSink {
    /// To the controller in this process.
    Local {
        sender: Sender<LocalMessage>,
        /// The running attempts, for the monitor.
        #[cfg(unix)]
        board: Option<Arc<RunBoard>>,
    },
    /// To the process that has started this one.
    #[cfg(unix)]
    Pipe {
        writer: EventWriter,
        board: &'static RunBoard,
        /// `None`: the process was started without.
        streams: Option<SavedStdio>,
        /// Set when the run is over.
        over: Arc<OnceLock<()>>,
    },
}

impl EventSink {
    /// Sends the event.
    pub(crate) fn emit(&self, event: Event) {
        match self {
            // After the last event, when an abandoned lane ends, there is no receiver.
            Self::Local { sender, .. } => drop(sender.send(LocalMessage::Event(event))),
            #[cfg(unix)]
            Self::Pipe { writer, over, .. } => {
                let is_over = matches!(event, Event::RunFinished(_));
                exit_if_reader_is_gone(writer.emit(event));
                if is_over {
                    let _ = over.set(());
                }
            }
        }
    }

    /// Tells that an attempt has passed, and what comes of it: nearly always that the case is over, and both at once then.
    pub(crate) fn emit_passed(&self, attempt: AttemptFinished, then: Event) {
        match (self, then) {
            #[cfg(unix)]
            (Self::Pipe { writer, .. }, Event::CaseFinished(case)) => {
                exit_if_reader_is_gone(writer.emit_both(attempt, case))
            }
            (_, then) => {
                self.emit(Event::AttemptFinished(attempt));
                self.emit(then);
            }
        }
    }

    /// Whether another process goes on where this one ends.
    pub(crate) fn is_guarded(&self) -> bool {
        !matches!(self, Self::Local { .. })
    }

    /// Asks whether the process that has started this one wants the run to stop.
    pub(crate) fn is_to_stop(&self) -> impl Fn() -> bool + Send + Sync + 'static {
        #[cfg(unix)]
        let board = match self {
            Self::Local { .. } => None,
            Self::Pipe { board, .. } => Some(*board),
        };
        #[cfg(unix)]
        return move || board.is_some_and(RunBoard::is_to_stop);
        #[cfg(not(unix))]
        return || false;
    }

    /// An attempt is about to begin: whatever it does to this process, the other one knows of it.
    #[cfg(unix)]
    pub(crate) fn begin(&self, test_id: &TestId, slot: Slot, attempt: u32, at: Duration) {
        let Some(board) = self.board() else { return };
        board.begin(RunningAttempt {
            slot: slot.0,
            owner: test_id::pack(test_id.case, test_id.iteration),
            attempt,
            at_nanos: nanos(at),
            ends_at_nanos: None,
            process: 0,
        });
    }

    /// Where the other process reads when the time of an attempt in this lane is up.
    #[cfg(unix)]
    pub(crate) fn due(&self, slot: Slot) -> DeadlineSlot {
        match self {
            Self::Local { .. } => DeadlineSlot::default(),
            Self::Pipe { board, .. } => DeadlineSlot { place: Some((board, slot)) },
        }
    }

    /// The deadline is not read here.
    #[cfg(not(unix))]
    pub(crate) fn due(&self, _slot: Slot) -> DeadlineSlot {
        DeadlineSlot::default()
    }

    /// The attempt that has begun in this lane runs in a process of its own.
    #[cfg(unix)]
    pub(crate) fn runs_in(&self, slot: Slot, process: u32) {
        if let Some(board) = self.board() {
            board.runs_in(slot.0, process);
        }
    }

    /// The case that ran in this lane is over and reported.
    #[cfg(unix)]
    pub(crate) fn end(&self, slot: Slot) {
        if let Self::Pipe { writer, streams: Some(streams), .. } = self
            && !streams.open_again(writer.pipe())
        {
            // The descriptor of the pipe refers to another file, so the event did not arrive: for the controller the attempt still runs.
            sys::exit_immediately(b"", CUT);
        }
        if let Some(board) = self.board() {
            board.end(slot.0);
        }
    }

    #[cfg(unix)]
    fn board(&self) -> Option<&RunBoard> {
        match self {
            Self::Local { board, .. } => board.as_deref(),
            Self::Pipe { board, .. } => Some(board),
        }
    }

    /// There is no board here.
    #[cfg(not(unix))]
    pub(crate) fn begin(&self, _test_id: &TestId, _slot: Slot, _attempt: u32, _at: Duration) {}

    /// There is no board here.
    #[cfg(not(unix))]
    pub(crate) fn end(&self, _slot: Slot) {}
}

/// Where the deadline of the attempt in a lane is written for the controller, if there is one.
#[derive(Debug, Default)]
pub(crate) struct DeadlineSlot {
    #[cfg(unix)]
    place: Option<(&'static RunBoard, Slot)>,
}

impl DeadlineSlot {
    /// Sets the deadline. `None`: it is unknown while the clock is paused.
    pub(crate) fn is(&self, at: Option<Duration>) {
        #[cfg(unix)]
        if let Some((board, slot)) = self.place {
            board.ends_at(slot.0, at.map(nanos));
        }
        #[cfg(not(unix))]
        let _ = at;
    }
}

#[cfg(unix)]
fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Ends this process if its events cannot be sent. If the controller has closed the pipe, the process is about to end anyway.
#[cfg(unix)]
fn exit_if_reader_is_gone(test_id: std::io::Result<()>) {
    // A test has closed the pipe. The board shows what runs now; nothing more may seem to have run.
    if test_id.is_err_and(|cause| cause.raw_os_error() == Some(libc::EBADF)) {
        sys::exit_immediately(b"", CUT);
    }
}

/// What such a process answers.
#[cfg(unix)]
const CUT: i32 = 70;

/// What a process answers that ends itself as a test that was given up holds what its neighbours need.
#[cfg(unix)]
pub(crate) const HELD: i32 = 71;
