//! Waits for the result of an attempt in another process, until the attempt times out.

use std::io::{self, ErrorKind};
use std::time::Duration;

use crate::model::protocol::{Notice, WorkerResponse};
use crate::os::message_channel::MessageChannel;
use crate::os::signals::GRACE;
use crate::policy::run_monitor::{ProcessHealth, StallDetector};
use crate::policy::timeout::{self, TimeoutTimer};
use crate::process::child::{self, Child};

/// Messages that have arrived are read before the attempt is given up.
const SHORTEST: Duration = Duration::from_millis(1);

/// How long a process may take to report the stack of a test that timed out: to interrupt its thread, and to find the names.
const LAST_WORDS: Duration = Duration::from_secs(4);

/// The interval at which a process that closes is checked.
const CLOSING_STEP: Duration = Duration::from_secs(2);

/// The response of the process. `body_began` returns when the body started, if it has; `elapsed` returns the time since the start of the
/// run. `stopped_by` is given if a process that is stopped, and whose test has no timeout, must not be waited for. While
/// `is_debugged` returns true, the attempt does not time out.
///
/// # Errors
///
/// If the connection breaks, or if the attempt times out; see [`is_timeout`].
pub(crate) fn answer(
    messages: &MessageChannel,
    limit: Option<Duration>,
    body_began: &dyn Fn() -> Option<Duration>,
    stopped_by: Option<&dyn Fn() -> Option<String>>,
    is_debugged: &dyn Fn() -> bool,
    elapsed: &dyn Fn() -> Duration,
) -> io::Result<Option<WorkerResponse>> {
    let mut now = elapsed();
    let mut countdown = limit.map(|limit| TimeoutTimer::new(limit, now));
    let mut stall_detector = StallDetector::default();
    loop {
        let wait = match &countdown {
            Some(countdown) => countdown.ends_at().map(|ends_at| ends_at.saturating_sub(now).max(SHORTEST)),
            None => stopped_by.map(|_| StallDetector::STEP),
        };
        // Time in which this process is stopped does not count, so the wait for a timeout is short.
        let wait = if countdown.is_some() { wait.map(|wait| wait.min(timeout::TICK)) } else { wait };
        let asked_at = now;
        let answer = messages.receive_within(wait);
        now = elapsed();
        if let (Some(countdown), Some(wait)) = (&mut countdown, wait) {
            let stopped = timeout::stopped_for(wait, now.saturating_sub(asked_at));
            if !stopped.is_zero() {
                // The clock starts again with the body, so this comes first.
                notice_body(countdown, body_began(), now);
                countdown.skip(stopped);
            }
        }
        if let Ok(Some(WorkerResponse::Closing)) = answer {
            // The run ends, and the process tears down its fixtures.
            countdown = None;
            continue;
        }
        let Some(countdown) = &mut countdown else {
            match (answer, stopped_by) {
                (Ok(Some(WorkerResponse::Stands { .. } | WorkerResponse::GoesOn { .. })), _) => {}
                (Err(cause), Some(stopped_by)) if is_timeout(&cause) => {
                    let stopped = |signal| ProcessHealth::Stopped { signal, shortest: Some(Duration::ZERO) };
                    if stall_detector.look(now, stopped_by().map_or(ProcessHealth::Fine, stopped)).is_some() {
                        return Err(cause);
                    }
                }
                (answer, _) => return answer,
            }
            continue;
        };
        match answer {
            Ok(Some(WorkerResponse::Stands { at })) => {
                notice_body(countdown, body_began(), at);
                countdown.pause(at);
                if countdown.is_over(at) {
                    return Err(ErrorKind::TimedOut.into());
                }
            }
            Ok(Some(WorkerResponse::GoesOn { at })) => {
                notice_body(countdown, body_began(), at);
                countdown.resume(at);
            }
            Err(cause) if is_timeout(&cause) => {
                notice_body(countdown, body_began(), now);
                if countdown.is_over(now) {
                    if !is_debugged() {
                        return Err(cause);
                    }
                    countdown.restart(now);
                }
            }
            answer => return answer,
        }
    }
}

/// The last response of a worker process that was asked to close. The teardown of each fixture may take `limit`; a process that is stopped is
/// not waited for.
///
/// # Errors
///
/// If the connection breaks, or if the process does not finish; see [`is_timeout`].
pub(crate) fn closed(child: &Child, limit: Duration) -> io::Result<Option<WorkerResponse>> {
    let mut waited = Duration::ZERO;
    loop {
        match child.messages().receive_within(Some(CLOSING_STEP)) {
            Ok(Some(WorkerResponse::Closing)) => waited = Duration::ZERO,
            Err(cause) if is_timeout(&cause) && waited <= limit && child.stopped_by().is_none() => {
                waited += CLOSING_STEP
            }
            closed => return closed,
        }
    }
}

/// Gives up the attempt of the process, and waits until it has torn down its fixtures: each may take `limit`, or the grace period if that is
/// shorter. Returns what it reports, and whether the attempt was cancelled.
pub(crate) fn given_up(child: &Child, limit: Duration) -> (Vec<Notice>, bool) {
    let (mut all_notices, mut is_cancelled) = (Vec::new(), false);
    if !child::give_up(child.messages()) {
        return (all_notices, is_cancelled);
    }
    let mut wait = LAST_WORDS;
    loop {
        match child.messages().receive_within(Some(wait)) {
            Ok(Some(WorkerResponse::Closed { notices })) => {
                all_notices.extend(notices);
                return (all_notices, is_cancelled);
            }
            Ok(Some(WorkerResponse::Attempted { outcome, notices, .. })) => {
                is_cancelled = outcome.has_timed_out();
                all_notices.extend(notices);
            }
            Ok(Some(WorkerResponse::Closing)) => wait = LAST_WORDS + limit.min(GRACE),
            Ok(Some(WorkerResponse::Ready | WorkerResponse::Stands { .. } | WorkerResponse::GoesOn { .. })) => {}
            Ok(None) | Err(_) => return (all_notices, is_cancelled),
        }
    }
}

/// The process does not report the start of a body, since that would slow down every test.
fn notice_body(countdown: &mut TimeoutTimer, began: Option<Duration>, until: Duration) {
    if let Some(began) = began.filter(|&began| began <= until && !countdown.has_body_begun()) {
        countdown.begin_body(began);
    }
}

/// Whether the only error is that the response took too long.
pub(crate) fn is_timeout(cause: &io::Error) -> bool {
    matches!(cause.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::os::unix::net::UnixStream;

    use super::*;

    /// A clock that is three seconds ahead after the first wait: the process was stopped.
    #[test]
    fn time_in_which_this_process_was_stopped_does_not_count() {
        for body_began in [None, Some(Duration::ZERO)] {
            let (ours, theirs) = UnixStream::pair().expect("a pair");
            let (ours, theirs) =
                (MessageChannel::new(ours).expect("a channel"), MessageChannel::new(theirs).expect("a channel"));
            let n_calls = Cell::new(0);
            let elapsed = || {
                n_calls.set(n_calls.get() + 1);
                match n_calls.get() {
                    1 => return Duration::ZERO,
                    2 => theirs.send(&WorkerResponse::Ready).expect("sent"),
                    _ => {}
                }
                Duration::from_secs(3)
            };
            let limit = Some(Duration::from_secs(2));
            let response = answer(&ours, limit, &|| body_began, None, &|| false, &elapsed);
            assert!(matches!(response, Ok(Some(WorkerResponse::Ready))), "{body_began:?}: {response:?}");
        }
    }
}
