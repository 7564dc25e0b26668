//! Races of code that is hostile to a race: it never stops, never ends, or panics in the middle.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use expect_test::{Expect, expect};
use tokio::runtime::Builder;

use crate::point;
use crate::race::{Explore, Race, Report};

/// The message for a poisoned lock.
const NOT_POISONED: &str = "no actor panics while it holds the lock";

fn on_tokio<F: Future>(future: F) -> F::Output {
    Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(future)
}

#[track_caller]
fn check_refused(race: impl FnOnce(), expected: Expect) {
    let panic = catch_unwind(AssertUnwindSafe(race)).expect_err("it is refused");
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    // Other tests of this process can pass points at the same time.
    let without_others = |line: &str| match line.split_once("; ") {
        Some((line, rest)) if rest.ends_with("points were passed by threads or tasks that are not actors\n") => {
            format!("{line}\n")
        }
        _ => line.to_owned(),
    };
    expected.assert_eq(&text.unwrap_or_default().split_inclusive('\n').map(without_others).collect::<String>());
}

#[test]
fn expect_clean_fails_if_no_actor_reached_a_point() {
    check_refused(
        || _ = Race::new(2).run(|_| ()).expect_clean(),
        expect![[r#"
            no actor reached a point, so no interleaving was chosen
            no race in 20 rounds: 2 actors, random interleavings, seed 0
              no actor reached a point, so only the order of starts was chosen
        "#]],
    );
    let report = Race::new(2).rounds(1).run(|_| {
        std::thread::scope(|scope| _ = scope.spawn(|| point!("outside of actors")));
    });
    // Other tests of this process can pass points, too.
    assert!(report.to_string().contains("points were passed by threads or tasks that are not actors"), "{report}");
}

#[test]
fn rounds_without_reset_are_not_complete() {
    let is_there = AtomicBool::new(false);
    let report = Race::new(2).rounds(100).explore(Explore::All).run(|_| {
        if !is_there.load(Ordering::SeqCst) {
            point!("after select");
            is_there.store(true, Ordering::SeqCst);
        }
    });
    assert!(!report.is_complete());
    assert!(report.to_string().contains("is all data reset before each round?"), "{report}");
}

fn poll_until_done(race: Race<'_>) -> Report {
    let is_done = Mutex::new(Vec::new());
    race.run(|actor| {
        let is = |round| is_done.lock().expect(NOT_POISONED).contains(&round);
        if actor.number() > 0 {
            point!("before it is done");
            is_done.lock().expect(NOT_POISONED).push(actor.round());
        }
        while !is(actor.round()) {
            point!("busy");
        }
    })
}

#[test]
fn polling_actors_do_not_block_the_round() {
    for explore in [Explore::Random, Explore::All, Explore::Preemptions { max: 1 }, Explore::Pct { depth: 3 }] {
        poll_until_done(Race::new(2).explore(explore)).expect_clean();
    }
    let replay = poll_until_done(Race::new(2).replay("0").rounds(1));
    assert_eq!(replay.failed_rounds(), 0);
    assert!(replay.to_string().contains("a replay that diverged at step 2"), "{replay}");
}

#[test]
fn max_steps_cuts_an_endless_round() {
    let steps = |report: Report| {
        report.expect_race("not finished after 30 steps");
        // The report stays readable.
        assert!(report.to_string().lines().count() < 100, "{report}");
    };
    steps(Race::new(3).rounds(2).replays(1).max_steps(30).run(|_| (0..200).for_each(|_| point!("busy"))));
    steps(on_tokio(Race::new(3).rounds(2).replays(1).max_steps(30).run_async(async |_| {
        for _ in 0..200 {
            point!(async "busy");
        }
    })));
}

#[test]
fn long_interleaving_is_cut_in_the_report() {
    let report = Race::new(2).rounds(1).replays(0).run(|actor| {
        (0..200).for_each(|_| point!("busy"));
        if actor.number() == 0 { Err("it fails") } else { Ok(()) }
    });
    let text = report.to_string();
    assert!(text.contains("… 342 lines omitted") && text.lines().count() < 70, "{text}");
}

#[test]
fn deadlock_timeout_fails_the_round_of_a_pending_future() {
    let race =
        Race::new(2).rounds(1).replays(1).deadlock_timeout(Duration::from_millis(1)).block_timeout(Duration::ZERO);
    let report = on_tokio(race.run_async(async |actor| {
        point!(async "begun");
        if actor.number() == 1 {
            std::future::pending::<()>().await;
        }
    }));
    report.expect_race("deadlock after 1ms: actor 0 has ended, actor 1 is blocked after `begun`");
}

#[test]
fn subtasks_of_an_actor_are_woken() {
    let report = on_tokio(Race::new(2).rounds(5).run_async(async |_| {
        let tasks = tokio::task::LocalSet::new();
        let stops = || tasks.spawn_local(async { point!(async "in a task of the actor's") });
        let tasks_of_actor = [stops(), stops()];
        tasks
            .run_until(async {
                for task in tasks_of_actor {
                    task.await.expect("it ends");
                }
            })
            .await;
    }));
    report.expect_clean();
}

#[test]
fn dropped_point_does_not_resume_the_next_one() {
    let report = on_tokio(Race::new(1).rounds(1).run_async(async |_| {
        let stops = async { point!(async "in select") };
        tokio::select! {
            biased;
            // Ready at the second poll, at which the point may continue, too.
            () = tokio::task::yield_now() => {}
            () = stops => {}
        }
        point!(async "behind it");
        Err::<(), _>("to be shown")
    }));
    assert!(report.to_string().contains("behind it"), "{report}");
}

#[test]
fn panicking_panic_payload_is_one_error() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("once more");
        }
    }
    let report = Race::new(2).rounds(1).replays(0).run(|actor| {
        point!("before");
        if actor.number() == 0 {
            panic_any(Bomb);
        }
    });
    report.expect_race("panicked: a panic without text");
}

