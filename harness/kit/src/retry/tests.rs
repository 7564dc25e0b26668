//! What a retry does, on a clock that takes no time; the same in threads and futures.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::error::Error;
use std::future::ready;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use expect_test::{Expect, expect};
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};

use super::*;
use crate::clock::{ManualClock, Rest};

/// What surrounds a retry: it plays a script, and writes down what happens.
struct World {
    clock: ManualClock,
    script: Mutex<Script>,
}

/// The words that are left of what the tries and the hooks answer, and the log.
struct Script {
    tries: Vec<&'static str>,
    hooks: Vec<&'static str>,
    log: Vec<String>,
}

impl World {
    fn new(tries: &'static str, hooks: &'static str) -> Self {
        let words = |text: &'static str| text.split_whitespace().rev().collect();
        let script = Script { tries: words(tries), hooks: words(hooks), log: Vec::new() };
        Self { clock: ManualClock::new(), script: Mutex::new(script) }
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().expect("nobody panics with it in his hand")
    }

    fn log(&self, line: impl Into<String>) {
        self.script().log.push(line.into());
    }

    fn work(&self) -> Result<u32, String> {
        self.log("try");
        let word = self.script().tries.pop().expect("there is a word for each try");
        self.play(word).map(|()| 7)
    }

    fn prepare(&self, error: &str, tries: u32) -> Result<(), String> {
        self.log(format!("hook({error}, {tries})"));
        let word = self.script().hooks.pop().unwrap_or("ok");
        self.play(word)
    }

    /// A word after `slow:` takes a second.
    fn play(&self, word: &str) -> Result<(), String> {
        let word = word.strip_prefix("slow:").inspect(|_| self.clock.advance(Duration::from_secs(1))).unwrap_or(word);
        if word == "ok" { Ok(()) } else { Err(word.to_owned()) }
    }

    fn told(&self, end: Result<u32, GaveUp<String>>) -> String {
        self.log(end.map_or_else(|gave_up| format!("{:?}: {gave_up}", gave_up.reason()), |it| it.to_string()));
        self.script().log.join("; ")
    }
}

impl Clock for World {
    fn now(&self) -> Duration {
        self.clock.now()
    }

    fn rest(&self, time: Duration) {
        self.log("rest");
        self.clock.rest(time);
    }

    fn rest_async(&self, time: Duration) -> Rest<'_> {
        self.log("rest");
        self.clock.rest_async(time)
    }
}

/// Plays the scripts of tries and hooks in a thread and in a future.
#[track_caller]
fn check(retry: Retry<'static>, tries: &'static str, hooks: &'static str, expected: Expect) {
    let is_busy = |error: &String| error.starts_with("busy");
    let world = World::new(tries, hooks);
    let told =
        retry.clone().clock(&world).when(is_busy).before_again(|error: &String, tries| world.prepare(error, tries));
    let told = world.told(told.run(|| world.work()));
    expected.assert_eq(&told);

    let world = World::new(tries, hooks);
    let retry = retry.clock(&world).when(is_busy);
    let with_sync_hook = retry.clone().before_again(|error: &String, tries| world.prepare(error, tries));
    assert_eq!(world.told(now(with_sync_hook.run_async(|| ready(world.work())))), told);

    let world = World::new(tries, hooks);
    let retry = Retry { policy: Policy { clock: &world, ..retry.policy }, ..retry };
    let with_async_hook = retry.before_again_async(|error: &String, tries| ready(world.prepare(error, tries)));
    assert_eq!(world.told(now(with_async_hook.run_async(|| ready(world.work())))), told);
}

/// Of a future that need not wait.
#[track_caller]
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("it waits for something"),
    }
}

#[test]
fn before_each_new_try_it_prepares_and_rests() {
    let expected = expect!["try; hook(busy1, 1); rest; try; hook(busy2, 2); rest; try; 7"];
    check(Retry::new(), "busy1 busy2 ok", "", expected);
}

#[test]
fn the_last_error_is_given_back_and_nothing_is_prepared_after_it() {
    let expected = expect!["try; hook(busy1, 1); rest; try; hook(busy2, 2); rest; try; Tries: busy3, after 3 tries"];
    check(Retry::new().tries(3), "busy1 busy2 busy3", "", expected);
}

#[test]
fn an_error_that_is_not_worth_it_is_given_back_at_once() {
    check(Retry::new(), "broken", "", expect!["try; Error: broken, after 1 try"]);
    let expected = expect!["try; hook(busy, 1); rest; try; Error: broken, after 2 tries"];
    check(Retry::new().tries(2), "busy broken", "", expected);
}

#[test]
fn it_is_tried_once_at_least() {
    check(Retry::new().tries(0), "busy", "", expect!["try; Tries: busy, after 1 try"]);
    check(Retry::new().tries(1), "busy", "", expect!["try; Tries: busy, after 1 try"]);
    let expected = expect!["try; Time: busy, after 1 try, and no time is left for another"];
    check(Retry::new().within(Duration::ZERO), "busy", "", expected);
    check(Retry::new().tries(0).within(Duration::ZERO), "ok", "", expect!["try; 7"]);
}

#[test]
fn a_hook_that_fails_ends_it_with_the_error_of_the_try() {
    let expected = expect![
        "try; hook(busy1, 1); rest; try; hook(busy2, 2); \
         Hook: busy2, after 2 tries, and what comes before another failed: offline"
    ];
    check(Retry::new(), "busy1 busy2", "ok offline", expected);
}

