//! The exit code of the process.

use crate::model::error::{Error, ErrorClass};
use crate::model::event::{CancelReason, Severity};
use crate::plan::Plan;
use crate::policy::summary::Summary;
use crate::report::RunReport;

/// The exit codes, as `--help` lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Code {
    Green = 0,
    /// The command line or the suite is invalid; the same code as clap's.
    Usage = 2,
    /// No test was selected although some were required; the same code as cargo-nextest's.
    NoTests = 4,
    /// The harness or the machine failed: EX_SOFTWARE of sysexits.h.
    Fault = 70,
    /// The same code as libtest's.
    Failed = 101,
    /// Ctrl-C: 128 and the number of the signal, as in shells.
    Interrupted = 130,
}

impl Code {
    pub(crate) fn from_error(error: &Error) -> Self {
        match error.blame() {
            ErrorClass::Usage => Self::Usage,
            ErrorClass::NoTests => Self::NoTests,
            ErrorClass::Harness => Self::Fault,
        }
    }

    /// The exit code of a run that was reported to its end.
    pub(crate) fn from_summary(summary: &Summary) -> Self {
        match (summary.worst, summary.stopped) {
            (Some(Severity::Fault), _)
            | (_, Some(CancelReason::HarnessError | CancelReason::HostRestart | CancelReason::PlanMismatch)) => {
                Self::Fault
            }
            (_, Some(CancelReason::Interrupted)) => Self::Interrupted,
            (Some(Severity::Failure), _) | (_, Some(CancelReason::OutOfTime)) => Self::Failed,
            (None | Some(Severity::Note), None | Some(CancelReason::TooManyFailures)) => {
                if summary.conclusion().num_failed > 0 { Self::Failed } else { Self::Green }
            }
        }
    }
}

impl From<Code> for std::process::ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}

/// The exit code as a number.
pub(crate) fn number(answer: &Result<Code, Error>) -> i32 {
    i32::from(answer.as_ref().map_or_else(Code::from_error, |code| *code) as u8)
}

/// The exit code of a run that was reported to its end, if the ledger is correct.
///
/// # Errors
///
/// If a result is missing or was reported twice, or if the report could not be written.
pub(crate) fn conclude(reported: RunReport, plan: &Plan) -> Result<Code, Error> {
    if let Some(error) = reported.failed {
        return Err(error);
    }
    reported.ledger.check(|ix| plan.cases[ix].name.to_owned())?;
    Ok(Code::from_summary(&reported.summary))
}
