//! The workers of a run, as the controller sees them: in a test host, or on threads of its own process.

use std::time::Duration;

use crate::model::error::Error;
use crate::model::event::{CancelReason, Event};
#[cfg(unix)]
use crate::os::sys::{RunBoard, RunningAttempt};
use crate::process::wakeup::Wakeup;

/// The workers of a run. [`Controller::follow`](super::run_loop::Controller::follow) drives them.
pub(crate) trait Backend {
    /// The next event, if there is one already.
    ///
    /// # Errors
    ///
    /// If the events cannot be read.
    fn next_event(&mut self) -> Result<Option<Event>, Error>;

    /// Waits for an event, at most this long.
    ///
    /// # Errors
    ///
    /// If the system reports an error.
    fn wait(&mut self, limit: Duration) -> Result<Wakeup, Error>;

    /// Starts no further test.
    fn stop(&mut self, reason: CancelReason);

    /// Ends the tests that run. If only the end of this process can do that, returns the event to report before it.
    fn kill(&mut self) -> Option<Event>;

    /// The running attempts, in shared memory.
    #[cfg(unix)]
    fn board(&self) -> Option<&RunBoard>;

    /// The process that contains the workers.
    #[cfg(unix)]
    fn process(&self) -> u32;

    /// Checks whether the process of the workers still responds. `running` lists the attempts there.
    #[cfg(unix)]
    fn check_health(&mut self, now: Duration, running: &[RunningAttempt]);
}