#[test]
fn it_does_not_rest_when_the_time_is_over_after_that() {
    let retry = || Retry::new().within(Duration::from_secs(1));
    let expected = expect!["try; Time: busy, after 1 try, and no time is left for another"];
    check(retry(), "slow:busy", "", expected);
    let expected = expect!["try; hook(busy, 1); Time: busy, after 1 try, and no time is left for another"];
    check(retry(), "busy", "slow:ok", expected);
}

/// Rests an hour longer than it should, as a machine does that is suspended meanwhile.
struct Oversleeps(ManualClock);

impl Clock for Oversleeps {
    fn now(&self) -> Duration {
        self.0.now()
    }

    fn rest(&self, time: Duration) {
        self.0.rest(time + Duration::from_secs(3600));
    }

    fn rest_async(&self, time: Duration) -> Rest<'_> {
        self.0.rest_async(time + Duration::from_secs(3600))
    }
}

#[test]
fn no_try_begins_when_a_rest_took_longer_than_the_limit() {
    let tries = Cell::new(0);
    let work = || {
        tries.set(tries.get() + 1);
        Err::<(), _>("busy")
    };
    let retry = || Retry::new().within(Duration::from_secs(60));
    let clock = Oversleeps(ManualClock::new());
    let gave_up = retry().clock(&clock).run(work).expect_err("it is never done");
    assert_eq!((gave_up.reason(), tries.take()), (Reason::Time, 1));
    let gave_up = now(retry().clock(&clock).run_async(|| ready(work()))).expect_err("it is never done");
    assert_eq!((gave_up.reason(), tries.take()), (Reason::Time, 1));
}

#[test]
fn what_succeeds_late_has_succeeded() {
    check(Retry::new().within(Duration::from_millis(1)), "slow:ok", "", expect!["try; 7"]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rests_are_within_their_bounds_and_no_limit_is_passed(
        tries in 0_u32..100,
        within in proptest::option::of(0_u64..20_000),
        first in any::<Duration>(),
        at_most in any::<Duration>(),
        seed in any::<u64>(),
    ) {
        let (clock, within) = (ManualClock::new(), within.map(Duration::from_millis));
        let mut retry = Retry::new().tries(tries).first(first).at_most(at_most).seed(seed).clock(&clock);
        retry.policy.within = within;
        let mut began = Vec::new();
        let end = retry.run(|| { began.push(clock.now()); Err::<(), _>("busy") });
        let gave_up = end.expect_err("it never succeeds");

        prop_assert_eq!(gave_up.tries() as usize, began.len());
        prop_assert!(gave_up.tries() <= tries.max(1));
        prop_assert!(gave_up.reason() == Reason::Time || gave_up.tries() == tries.max(1));
        prop_assert!(began[1..].iter().all(|began| within.is_none_or(|within| *began < within)));
        for (doublings, pair) in began.windows(2).enumerate() {
            let longest = first.as_nanos().saturating_mul(1 << doublings.min(100)).min(at_most.as_nanos());
            prop_assert!((pair[1] - pair[0]).as_nanos() <= longest);
        }
    }
}

fn first_rest(retry: Retry<'_>) -> Duration {
    let clock = ManualClock::new();
    let end = retry.tries(2).first(Duration::from_millis(100)).clock(&clock).run(|| Err::<(), _>("busy"));
    assert!(end.is_err());
    clock.now()
}

#[test]
fn jitter_is_full() {
    let tenths: BTreeSet<u128> = (0..200).map(|seed| first_rest(Retry::new().seed(seed)).as_millis() / 10).collect();
    assert_eq!(tenths, (0..10).collect(), "some tenth of the longest rest never came");
}

#[test]
fn chance_is_that_of_the_seed_or_of_each_run() {
    assert_eq!(first_rest(Retry::new().seed(7)), first_rest(Retry::new().seed(7)));
    let retry = Retry::new();
    let rests: BTreeSet<_> = (0..10).map(|_| first_rest(retry.clone())).collect();
    assert!(rests.len() > 1, "ten runs rested alike, to the nanosecond");
}

fn is_send<T: Send>(it: T) -> T {
    it
}

#[test]
fn a_future_is_send_where_what_it_works_with_is() {
    async fn stores() {
        let rolled_back = AtomicU32::new(0);
        let retry = Retry::new().before_again_async(|_: &String, tries| {
            let rolled_back = &rolled_back;
            async move {
                ready(()).await;
                rolled_back.fetch_add(tries, Ordering::SeqCst);
                Ok(())
            }
        });
        let _ = retry.run_async(async || Err::<u32, _>(rolled_back.load(Ordering::SeqCst).to_string())).await;
    }
    async fn fails_with_what_cannot_be_shared() {
        let retry = Retry::new().before_again(|_: &Cell<u8>, _| Ok(()));
        let _ = retry.run_async(|| async { Err::<(), _>(Cell::new(1)) }).await;
    }
    drop(is_send(stores()));
    drop(is_send(fails_with_what_cannot_be_shared()));
}

#[test]
fn it_gives_up_as_an_error_with_the_sources_of_the_original() {
    let refused = || "".parse::<u32>().map_err(std::io::Error::other);
    let gave_up = Retry::new().tries(1).run(refused).expect_err("nothing is no number");
    assert_eq!(gave_up.to_string(), "cannot parse integer from empty string, after 1 try");
    let original = gave_up.error().source().map(ToString::to_string);
    assert_eq!(gave_up.source().map(ToString::to_string), original);
}
