//! A deadline of a future, on any runtime.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// Ready when its time is over.
///
/// The thread that keeps the time forgets a deadline only some time after it was dropped. What would have been woken, and with it a whole
/// runtime, is let go at once.
#[derive(Debug)]
pub(crate) struct Delay {
    time: futures_timer::Delay,
    woken: Arc<Woken>,
}

/// Who is to be woken.
#[derive(Debug, Default)]
struct Woken(Mutex<Option<Waker>>);

impl Woken {
    fn set(&self, waker: Option<Waker>) -> Option<Waker> {
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), waker)
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        if let Some(waker) = self.set(None) {
            waker.wake();
        }
    }
}

impl Delay {
    pub(crate) fn new(time: Duration) -> Self {
        Self { time: futures_timer::Delay::new(time), woken: Arc::default() }
    }
}

impl Future for Delay {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.woken.set(Some(cx.waker().clone()));
        let waker = Waker::from(Arc::clone(&self.woken));
        Pin::new(&mut self.time).poll(&mut Context::from_waker(&waker))
    }
}

impl Drop for Delay {
    fn drop(&mut self) {
        self.woken.set(None);
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    struct Nobody;

    impl Wake for Nobody {
        fn wake(self: Arc<Self>) {}
    }

    #[test]
    fn who_was_to_be_woken_is_let_go_with_the_deadline() {
        let nobody = Arc::new(Nobody);
        let waker = Waker::from(Arc::clone(&nobody));
        let mut delay = Delay::new(Duration::from_secs(3600));
        assert!(Pin::new(&mut delay).poll(&mut Context::from_waker(&waker)).is_pending());
        drop((delay, waker));
        assert_eq!(Arc::strong_count(&nobody), 1);
    }

    #[test]
    fn it_is_ready_when_its_time_is_over() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let mut delay = Delay::new(Duration::from_millis(1));
        runtime.block_on(poll_fn(|cx| Pin::new(&mut delay).poll(cx)));
    }
}
