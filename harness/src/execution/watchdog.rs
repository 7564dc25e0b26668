//! The state of a lane that its supervisor watches: the running attempt and its deadline.
//!
//! One lock decides which thread reports an attempt: the lane that finished it, or the supervisor that found it past its deadline.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::execution::event_sink::DeadlineSlot;
use crate::execution::progress::TestProgress;
use crate::fixture::attempt_handle::AttemptHandle;
use crate::fixture::timeout_clock::{TimeoutClock, TimeoutControl};
use crate::model::lease::Leases;
use crate::model::mutex::MutexExt;
use crate::os::capture::OutputSink;
use crate::os::clock::Clock;
use crate::os::sys::{ProbeStuck, Stack};
use crate::os::{backtrace, debugger, signals};
use crate::policy::timeout::{self, TimeoutTimer};

/// How long an async body may take to notice that it is cancelled. A body that blocks its thread does not notice.
pub(crate) const TO_DROP: Duration = Duration::from_secs(1);

/// How long the teardown of the fixtures of a cancelled or abandoned attempt may take: as long as the grace period after Ctrl-C.
pub(crate) const TO_TEAR_DOWN: Duration = signals::GRACE;

/// An attempt with a time limit.
#[derive(Debug, Clone)]
pub(crate) struct WatchedAttempt {
    pub(crate) progress: TestProgress,
    pub(crate) started: Duration,
    pub(crate) countdown: TimeoutTimer,
}

/// Why a supervisor stops watching a lane.
#[derive(Debug)]
pub(crate) enum LaneEvent {
    /// The lane has ended.
    Ended,
    /// This attempt ran longer than it may. The lane is lost.
    TimedOut(Box<WatchedAttempt>),
}

/// The supervisor reports the attempt, so the lane must not.
#[derive(Debug)]
pub(crate) struct TimedOut;

/// Between one lane and its supervisor.
pub(crate) struct Watchdog {
    state: Mutex<WatchState>,
    bell: Condvar,
    clock: Clock,
    /// Where the lane's output goes, which the supervisor reads when it gives an attempt up.
    pub(crate) sink: Arc<OutputSink>,
    /// What the attempt that runs there has leased.
    pub(crate) leases: Leases,
    /// The attempt that runs there, for other threads.
    pub(crate) handle: AttemptHandle,
    /// Where the lane's thread is.
    pub(crate) stack: Arc<Stack>,
    /// The controller reads the deadline here, in case all threads of this process hang.
    due: DeadlineSlot,
    /// The process whose descendants are the processes of the run.
    root_process: u32,
}

#[derive(Default)]
struct WatchState {
    watched: Option<WatchedAttempt>,
    /// How many attempts there were; the number of the one that runs.
    number: u64,
    /// When the supervisor looks next by itself.
    looks_at: Option<Duration>,
    /// When the supervisor began the wait that it is in.
    waits_since: Option<Duration>,
    /// When the async body of the attempt was asked to end.
    cancelled_at: Option<Duration>,
    is_abandoned: bool,
    has_ended: bool,
}

struct LaneGuard<'a>(&'a Watchdog);

impl Drop for LaneGuard<'_> {
    fn drop(&mut self) {
        self.0.lock().has_ended = true;
        self.0.bell.notify_one();
    }
}

impl Watchdog {
    pub(crate) fn new(clock: Clock, sink: Arc<OutputSink>, due: DeadlineSlot, root_process: u32) -> Self {
        Self {
            state: Mutex::default(),
            bell: Condvar::new(),
            clock,
            sink,
            leases: Leases::default(),
            handle: AttemptHandle::default(),
            stack: Arc::default(),
            due,
            root_process,
        }
    }

    /// The lane starts an attempt that has a limit. Answers the clock of that limit.
    pub(crate) fn begin(self: &Arc<Self>, watched: WatchedAttempt) -> TimeoutClock {
        let mut state = self.lock();
        // The process may be stopped before the supervisor begins to wait.
        state.waits_since.get_or_insert(watched.started);
        state.watched = Some(watched);
        state.cancelled_at = None;
        state.number += 1;
        self.ring(&state);
        TimeoutClock::new(Arc::<Self>::clone(self), state.number)
    }

    /// Notes when the time is up, and wakes the supervisor if it would look too late. With one limit for all, it has nearly always
    /// an earlier look to come.
    fn ring(&self, state: &WatchState) {
        let ends_at = state.watched.as_ref().and_then(|watched| watched.countdown.ends_at());
        self.due.is(ends_at);
        if ends_at.is_some_and(|ends_at| state.looks_at.is_none_or(|looks_at| ends_at < looks_at)) {
            self.bell.notify_one();
        }
    }

    /// The fixtures of the attempt are there. They were given as much time as the body.
    pub(crate) fn body_begins(&self, now: Duration) {
        let mut state = self.lock();
        if let Some(watched) = &mut state.watched {
            watched.countdown.begin_body(now);
            self.due.is(watched.countdown.ends_at());
        }
    }

    /// The attempt has ended. Answers how much of its time was not counted; `Err` if that was too late.
    pub(crate) fn end(&self) -> Result<Duration, TimedOut> {
        let mut state = self.lock();
        if state.is_abandoned {
            return Err(TimedOut);
        }
        let now = self.clock.now();
        self.skip_stopped(&mut state, now);
        let stood = |watched: WatchedAttempt| watched.countdown.paused_until(now);
        Ok(state.watched.take().map_or(Duration::ZERO, stood))
    }

    /// The lane, on this thread, ends when this is dropped; also by a panic.
    pub(crate) fn open(&self) -> impl Sized {
        (self.stack.enter(), LaneGuard(self))
    }

