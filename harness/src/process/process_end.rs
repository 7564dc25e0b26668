//! How a worker process ended, and the notices about that.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use crate::model::outcome::ProcessExit;
use crate::model::protocol::{Notice, WorkerResponse};
use crate::model::test_id;
use crate::os::sys::RunBoard;
use crate::policy::attribution;
use crate::process::{child, exit_status};

/// How long a process may take to exit after the request.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// How a worker process ended, and what it left.
pub(crate) struct ProcessEnd {
    pub(crate) process_exit: ProcessExit,
    /// The test that the thread worked for that ended the process; 0 if not known.
    pub(crate) owner: u64,
    /// The fixture that this thread tore down.
    torn_down: Option<String>,
    pub(crate) output: Vec<u8>,
    pub(crate) notices: Vec<Notice>,
}

impl ProcessEnd {
    /// With what the process has written on the board.
    ///
    /// # Errors
    ///
    /// If the board cannot be read.
    pub(crate) fn of(
        status: Option<ExitStatus>,
        board: &RunBoard,
        output: Vec<u8>,
        notices: Vec<Notice>,
    ) -> io::Result<Self> {
        let note = attribution::terminating_record(exit_status::end_of(status), board.notes());
        let torn_down = (note.owner == test_id::TEARDOWN).then(|| board.text(note.place)).transpose()?;
        let torn_down = torn_down.map(|fixture| String::from_utf8_lossy(&fixture).into_owned());
        let process_exit = exit_status::process_exit(status, &note);
        Ok(Self { process_exit, owner: note.owner, torn_down, output, notices })
    }

    /// The notices of a process that was asked to close. `closed` is its last response.
    pub(crate) fn close_notices(self, closed: io::Result<Option<WorkerResponse>>) -> Vec<Notice> {
        let mut all_notices = match closed {
            Ok(Some(WorkerResponse::Closed { mut notices })) => {
                notices.extend(self.after_all().filter(|_| !child::are_all_ended()));
                notices
            }
            Ok(None) => {
                let when = match &self.torn_down {
                    Some(fixture) => format!("while {fixture} was torn down"),
                    None => "during its teardown".to_owned(),
                };
                vec![Notice::Failure(format!("a worker process ended {when}: {}", self.process_exit))]
            }
            Ok(Some(_)) | Err(_) => {
                vec![Notice::Failure("a worker process did not finish its teardown and was killed".to_owned())]
            }
        };
        all_notices.extend(self.notices);
        all_notices
    }

    /// The notice for a process that ended in this way after it had finished.
    fn after_all(&self) -> Option<Notice> {
        match &self.process_exit {
            // The grace period was over.
            ProcessExit::Signal { name, .. } if name == "SIGKILL" => Some(Notice::Note(format!(
                "a worker process did not exit within {} seconds after its last test: a destructor hangs; it was killed",
                GRACE.as_secs()
            ))),
            ProcessExit::Signal { .. } => Some(Notice::Failure(format!(
                "a worker process crashed after its last test, in a thread or thread-local value that a test left behind: {}",
                self.process_exit
            ))),
            ProcessExit::Exit { .. }
            | ProcessExit::Stopped { .. }
            | ProcessExit::Hung
            | ProcessExit::Cut
            | ProcessExit::Unknown => None,
        }
    }
}
