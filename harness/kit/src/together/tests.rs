//! Actors overlap, and each has an outcome.

use std::panic::panic_any;
use std::time::Duration;

use super::*;
use crate::event::Rendezvous;

const LIMIT: Duration = Duration::from_secs(30);

fn names(n: usize) -> impl Iterator<Item = String> {
    (0..n).map(|actor| actor.to_string())
}

#[track_caller]
fn check(outcomes: Vec<Result<usize, ActorPanic>>) {
    let results: Vec<_> = outcomes.into_iter().map(|outcome| outcome.map_err(|panic| panic.to_string())).collect();
    let panic_error = |text: &str| Err(text.to_owned());
    let expected = [
        Ok(0),
        panic_error("actor 1 panicked: a fixed text"),
        panic_error("actor 2 panicked: a text for 2"),
        panic_error("actor 3 panicked: a panic without text"),
        Ok(4),
    ];
    assert_eq!(results, expected);
}

fn act_or_panic(actor: usize) -> usize {
    match actor {
        1 => panic!("a fixed text"),
        2 => panic!("a text for {actor}"),
        3 => panic_any(actor),
        _ => actor,
    }
}

#[test]
fn outcomes_of_threads_are_in_the_order_of_the_actors() {
    check(run_together(5, act_or_panic));
}

#[tokio::test]
async fn outcomes_of_futures_are_in_the_order_of_the_actors() {
    check(run_together_async(5, async |actor| act_or_panic(actor)).await);
    // The call itself may panic, too.
    check(run_together_async(5, |actor| std::future::ready(act_or_panic(actor))).await);
}

#[test]
fn threads_run_at_the_same_time() {
    let rendezvous = Rendezvous::new("all act", names(20));
    let met = run_together(20, |actor| rendezvous.arrive(&actor.to_string(), LIMIT));
    assert_eq!(met, vec![Ok(Ok(())); 20]);
}

#[tokio::test]
async fn futures_are_polled_concurrently() {
    let rendezvous = Rendezvous::new("all act", names(20));
    let met = run_together_async(20, async |actor| rendezvous.arrive_async(&actor.to_string(), LIMIT).await).await;
    assert_eq!(met, vec![Ok(Ok(())); 20]);
}

#[tokio::test]
async fn panic_of_a_future_does_not_stop_the_others() {
    let rendezvous = Rendezvous::new("all act", names(5));
    let outcomes = run_together_async(5, async |actor| {
        let met = rendezvous.arrive_async(&actor.to_string(), LIMIT).await;
        assert_eq!(met, Ok(()));
        act_or_panic(actor)
    });
    check(outcomes.await);
}

#[tokio::test]
async fn zero_actors_return_at_once() {
    assert_eq!(run_together(0, act_or_panic), []);
    assert_eq!(run_together_async(0, async |actor| act_or_panic(actor)).await, []);
}

#[test]
fn actors_can_borrow_from_the_caller() {
    let words = ["swim", "lane"];
    assert_eq!(run_together(2, |actor| words[actor]), [Ok("swim"), Ok("lane")]);
}