    /// The stack of the lane as a report, if it can be captured.
    pub(crate) fn stack(&self) -> Option<String> {
        backtrace::report(&self.stack)
    }

    /// The same, if it was not captured before; the process ends after this.
    ///
    /// # Errors
    ///
    /// When the lane is stuck, and may hold a lock that other threads need.
    pub(crate) fn last_stack(&self) -> Result<Option<String>, ProbeStuck> {
        backtrace::last_report(&self.stack, backtrace::ITS_END)
    }

    /// Watches until the lane ends or an attempt in it has run for too long.
    pub(crate) fn wait(&self) -> LaneEvent {
        let mut state = self.lock();
        loop {
            if state.has_ended {
                return LaneEvent::Ended;
            }
            let now = self.clock.now();
            self.skip_stopped(&mut state, now);
            if let Some(mut watched) = state.watched.take_if(|watched| watched.countdown.is_over(now)) {
                if !debugger::is_attached(std::process::id(), self.root_process) {
                    let Some(ends_at) = self.cancel(&mut state, now) else {
                        state.is_abandoned = true;
                        return LaneEvent::TimedOut(Box::new(watched));
                    };
                    self.due.is(Some(ends_at));
                    state.watched = Some(watched);
                    state.looks_at = Some(ends_at);
                    state = self.wait_until(state, Some(ends_at), now);
                    continue;
                }
                watched.countdown.restart(now);
                self.due.is(watched.countdown.ends_at());
                state.watched = Some(watched);
            }
            state.looks_at = state.watched.as_ref().and_then(|watched| watched.countdown.ends_at());
            let looks_at = state.looks_at;
            state = self.wait_until(state, looks_at, now);
        }
    }

    /// Cancels an async body that is past its limit, and returns until when the attempt may end. `None`: its time is over, or the body cannot
    /// be cancelled.
    fn cancel(&self, state: &mut WatchState, now: Duration) -> Option<Duration> {
        let ends_at = match state.cancelled_at {
            None if self.handle.cancel() => {
                state.cancelled_at = Some(now);
                now + TO_DROP
            }
            None => return None,
            // Only the fixtures remain.
            Some(at) if self.handle.was_dropped() => at + TO_TEAR_DOWN,
            Some(at) => at + TO_DROP,
        };
        (now < ends_at).then_some(ends_at)
    }

    /// Waits until something changes, or for a short time: a wait that takes much longer shows that this process was stopped.
    fn wait_until<'a>(
        &self,
        mut state: MutexGuard<'a, WatchState>,
        at: Option<Duration>,
        now: Duration,
    ) -> MutexGuard<'a, WatchState> {
        let Some(at) = at else {
            return self.bell.wait(state).unwrap_or_else(PoisonError::into_inner);
        };
        state.waits_since = Some(now);
        let wait = (at - now).min(timeout::TICK);
        self.bell.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0
    }

    /// The time in which this process was stopped, according to the wait of the supervisor, does not count.
    fn skip_stopped(&self, state: &mut WatchState, now: Duration) {
        let Some(since) = state.waits_since.take() else { return };
        let stopped = timeout::stopped_for(timeout::TICK, now.saturating_sub(since));
        if !stopped.is_zero() {
            state.cancelled_at = state.cancelled_at.map(|at| at + stopped);
            if let Some(watched) = &mut state.watched {
                watched.countdown.skip(stopped);
                self.due.is(watched.countdown.ends_at());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, WatchState> {
        self.state.lock_even_if_poisoned()
    }

    /// The clock of the attempt with this number, if it still runs.
    fn adjust(&self, number: u64, adjust: impl FnOnce(&mut TimeoutTimer, Duration)) {
        let mut state = self.lock();
        if state.number == number
            && let Some(watched) = &mut state.watched
        {
            let now = self.clock.now();
            adjust(&mut watched.countdown, now);
            if watched.countdown.ends_at().is_some() {
                // As in `begin`.
                state.waits_since.get_or_insert(now);
            }
            self.ring(&state);
        }
    }
}

impl TimeoutControl for Watchdog {
    fn pause(&self, number: u64) {
        self.adjust(number, TimeoutTimer::pause);
    }

    fn resume(&self, number: u64) {
        self.adjust(number, TimeoutTimer::resume);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::model::event::{CaseIx, TestId};
    use crate::model::leaks::Leaks;
    use crate::model::timing::Timing;
    use crate::os::sys;

    /// An attempt that started when the clock did.
    fn first_attempt(limit: Duration) -> WatchedAttempt {
        let test_id = TestId { case: CaseIx(0), name: "", iteration: 1 };
        let (attempt, queued, took, first, should_panic) = (1, Duration::ZERO, Timing::default(), None, false);
        let (leaks, has_rested, failed_on) = (Leaks::default(), false, None);
        let progress =
            TestProgress { test_id, attempt, queued, took, first, should_panic, leaks, has_rested, failed_on };
        WatchedAttempt { progress, started: Duration::ZERO, countdown: TimeoutTimer::new(limit, Duration::ZERO) }
    }

    #[test]
    fn time_in_which_the_process_was_stopped_before_the_supervisor_waits_does_not_count() {
        let clock = Clock::since(sys::monotonic_nanos() - 3_000_000_000);
        let watch = Arc::new(Watchdog::new(clock, Arc::default(), DeadlineSlot::default(), std::process::id()));
        watch.begin(first_attempt(Duration::from_secs(2)));
        std::thread::scope(|scope| {
            let supervisor = scope.spawn(|| watch.wait());
            while watch.lock().looks_at.is_none() && !supervisor.is_finished() {
                std::thread::yield_now();
            }
            drop(watch.open());
            let event = supervisor.join().expect("no panic");
            assert!(matches!(event, LaneEvent::Ended), "{event:?}");
        });
    }
}
