//! Retries on a manual clock, in threads and in futures.

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
use crate::clock::{ManualClock, Sleep};

/// The surroundings of a retry: plays a script, and logs what happens.
struct ScriptedRun {
    clock: ManualClock,
    script: Mutex<Script>,
}

/// The remaining results of the attempts and of the hooks, and the log.
struct Script {
    attempts: Vec<&'static str>,
    hooks: Vec<&'static str>,
    log: Vec<String>,
}

impl ScriptedRun {
    fn new(attempts: &'static str, hooks: &'static str) -> Self {
        let words = |text: &'static str| text.split_whitespace().rev().collect();
        let script = Script { attempts: words(attempts), hooks: words(hooks), log: Vec::new() };
        Self { clock: ManualClock::new(), script: Mutex::new(script) }
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().expect("no thread panics while it holds the lock")
    }

    fn log(&self, line: impl Into<String>) {
        self.script().log.push(line.into());
    }

    fn work(&self) -> Result<u32, String> {
        self.log("attempt");
        let word = self.script().attempts.pop().expect("there is a word for each attempt");
        self.play(word).map(|()| 7)
    }

    fn hook(&self, error: &str, attempts: u32) -> Result<(), String> {
        self.log(format!("hook({error}, {attempts})"));
        let word = self.script().hooks.pop().unwrap_or("ok");
        self.play(word)
    }

    /// A word after `slow:` takes a second.
    fn play(&self, word: &str) -> Result<(), String> {
        let word = word.strip_prefix("slow:").inspect(|_| self.clock.advance(Duration::from_secs(1))).unwrap_or(word);
        if word == "ok" { Ok(()) } else { Err(word.to_owned()) }
    }

    fn transcript(&self, end: Result<u32, RetryError<String>>) -> String {
        self.log(end.map_or_else(|error| format!("{:?}: {error}", error.reason()), |it| it.to_string()));
        self.script().log.join("; ")
    }
}

impl Clock for ScriptedRun {
    fn now(&self) -> Duration {
        self.clock.now()
    }

    fn sleep(&self, time: Duration) {
        self.log("sleep");
        self.clock.sleep(time);
    }

    fn sleep_async(&self, time: Duration) -> Sleep<'_> {
        self.log("sleep");
        self.clock.sleep_async(time)
    }
}

/// Plays the scripts of attempts and hooks in a thread and in a future.
#[track_caller]
fn check(retry: Retry<'static>, attempts: &'static str, hooks: &'static str, expected: Expect) {
    let is_busy = |error: &String| error.starts_with("busy");
    let run = ScriptedRun::new(attempts, hooks);
    let transcript =
        retry.clone().clock(&run).retry_if(is_busy).before_retry(|error: &String, attempts| run.hook(error, attempts));
    let transcript = run.transcript(transcript.run(|| run.work()));
    expected.assert_eq(&transcript);

    let run = ScriptedRun::new(attempts, hooks);
    let retry = retry.clock(&run).retry_if(is_busy);
    let with_sync_hook = retry.clone().before_retry(|error: &String, attempts| run.hook(error, attempts));
    assert_eq!(run.transcript(now(with_sync_hook.run_async(|| ready(run.work())))), transcript);

    let run = ScriptedRun::new(attempts, hooks);
    let retry = Retry { policy: Policy { clock: &run, ..retry.policy }, ..retry };
    let with_async_hook = retry.before_retry_async(|error: &String, attempts| ready(run.hook(error, attempts)));
    assert_eq!(run.transcript(now(with_async_hook.run_async(|| ready(run.work())))), transcript);
}

/// The output of a future that is ready at once.
#[track_caller]
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("it waits for something"),
    }
}

#[test]
fn hook_and_delay_precede_each_retry() {
    let expected = expect!["attempt; hook(busy1, 1); sleep; attempt; hook(busy2, 2); sleep; attempt; 7"];
    check(Retry::new(), "busy1 busy2 ok", "", expected);
}

#[test]
fn max_attempts_stops_the_retry_without_a_hook() {
    let expected = expect![
        "attempt; hook(busy1, 1); sleep; attempt; hook(busy2, 2); sleep; attempt; MaxAttempts: busy3, after 3 attempts"
    ];
    check(Retry::new().max_attempts(3), "busy1 busy2 busy3", "", expected);
}

#[test]
fn retry_if_stops_at_the_first_other_error() {
    check(Retry::new(), "broken", "", expect!["attempt; NotRetryable: broken, after 1 attempt"]);
    let expected = expect!["attempt; hook(busy, 1); sleep; attempt; NotRetryable: broken, after 2 attempts"];
    check(Retry::new().max_attempts(2), "busy broken", "", expected);
}

#[test]
fn first_attempt_always_runs() {
    check(Retry::new().max_attempts(0), "busy", "", expect!["attempt; MaxAttempts: busy, after 1 attempt"]);
    check(Retry::new().max_attempts(1), "busy", "", expect!["attempt; MaxAttempts: busy, after 1 attempt"]);
    let expected = expect!["attempt; MaxElapsed: busy, after 1 attempt: no time is left for another attempt"];
    check(Retry::new().max_elapsed(Duration::ZERO), "busy", "", expected);
    check(Retry::new().max_attempts(0).max_elapsed(Duration::ZERO), "ok", "", expect!["attempt; 7"]);
}

#[test]
fn failed_hook_stops_the_retry_with_the_error_of_the_attempt() {
    let expected = expect![
        "attempt; hook(busy1, 1); sleep; attempt; hook(busy2, 2); \
         HookFailed: busy2, after 2 attempts; the hook before the retry failed: offline"
    ];
    check(Retry::new(), "busy1 busy2", "ok offline", expected);
}

