//! What those who wait for events, counters and meetings learn. Futures are polled by hand, so that the order is known.

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
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Woken {
    fn times(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

fn poll<F: Future>(future: &mut Pin<&mut F>, woken: &Arc<Woken>) -> Poll<F::Output> {
    future.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::clone(woken))))
}

#[test]
fn who_comes_when_it_has_happened_does_not_wait() {
    let event = Event::new("up");
    event.happen();
    event.happen();
    assert_eq!(event.wait_within(Duration::ZERO), Ok(()));
    assert_eq!(poll(&mut pin!(event.happened_within(Duration::ZERO)), &Arc::default()), Poll::Ready(Ok(())));
}

#[test]
fn a_future_is_woken_once_when_it_happens() {
    let (event, woken) = (Event::new("up"), Arc::new(Woken::default()));
    let mut waits = pin!(event.happened_within(FOR_EVER));
    assert_eq!(poll(&mut waits, &woken), Poll::Pending);
    assert_eq!(woken.times(), 0);
    event.happen();
    event.happen();
    assert_eq!(woken.times(), 1);
    assert_eq!(poll(&mut waits, &woken), Poll::Ready(Ok(())));
}

#[test]
fn the_waker_of_the_last_poll_is_woken() {
    let (event, first, last) = (Event::new("up"), Arc::new(Woken::default()), Arc::new(Woken::default()));
    let mut waits = pin!(event.happened_within(FOR_EVER));
    assert_eq!(poll(&mut waits, &first), Poll::Pending);
    assert_eq!(poll(&mut waits, &last), Poll::Pending);
    event.happen();
    assert_eq!((first.times(), last.times()), (0, 1));
}

#[test]
fn a_future_that_is_dropped_is_not_woken_and_leaves_nothing() {
    let (event, woken) = (Event::new("up"), Arc::new(Woken::default()));
    {
        let mut waits = pin!(event.happened_within(FOR_EVER));
        assert_eq!(poll(&mut waits, &woken), Poll::Pending);
    }
    assert_eq!(event.0.has_happened.n_wakers(), 0);
    event.happen();
    assert_eq!(woken.times(), 0);
}

#[test]
fn a_counter_wakes_futures_before_they_have_what_they_want() {
    let (counter, woken) = (Counter::new("rows"), Arc::new(Woken::default()));
    let mut waits = pin!(counter.reached_within(3, FOR_EVER));
    for n in 1..=3 {
        assert_eq!(poll(&mut waits, &woken), Poll::Pending);
        counter.add(1);
        assert_eq!(woken.times(), n);
    }
    assert_eq!(poll(&mut waits, &woken), Poll::Ready(Ok(())));
}

#[test]
fn a_count_does_not_overflow() {
    let counter = Counter::new("rows");
    counter.add(u64::MAX);
    counter.add(2);
    assert_eq!(counter.count(), u64::MAX);
    assert_eq!(counter.wait_within(u64::MAX, Duration::ZERO), Ok(()));
}

/// A task that is dropped with its waker, and looks at an event then.
struct Looks(Event);

impl Wake for Looks {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Looks {
    fn drop(&mut self) {
        self.0.happen();
    }
}

#[test]
fn a_waker_may_take_a_task_along_that_uses_the_same_event() {
    let (told, tell) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let event = Event::new("up");
        let mut waits = pin!(event.happened_within(FOR_EVER));
        let waker = Waker::from(Arc::new(Looks(event.clone())));
        assert!(waits.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        drop(waker);
        // The other waker takes the place of that one, which was the last to hold its task.
        let _ = poll(&mut waits, &Arc::default());
        told.send(event.has_happened())
    });
    assert_eq!(tell.recv_timeout(Duration::from_secs(30)), Ok(true));
}

mod meetings {
    use super::*;

    fn of_three() -> Rendezvous {
        Rendezvous::new("handover", ["alice", "bob", "carol"])
    }

