//! Ctrl-C, and the signals that ask a process to end. Who started the process may have it ignore some of them, as `nohup`
//! and `&` in a script do: those stay ignored.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::model::error::Error;
use crate::model::event::{Event, Gravity};
use crate::platform::sys;

/// How long the tests that run have to end after the first signal.
pub(crate) const GRACE: Duration = Duration::from_secs(10);

/// Calls `on_signal` with 1 at the first signal, and with 2 at the second or when [`GRACE`] is over; on a thread of its own.
///
/// # Errors
///
/// When the process has such a handler already; a second run in one process, say.
pub(crate) fn watch(on_signal: Arc<dyn Fn(u32) + Send + Sync>) -> Result<(), Error> {
    let (sender, signals) = channel();
    let mut first = Some(signals);
    let ignored = sys::ignored_signals();
    let watched = ctrlc::set_handler(move || {
        // Nobody hears the third one: the process is about to end.
        let _ = sender.send(());
        let Some(signals) = first.take() else { return };
        let told = Arc::clone(&on_signal);
        let follow = move || follow(&signals, GRACE, &*told);
        if thread::Builder::new().name("signals".to_owned()).spawn(follow).is_err() {
            // Without a thread that waits there is no end to the grace.
            on_signal(2);
        }
    });
    sys::ignore_signals(&ignored);
    watched.map_err(|cause| Error::io("watch for Ctrl-C", std::io::Error::other(cause)))
}

/// Tells of the first signal, and then of the second one or of the end of the grace, whichever comes first.
fn follow(signals: &Receiver<()>, grace: Duration, on_signal: &dyn Fn(u32)) {
    if signals.recv().is_ok() {
        on_signal(1);
        let _ = signals.recv_timeout(grace);
        on_signal(2);
    }
}

/// What is told at the first one.
pub(crate) fn interrupted() -> Event {
    let message = format!(
        "interrupted: no more tests are started, and those that run have {} seconds to end; again to end at once",
        GRACE.as_secs()
    );
    Event::Trouble { message, gravity: Gravity::Note }
}

/// Ends the process at once, without another word.
pub(crate) fn exit(code: u8) -> ! {
    sys::end_now(&[], i32::from(code))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// As long as a bug may take to be seen.
    const FOR_EVER: Duration = Duration::from_secs(600);

    #[track_caller]
    fn check(n_signals: u32, grace: Duration, expected: &[u32]) {
        let (sender, signals) = channel();
        (0..n_signals).for_each(|_| sender.send(()).expect("the other end is here"));
        let told = RefCell::new(Vec::new());
        follow(&signals, grace, &|count| told.borrow_mut().push(count));
        assert_eq!(told.into_inner(), expected);
    }

    #[test]
    fn the_second_signal_ends_the_grace() {
        check(2, FOR_EVER, &[1, 2]);
        check(3, FOR_EVER, &[1, 2]);
    }

    #[test]
    fn and_so_does_time() {
        check(1, Duration::ZERO, &[1, 2]);
    }
}