#[test]
fn thread_local_values_may_reach_a_point_when_dropped() {
    struct Last;
    impl Drop for Last {
        fn drop(&mut self) {
            point!("at the end of the thread");
        }
    }
    thread_local!(static LAST: RefCell<Option<Last>> = const { RefCell::new(None) });
    let report = Race::new(2).rounds(3).run(|_| {
        LAST.set(Some(Last));
        point!("before");
    });
    report.expect_clean();
}

#[test]
fn failed_replay_preparation_keeps_the_report() {
    let before = |round| if round < 20 { Ok(()) } else { Err("there are only 20 tables") };
    let report = Race::new(2).before(before).run(|_| {
        point!("before");
        Err::<(), _>("it fails")
    });
    report.expect_race("it fails");
    assert_eq!(report.replays().total, 0);
}

#[test]
fn invalid_uses_panic() {
    check_refused(
        || _ = Race::new(2).before_async(async |_| ()).run(|_| ()),
        expect!["`before_async` and `after_async` need `run_async`"],
    );
    check_refused(|| _ = Race::new(2).replay("0-9"), expect!["`0-9` names actor 9, but the last of 2 actors is 1"]);
    check_refused(
        || _ = Race::new(1).rounds(1).run(|_| Err::<(), _>("7 updates")).expect_race(""),
        expect!["`expect_race` needs a text: any error contains the empty text"],
    );
    let updates = AtomicUsize::new(7);
    let report = Race::new(1).rounds(1).run(|_| Err::<(), _>(format!("{} updates", updates.load(Ordering::SeqCst))));
    report.expect_race("7 updates");
    assert!(
        catch_unwind(AssertUnwindSafe(|| _ = report.expect_race("1 updates"))).is_err(),
        "the original text is compared, not the normalized one"
    );
}