    #[test]
    fn everybody_goes_on_when_the_last_one_comes() {
        let (meeting, woken) = (of_three(), Arc::default());
        let mut alice = pin!(meeting.arrive_async("alice", FOR_EVER));
        let mut carol = pin!(meeting.arrive_async("carol", FOR_EVER));
        assert_eq!(poll(&mut alice, &woken), Poll::Pending);
        assert_eq!(poll(&mut carol, &woken), Poll::Pending);
        assert_eq!(meeting.arrive("bob", Duration::ZERO), Ok(()));
        assert_eq!(poll(&mut alice, &woken), Poll::Ready(Ok(())));
        assert_eq!(poll(&mut carol, &woken), Poll::Ready(Ok(())));
    }

    #[test]
    fn a_meeting_of_nobody_knows_only_strangers() {
        let meeting = Rendezvous::new("handover", [""; 0]);
        check(
            meeting.arrive("alice", FOR_EVER),
            r#""handover" failed as alice came, who is not expected; missing: nobody; there: nobody"#,
        );
    }

    #[track_caller]
    fn check(learnt: Result<(), Missing>, expected: &str) {
        let text = learnt.map_err(|missing| missing.to_string());
        assert_eq!(text, Err(format!("rendezvous {expected}")));
    }

    /// Alice waits; `upset` comes. Alice, and Carol who comes after, learn what that one learns.
    #[track_caller]
    fn check_all(upset: &str, limit: Duration, expected: &str) {
        let (meeting, woken) = (of_three(), Arc::default());
        let mut alice = pin!(meeting.arrive_async("alice", FOR_EVER));
        assert_eq!(poll(&mut alice, &woken), Poll::Pending);
        let learnt = meeting.arrive(upset, limit);
        assert_eq!(woken.times(), 1);
        assert_eq!(poll(&mut alice, &woken), Poll::Ready(learnt.clone()));
        assert_eq!(meeting.arrive("carol", FOR_EVER), learnt);
        check(learnt, expected);
    }

    #[test]
    fn all_learn_who_is_missing_when_one_has_no_time_left() {
        check_all("bob", Duration::ZERO, r#""handover" failed after 0ns; missing: carol; there: alice, bob"#);
    }

    #[test]
    fn all_learn_that_a_stranger_came() {
        let expected = r#""handover" failed as dave came, who is not expected; missing: bob, carol; there: alice"#;
        check_all("dave", FOR_EVER, expected);
    }

    #[test]
    fn all_learn_that_one_came_twice() {
        check_all("alice", FOR_EVER, r#""handover" failed as alice came twice; missing: bob, carol; there: alice"#);
    }

    #[test]
    fn who_drops_its_future_is_missing_and_may_come_again() {
        let (meeting, woken) = (Rendezvous::new("handover", ["alice", "bob"]), Arc::default());
        {
            let mut alice = pin!(meeting.arrive_async("alice", FOR_EVER));
            assert_eq!(poll(&mut alice, &woken), Poll::Pending);
        }
        let mut bob = pin!(meeting.arrive_async("bob", FOR_EVER));
        assert_eq!(poll(&mut bob, &woken), Poll::Pending);
        assert_eq!(meeting.arrive("alice", Duration::ZERO), Ok(()));
        assert_eq!(poll(&mut bob, &woken), Poll::Ready(Ok(())));
    }

    #[test]
    fn what_has_taken_place_cannot_fail_any_more() {
        let (meeting, woken) = (Rendezvous::new("handover", ["alice", "bob"]), Arc::default());
        let mut alice = pin!(meeting.arrive_async("alice", FOR_EVER));
        assert_eq!(poll(&mut alice, &woken), Poll::Pending);
        assert_eq!(meeting.arrive("bob", Duration::ZERO), Ok(()));
        assert!(meeting.arrive("dave", Duration::ZERO).is_err());
        assert!(meeting.arrive("bob", Duration::ZERO).is_err());
        assert_eq!(poll(&mut alice, &woken), Poll::Ready(Ok(())));
    }

    #[test]
    #[should_panic(expected = r#"rendezvous "handover" expects bob twice"#)]
    fn nobody_is_expected_twice() {
        let _ = Rendezvous::new("handover", ["bob", "alice", "bob"]);
    }
}
