//! The path of a request: a gateway with a limited wait, and behind it the change of the run.

use std::time::Duration;

use swimlanes_kit::clock::Clock;
use swimlanes_kit::retry::Retry;

use crate::controller::{Locked, RunController};
use crate::error::Error;
use crate::run_file::Run;

/// How a request waits for a run that is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// It polls each second until the gateway has given up.
    EachSecond,
    /// It retries after random delays that grow, and gives up in time.
    Backoff {
        /// The seed of the delays.
        seed: u64,
    },
}

/// The status of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// 200: the run was changed.
    Done,
    /// 423: another process has locked the run. The run was not changed, and the client may try again.
    Locked,
    /// 504: the gateway did not wait any longer, and the outcome is unknown to the client.
    GatewayTimeout,
}

/// The components that a request passes until the run is changed.
pub struct Road<'a> {
    controller: &'a RunController,
    clock: &'a dyn Clock,
    gateway: Duration,
    waiting: Waiting,
}

impl<'a> Road<'a> {
    /// A path to this run, through a gateway that waits this long.
    #[must_use]
    pub fn new(controller: &'a RunController, clock: &'a dyn Clock, gateway: Duration, waiting: Waiting) -> Self {
        Self { controller, clock, gateway, waiting }
    }

    /// Changes the run. With each kind of waiting, the answer counts only if it arrives before the gateway gives up.
    ///
    /// # Errors
    ///
    /// If it cannot be changed for a reason other than its lock.
    pub fn request(&self, change: impl FnOnce(&mut Run)) -> Result<Status, Error> {
        let end = self.clock.now() + self.gateway;
        let status = match self.lock(end)? {
            Some(mut locked) => {
                change(locked.run_mut());
                locked.settle()?;
                Status::Done
            }
            None => Status::Locked,
        };
        Ok(if self.clock.now() < end { status } else { Status::GatewayTimeout })
    }

    /// `None` if the request gives up.
    fn lock(&self, end: Duration) -> Result<Option<Locked<'a>>, Error> {
        match self.waiting {
            Waiting::EachSecond => self.look_each_second(end),
            Waiting::Backoff { seed } => self.back_off(seed),
        }
    }

    fn look_each_second(&self, end: Duration) -> Result<Option<Locked<'a>>, Error> {
        loop {
            match self.try_once() {
                Err(error) if error.is_busy() => {}
                done => return done.map(Some),
            }
            if self.clock.now() >= end {
                return Ok(None);
            }
            self.clock.sleep(Duration::from_secs(1));
        }
    }

    fn back_off(&self, seed: u64) -> Result<Option<Locked<'a>>, Error> {
        let retry = Retry::new()
            .max_attempts(u32::MAX)
            .initial_delay(Duration::from_millis(50))
            .max_delay(Duration::from_secs(1));
        // The remaining time is for the work, and for the answer.
        let retry = retry.max_elapsed(self.gateway.mul_f64(0.9)).seed(seed).clock(self.clock);
        match retry.retry_if(Error::is_busy).run(|| self.try_once()) {
            Ok(locked) => Ok(Some(locked)),
            Err(error) if error.error().is_busy() => Ok(None),
            Err(error) => Err(error.into_error()),
        }
    }

    fn try_once(&self) -> Result<Locked<'a>, Error> {
        self.controller.locks().background(self.clock.now())?;
        self.controller.locked()
    }
}
