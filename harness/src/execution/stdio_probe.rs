//! What a test that was given up can hold for ever: the locks of stdout and stderr, which each `print!` of all tests takes.

use std::io;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::execution::event_sink;
use crate::os::{sys, thread};

/// How long a test that prints a lot may hold one of them.
const PATIENCE: Duration = Duration::from_secs(5);

/// Checks, while tests run, whether the locks are free. If not, this process exits, and the controller runs the other tests in the next test host.
pub(crate) fn look_after_locks() {
    let (sender, receiver) = channel();
    let probe = move || {
        drop(io::stdout().lock());
        drop(io::stderr().lock());
        let _ = sender.send(());
    };
    let watch = move || {
        if let Err(RecvTimeoutError::Timeout) = receiver.recv_timeout(PATIENCE) {
            sys::exit_immediately(b"", event_sink::HELD);
        }
    };
    // Without them it is as if they had found nothing.
    if thread::start_small("lock-probe", probe).is_ok() {
        let _ = thread::start_small("lock-watch", watch);
    }
}
