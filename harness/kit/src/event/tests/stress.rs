//! Threads and futures that wait and count concurrently. Their waits have no limit, so a lost wake-up makes `check` time out.

use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use proptest::prelude::{ProptestConfig, prop, proptest};

use crate::event::{Counter, Event, WaitTimeout};

const LIMIT: Duration = Duration::from_secs(60);
const FOR_EVER: Duration = Duration::MAX;

/// Runs `n` actors at once and expects all of them to finish.
#[track_caller]
fn check(n: usize, act: impl Fn(usize) -> Result<(), WaitTimeout> + Send + Sync + 'static) {
    let (sender, receiver) = channel();
    let (act, start) = (Arc::new(act), Arc::new(Barrier::new(n)));
    for actor in 0..n {
        let (act, start, sender) = (Arc::clone(&act), Arc::clone(&start), sender.clone());
        std::thread::spawn(move || {
            start.wait();
            sender.send(act(actor))
        });
    }
    for _ in 0..n {
        assert_eq!(receiver.recv_timeout(LIMIT), Ok(Ok(())));
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime without drivers asks nothing of the system").block_on(future)
}

#[test]
fn event_wakes_all_waiting_threads_and_futures() {
    for _ in 0..200 {
        let event = Event::new("go");
        check(6, move |actor| match actor {
            0 => {
                event.happen();
                Ok(())
            }
            1..=3 => event.wait_within(FOR_EVER),
            _ => block_on(event.happened_within(FOR_EVER)),
        });
    }
}

#[test]
fn two_actors_that_wait_for_each_other_in_turn_both_finish() {
    let turns: Vec<Event> = (0..30_000).map(|_| Event::new("turn")).collect();
    check(2, move |actor| {
        block_on(async {
            for pair in turns.chunks(2) {
                pair[actor].happen();
                pair[1 - actor].happened_within(FOR_EVER).await?;
            }
            Ok(())
        })
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 50, failure_persistence: None, ..ProptestConfig::default() })]

    /// Each of several threads adds one part; as many threads and futures wait for the partial sums.
    #[test]
    fn counter_wakes_all_waiters_whose_value_is_reached(parts in prop::collection::vec(0_u64..100, 1..5)) {
        let (n, counter) = (parts.len(), Counter::new("parts"));
        check(3 * n, move |actor| {
            let part = actor % n;
            let sum = parts[..=part].iter().sum();
            match actor / n {
                0 => {
                    (0..parts[part]).for_each(|_| counter.add(1));
                    Ok(())
                }
                1 => counter.wait_within(sum, FOR_EVER),
                _ => block_on(counter.reached_within(sum, FOR_EVER)),
            }
        });
    }
}
