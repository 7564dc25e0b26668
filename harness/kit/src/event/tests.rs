//! Tests of events, counters and rendezvous. Futures are polled by hand, so that the order is known.

mod stress;

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use super::*;

const FOR_EVER: Duration = Duration::MAX;

/// Counts how often it was woken.
#[derive(Default)]
struct WakeCounter(AtomicUsize);

impl Wake for WakeCounter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl WakeCounter {
    fn times(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

fn poll<F: Future>(future: &mut Pin<&mut F>, wakes: &Arc<WakeCounter>) -> Poll<F::Output> {
    future.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::clone(wakes))))
}

#[test]
fn waiting_for_an_event_that_has_happened_returns_at_once() {
    let event = Event::new("up");
    event.happen();
    event.happen();
    assert_eq!(event.wait_within(Duration::ZERO), Ok(()));
    assert_eq!(poll(&mut pin!(event.happened_within(Duration::ZERO)), &Arc::default()), Poll::Ready(Ok(())));
}

#[test]
fn event_wakes_a_waiting_future_once() {
    let (event, wakes) = (Event::new("up"), Arc::new(WakeCounter::default()));
    let mut waits = pin!(event.happened_within(FOR_EVER));
    assert_eq!(poll(&mut waits, &wakes), Poll::Pending);
    assert_eq!(wakes.times(), 0);
    event.happen();
    event.happen();
    assert_eq!(wakes.times(), 1);
    assert_eq!(poll(&mut waits, &wakes), Poll::Ready(Ok(())));
}

#[test]
fn event_wakes_the_waker_of_the_last_poll() {
    let (event, first, last) = (Event::new("up"), Arc::new(WakeCounter::default()), Arc::new(WakeCounter::default()));
    let mut waits = pin!(event.happened_within(FOR_EVER));
    assert_eq!(poll(&mut waits, &first), Poll::Pending);
    assert_eq!(poll(&mut waits, &last), Poll::Pending);
    event.happen();
    assert_eq!((first.times(), last.times()), (0, 1));
}

#[test]
fn dropping_a_waiting_future_removes_its_waker() {
    let (event, wakes) = (Event::new("up"), Arc::new(WakeCounter::default()));
    {
        let mut waits = pin!(event.happened_within(FOR_EVER));
        assert_eq!(poll(&mut waits, &wakes), Poll::Pending);
    }
    assert_eq!(event.0.has_happened.n_wakers(), 0);
    event.happen();
    assert_eq!(wakes.times(), 0);
}

#[test]
fn counter_wakes_futures_on_each_change() {
    let (counter, wakes) = (Counter::new("rows"), Arc::new(WakeCounter::default()));
    let mut waits = pin!(counter.reached_within(3, FOR_EVER));
    for n in 1..=3 {
        assert_eq!(poll(&mut waits, &wakes), Poll::Pending);
        counter.add(1);
        assert_eq!(wakes.times(), n);
    }
    assert_eq!(poll(&mut waits, &wakes), Poll::Ready(Ok(())));
}

#[test]
fn counter_saturates_at_its_maximum() {
    let counter = Counter::new("rows");
    counter.add(u64::MAX);
    counter.add(2);
    assert_eq!(counter.count(), u64::MAX);
    assert_eq!(counter.wait_within(u64::MAX, Duration::ZERO), Ok(()));
}

/// A task that is dropped with its waker, and signals an event then.
struct SignalOnDrop(Event);

impl Wake for SignalOnDrop {
    fn wake(self: Arc<Self>) {}
}

impl Drop for SignalOnDrop {
    fn drop(&mut self) {
        self.0.happen();
    }
}

#[test]
fn dropping_a_waker_may_drop_a_task_that_uses_the_same_event() {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let event = Event::new("up");
        let mut waits = pin!(event.happened_within(FOR_EVER));
        let waker = Waker::from(Arc::new(SignalOnDrop(event.clone())));
        assert!(waits.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        drop(waker);
        // The other waker replaces the first one, which held the last reference to its task.
        let _ = poll(&mut waits, &Arc::default());
        sender.send(event.has_happened())
    });
    assert_eq!(receiver.recv_timeout(Duration::from_secs(30)), Ok(true));
}

mod rendezvous {
    use super::*;

    fn three_parties() -> Rendezvous {
        Rendezvous::new("handover", ["alice", "bob", "carol"])
    }

