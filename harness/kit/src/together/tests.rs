//! Actors overlap, and what becomes of each is told.

use std::panic::panic_any;
use std::time::Duration;

use super::*;
use crate::event::Rendezvous;

const LIMIT: Duration = Duration::from_secs(30);

fn names(n: usize) -> impl Iterator<Item = String> {
    (0..n).map(|actor| actor.to_string())
}

#[track_caller]
fn check(ended: Vec<Result<usize, Panicked>>) {
    let told: Vec<_> = ended.into_iter().map(|ended| ended.map_err(|panicked| panicked.to_string())).collect();
    let panicked = |text: &str| Err(text.to_owned());
    let expected = [
        Ok(0),
        panicked("actor 1 panicked: a fixed text"),
        panicked("actor 2 panicked: a text for 2"),
        panicked("actor 3 panicked: a panic without text"),
        Ok(4),
    ];
    assert_eq!(told, expected);
}

fn stumble(actor: usize) -> usize {
    match actor {
        1 => panic!("a fixed text"),
        2 => panic!("a text for {actor}"),
        3 => panic_any(actor),
        _ => actor,
    }
}

#[test]
fn results_and_panics_are_told_in_the_order_of_the_actors() {
    check(together(5, stumble));
}

#[tokio::test]
async fn results_and_panics_of_futures_are_told_in_the_order_of_the_actors() {
    check(together_async(5, async |actor| stumble(actor)).await);
    // The call itself may panic, too.
    check(together_async(5, |actor| std::future::ready(stumble(actor))).await);
}

#[test]
fn all_threads_are_there_at_once() {
    let meeting = Rendezvous::new("all act", names(20));
    let met = together(20, |actor| meeting.arrive(&actor.to_string(), LIMIT));
    assert_eq!(met, vec![Ok(Ok(())); 20]);
}

#[tokio::test]
async fn all_futures_are_polled_side_by_side() {
    let meeting = Rendezvous::new("all act", names(20));
    let met = together_async(20, async |actor| meeting.arrive_async(&actor.to_string(), LIMIT).await).await;
    assert_eq!(met, vec![Ok(Ok(())); 20]);
}

#[tokio::test]
async fn who_panics_after_a_wait_does_not_stop_the_others() {
    let meeting = Rendezvous::new("all act", names(5));
    let ended = together_async(5, async |actor| {
        let met = meeting.arrive_async(&actor.to_string(), LIMIT).await;
        assert_eq!(met, Ok(()));
        stumble(actor)
    });
    check(ended.await);
}

#[tokio::test]
async fn no_actors_are_fine() {
    assert_eq!(together(0, stumble), []);
    assert_eq!(together_async(0, async |actor| stumble(actor)).await, []);
}

#[test]
fn they_work_with_what_the_caller_has() {
    let words = ["swim", "lane"];
    assert_eq!(together(2, |actor| words[actor]), [Ok("swim"), Ok("lane")]);
}