#[test]
fn max_elapsed_stops_the_retry_before_the_delay() {
    let retry = || Retry::new().max_elapsed(Duration::from_secs(1));
    let expected = expect!["attempt; MaxElapsed: busy, after 1 attempt: no time is left for another attempt"];
    check(retry(), "slow:busy", "", expected);
    let expected =
        expect!["attempt; hook(busy, 1); MaxElapsed: busy, after 1 attempt: no time is left for another attempt"];
    check(retry(), "busy", "slow:ok", expected);
}

/// Sleeps an hour longer than it should, like a machine that was suspended.
struct OversleepingClock(ManualClock);

impl Clock for OversleepingClock {
    fn now(&self) -> Duration {
        self.0.now()
    }

    fn sleep(&self, time: Duration) {
        self.0.sleep(time + Duration::from_secs(3600));
    }

    fn sleep_async(&self, time: Duration) -> Sleep<'_> {
        self.0.sleep_async(time + Duration::from_secs(3600))
    }
}

#[test]
fn max_elapsed_stops_the_retry_after_a_long_sleep() {
    let attempts = Cell::new(0);
    let work = || {
        attempts.set(attempts.get() + 1);
        Err::<(), _>("busy")
    };
    let retry = || Retry::new().max_elapsed(Duration::from_secs(60));
    let clock = OversleepingClock(ManualClock::new());
    let error = retry().clock(&clock).run(work).expect_err("it is never done");
    assert_eq!((error.reason(), attempts.take()), (Reason::MaxElapsed, 1));
    let error = now(retry().clock(&clock).run_async(|| ready(work()))).expect_err("it is never done");
    assert_eq!((error.reason(), attempts.take()), (Reason::MaxElapsed, 1));
}

#[test]
fn success_after_max_elapsed_is_a_success() {
    check(Retry::new().max_elapsed(Duration::from_millis(1)), "slow:ok", "", expect!["attempt; 7"]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn delays_and_attempts_stay_within_their_limits(
        max_attempts in 0_u32..100,
        max_elapsed in proptest::option::of(0_u64..20_000),
        initial_delay in any::<Duration>(),
        max_delay in any::<Duration>(),
        seed in any::<u64>(),
    ) {
        let (clock, max_elapsed) = (ManualClock::new(), max_elapsed.map(Duration::from_millis));
        let mut retry = Retry::new().max_attempts(max_attempts).initial_delay(initial_delay).max_delay(max_delay).seed(seed).clock(&clock);
        retry.policy.max_elapsed = max_elapsed;
        let mut began = Vec::new();
        let end = retry.run(|| { began.push(clock.now()); Err::<(), _>("busy") });
        let error = end.expect_err("it never succeeds");

        prop_assert_eq!(error.attempts() as usize, began.len());
        prop_assert!(error.attempts() <= max_attempts.max(1));
        prop_assert!(error.reason() == Reason::MaxElapsed || error.attempts() == max_attempts.max(1));
        prop_assert!(began[1..].iter().all(|began| max_elapsed.is_none_or(|max| *began < max)));
        for (doublings, pair) in began.windows(2).enumerate() {
            let bound = initial_delay.as_nanos().saturating_mul(1 << doublings.min(100)).min(max_delay.as_nanos());
            prop_assert!((pair[1] - pair[0]).as_nanos() <= bound);
        }
    }
}

fn first_delay(retry: Retry<'_>) -> Duration {
    let clock = ManualClock::new();
    let end =
        retry.max_attempts(2).initial_delay(Duration::from_millis(100)).clock(&clock).run(|| Err::<(), _>("busy"));
    assert!(end.is_err());
    clock.now()
}

#[test]
fn jitter_covers_the_whole_range() {
    let tenths: BTreeSet<u128> = (0..200).map(|seed| first_delay(Retry::new().seed(seed)).as_millis() / 10).collect();
    assert_eq!(tenths, (0..10).collect(), "some tenth of the range never came");
}

#[test]
fn seed_determines_the_delays() {
    assert_eq!(first_delay(Retry::new().seed(7)), first_delay(Retry::new().seed(7)));
    let retry = Retry::new();
    let delays: BTreeSet<_> = (0..10).map(|_| first_delay(retry.clone())).collect();
    assert!(delays.len() > 1, "ten runs had the same delay, to the nanosecond");
}

fn is_send<T: Send>(it: T) -> T {
    it
}

#[test]
fn run_async_is_send_if_its_parts_are() {
    async fn stores() {
        let rolled_back = AtomicU32::new(0);
        let retry = Retry::new().before_retry_async(|_: &String, attempts| {
            let rolled_back = &rolled_back;
            async move {
                ready(()).await;
                rolled_back.fetch_add(attempts, Ordering::SeqCst);
                Ok(())
            }
        });
        let _ = retry.run_async(async || Err::<u32, _>(rolled_back.load(Ordering::SeqCst).to_string())).await;
    }
    async fn fails_with_what_cannot_be_shared() {
        let retry = Retry::new().before_retry(|_: &Cell<u8>, _| Ok(()));
        let _ = retry.run_async(|| async { Err::<(), _>(Cell::new(1)) }).await;
    }
    drop(is_send(stores()));
    drop(is_send(fails_with_what_cannot_be_shared()));
}

#[test]
fn retry_error_has_the_source_of_the_original_error() {
    let refused = || "".parse::<u32>().map_err(std::io::Error::other);
    let error = Retry::new().max_attempts(1).run(refused).expect_err("nothing is no number");
    assert_eq!(error.to_string(), "cannot parse integer from empty string, after 1 attempt");
    let original = error.error().source().map(ToString::to_string);
    assert_eq!(error.source().map(ToString::to_string), original);
}
