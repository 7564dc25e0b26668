//! Ctrl-C, and the signals that ask a process to end. The parent of the process may have it ignore some of them, as `nohup` and `&`
//! in a script do. Those stay ignored.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use crate::model::error::Error;
use crate::model::event::{Event, Severity};
use crate::model::mutex::MutexExt;
use crate::os::{sys, thread};

/// How long running tests may take to end after the first signal.
pub(crate) const GRACE: Duration = Duration::from_secs(10);

/// Calls `on_signal` on a separate thread: with 1 at the first signal, with 2 at the second one or when [`GRACE`] is over, and with 3
/// at another one or when it is over again. Calls `suspend` when the terminal suspends the job, if it is given; otherwise the system stops this
/// process.
///
/// # Errors
///
/// When the process has such a handler already, for example for another run in it.
pub(crate) fn watch(on_signal: Arc<dyn Fn(u32) + Send + Sync>, suspend: Option<fn()>) -> Result<(), Error> {
    let signals = Arc::new(Signals::default());
    let ignored = sys::ignored_signals();
    sys::install_atfork();
    let installed = sys::StopSignals::install(suspend.is_some());
    sys::ignore_signals(&ignored);
    let started = installed.and_then(|mut stop_signals| {
        thread::start("ctrl-c", move || {
            while let Ok(request) = stop_signals.wait() {
                match (request, suspend) {
                    (sys::JobRequest::Suspend, Some(suspend)) => suspend(),
                    _ => on_stop_signal(&signals, &on_signal),
                }
            }
        })
    });
    started.map(drop).map_err(|cause| Error::io("watch for Ctrl-C", cause))
}

fn on_stop_signal(signals: &Arc<Signals>, on_signal: &Arc<dyn Fn(u32) + Send + Sync>) {
    if signals.add() > 1 {
        return;
    }
    let (signals, followed) = (Arc::clone(signals), Arc::clone(on_signal));
    if thread::start("signals", move || follow(&signals, GRACE, &*followed)).is_err() {
        // Without a thread that waits, the grace time would never end.
        on_signal(2);
    }
}

/// After the first signal, calls `on_signal` for it, for the second one or the end of the grace time, whichever comes first, and for
/// a third.
fn follow(signals: &Signals, grace: Duration, on_signal: &dyn Fn(u32)) {
    on_signal(1);
    for n in 2..=3 {
        signals.wait_for(n, grace);
        on_signal(n);
    }
}

/// How many signals there were.
#[derive(Debug, Default)]
struct Signals {
    count: Mutex<u32>,
    more: Condvar,
}

impl Signals {
    fn add(&self) -> u32 {
        let mut count = self.count.lock_even_if_poisoned();
        *count += 1;
        self.more.notify_all();
        *count
    }

    /// Waits until there were `n` signals, at most for `grace`.
    fn wait_for(&self, n: u32, grace: Duration) {
        let count = self.count.lock_even_if_poisoned();
        drop(self.more.wait_timeout_while(count, grace, |count| *count < n));
    }
}

/// The message at the first signal.
pub(crate) fn interrupted() -> Event {
    let message = format!(
        "interrupted: no more tests are started, and running tests have {} seconds to end; interrupt again to end at once",
        GRACE.as_secs()
    );
    Event::Diagnostic { message, severity: Severity::Note }
}

/// The message when the run has reached its time limit.
pub(crate) fn out_of_time(limit: Duration) -> Event {
    let message = format!(
        "the run has taken {limit:?}, the limit of --run-timeout: no more tests are started, and running tests have {} seconds to end",
        GRACE.as_secs()
    );
    Event::Diagnostic { message, severity: Severity::Note }
}

/// The message when the grace time is over, and tests still run that can be ended only with their process.
pub(crate) fn ends_with_tests() -> Event {
    Event::Diagnostic { message: "tests are still running; the process ends".to_owned(), severity: Severity::Note }
}

/// Ends the process at once; the message goes to stderr.
pub(crate) fn exit(code: u8, message: &str) -> ! {
    sys::exit_immediately(message.as_bytes(), i32::from(code))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// A limit that is reached only if there is a bug.
    const FOR_EVER: Duration = Duration::from_secs(600);

    #[track_caller]
    fn check(n_signals: u32, grace: Duration, expected: &[u32]) {
        let signals = Signals::default();
        for _ in 0..n_signals {
            signals.add();
        }
        let counts = RefCell::new(Vec::new());
        follow(&signals, grace, &|count| counts.borrow_mut().push(count));
        assert_eq!(counts.into_inner(), expected);
    }

    #[test]
    fn more_signals_end_the_grace_time() {
        check(3, FOR_EVER, &[1, 2, 3]);
        check(4, FOR_EVER, &[1, 2, 3]);
    }

    #[test]
    fn grace_time_ends_without_more_signals() {
        check(1, Duration::ZERO, &[1, 2, 3]);
    }
}