    #[test]
    fn rendezvous_completes_when_the_last_party_arrives() {
        let (rendezvous, wakes) = (three_parties(), Arc::default());
        let mut alice = pin!(rendezvous.arrive_async("alice", FOR_EVER));
        let mut carol = pin!(rendezvous.arrive_async("carol", FOR_EVER));
        assert_eq!(poll(&mut alice, &wakes), Poll::Pending);
        assert_eq!(poll(&mut carol, &wakes), Poll::Pending);
        assert_eq!(rendezvous.arrive("bob", Duration::ZERO), Ok(()));
        assert_eq!(poll(&mut alice, &wakes), Poll::Ready(Ok(())));
        assert_eq!(poll(&mut carol, &wakes), Poll::Ready(Ok(())));
    }

    #[test]
    fn rendezvous_without_parties_rejects_every_party() {
        let rendezvous = Rendezvous::new("handover", [""; 0]);
        check(
            rendezvous.arrive("alice", FOR_EVER),
            r#""handover" failed: alice arrived unexpectedly; missing: none; present: none"#,
        );
    }

    #[track_caller]
    fn check(result: Result<(), RendezvousError>, expected: &str) {
        let text = result.map_err(|error| error.to_string());
        assert_eq!(text, Err(format!("rendezvous {expected}")));
    }

    /// Alice waits when `intruder` arrives. Alice, and Carol who arrives later, get the same error as `intruder`.
    #[track_caller]
    fn check_all(intruder: &str, limit: Duration, expected: &str) {
        let (rendezvous, wakes) = (three_parties(), Arc::default());
        let mut alice = pin!(rendezvous.arrive_async("alice", FOR_EVER));
        assert_eq!(poll(&mut alice, &wakes), Poll::Pending);
        let result = rendezvous.arrive(intruder, limit);
        assert_eq!(wakes.times(), 1);
        assert_eq!(poll(&mut alice, &wakes), Poll::Ready(result.clone()));
        assert_eq!(rendezvous.arrive("carol", FOR_EVER), result);
        check(result, expected);
    }

    #[test]
    fn timeout_of_one_party_fails_all_parties() {
        check_all("bob", Duration::ZERO, r#""handover" timed out after 0ns; missing: carol; present: alice, bob"#);
    }

    #[test]
    fn unexpected_party_fails_all_parties() {
        let expected = r#""handover" failed: dave arrived unexpectedly; missing: bob, carol; present: alice"#;
        check_all("dave", FOR_EVER, expected);
    }

    #[test]
    fn duplicate_arrival_fails_all_parties() {
        check_all("alice", FOR_EVER, r#""handover" failed: alice arrived twice; missing: bob, carol; present: alice"#);
    }

    #[test]
    fn dropping_an_arrival_future_withdraws_the_arrival() {
        let (rendezvous, wakes) = (Rendezvous::new("handover", ["alice", "bob"]), Arc::default());
        {
            let mut alice = pin!(rendezvous.arrive_async("alice", FOR_EVER));
            assert_eq!(poll(&mut alice, &wakes), Poll::Pending);
        }
        let mut bob = pin!(rendezvous.arrive_async("bob", FOR_EVER));
        assert_eq!(poll(&mut bob, &wakes), Poll::Pending);
        assert_eq!(rendezvous.arrive("alice", Duration::ZERO), Ok(()));
        assert_eq!(poll(&mut bob, &wakes), Poll::Ready(Ok(())));
    }

    #[test]
    fn completed_rendezvous_stays_completed() {
        let (rendezvous, wakes) = (Rendezvous::new("handover", ["alice", "bob"]), Arc::default());
        let mut alice = pin!(rendezvous.arrive_async("alice", FOR_EVER));
        assert_eq!(poll(&mut alice, &wakes), Poll::Pending);
        assert_eq!(rendezvous.arrive("bob", Duration::ZERO), Ok(()));
        assert!(rendezvous.arrive("dave", Duration::ZERO).is_err());
        assert!(rendezvous.arrive("bob", Duration::ZERO).is_err());
        assert_eq!(poll(&mut alice, &wakes), Poll::Ready(Ok(())));
    }

    #[test]
    #[should_panic(expected = r#"rendezvous "handover" expects bob twice"#)]
    fn duplicate_party_names_panic() {
        let _ = Rendezvous::new("handover", ["bob", "alice", "bob"]);
    }
}
