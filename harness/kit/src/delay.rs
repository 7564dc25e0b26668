//! A deadline of a future, on any runtime.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// A future that is ready when its time is over.
///
/// The timer thread of `futures-timer` may keep a deadline for some time after its drop. The waker, and with it a whole runtime, is
/// released at once.
#[derive(Debug)]
pub(crate) struct Delay {
    time: futures_timer::Delay,
    shared: Arc<SharedWaker>,
}

/// The waker of the last poll, shared with the timer.
#[derive(Debug, Default)]
struct SharedWaker(Mutex<Option<Waker>>);

impl SharedWaker {
    fn set(&self, waker: Option<Waker>) -> Option<Waker> {
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), waker)
    }
}

impl Wake for SharedWaker {
    fn wake(self: Arc<Self>) {
        if let Some(waker) = self.set(None) {
            waker.wake();
        }
    }
}

impl Delay {
    pub(crate) fn new(time: Duration) -> Self {
        Self { time: futures_timer::Delay::new(time), shared: Arc::default() }
    }
}

impl Future for Delay {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.shared.set(Some(cx.waker().clone()));
        let waker = Waker::from(Arc::clone(&self.shared));
        Pin::new(&mut self.time).poll(&mut Context::from_waker(&waker))
    }
}

impl Drop for Delay {
    fn drop(&mut self) {
        self.shared.set(None);
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    struct NoopWake;

    impl Wake for NoopWake {
        fn wake(self: Arc<Self>) {}
    }

    #[test]
    fn dropping_a_delay_releases_its_waker() {
        let noop = Arc::new(NoopWake);
        let waker = Waker::from(Arc::clone(&noop));
        let mut delay = Delay::new(Duration::from_secs(3600));
        assert!(Pin::new(&mut delay).poll(&mut Context::from_waker(&waker)).is_pending());
        drop((delay, waker));
        assert_eq!(Arc::strong_count(&noop), 1);
    }

    #[test]
    fn delay_is_ready_when_its_time_is_over() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let mut delay = Delay::new(Duration::from_millis(1));
        runtime.block_on(poll_fn(|cx| Pin::new(&mut delay).poll(cx)));
    }
}
