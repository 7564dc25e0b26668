//! Clients that link their own sessions to one experiment, whose row all of them change; and clients that link the same session.

use std::time::Duration;

use session_traces::{Key, Linked};
use swimlanes::kit::race::{Explore, Race, Replays, Report};
use swimlanes::kit::retry::Retry;
use swimlanes::prelude::*;

use crate::fixtures::{
    CLIENTS, EXPERIMENT, Form, Needed, OTHER_EXPERIMENT, TestResult, Traces, at_once, gated, on_conflict, pressure,
    select_then_insert,
};

/// In each round each client links one session.
fn link_own_sessions<'a>(race: Race<'a>, traces: &'a Traces) -> Report {
    let record = |round| -> TestResult {
        let one_each =
            "INSERT INTO session_trace SELECT format('session-{}-{}', ?, range), 'someone' FROM range(?::BIGINT)";
        traces.db.connect()?.execute(one_each, [round, traces.n_clients()])?;
        Ok(())
    };
    let race = race.before(record).after(|_| traces.recorded_and_linked_once()).waiting(|| traces.writes.waiting());
    race.run(|actor| -> TestResult<Linked> {
        let session = format!("session-{}-{}", actor.round(), actor.number());
        Ok(traces.client(actor.number()).link(&session, EXPERIMENT)?)
    })
}

/// Also prints the rounds of plain threads, which wait between their attempts. It is `serial`, so that no other test runs at the same time.
#[swimlanes::test(cases(one = 1, three = 3), tags("broken", "integration"), slow, serial, timeout = "2m")]
fn few_attempts_fail_with_20_of_20_seeds(#[case] attempts: u32, db: DuckDb) -> TestResult {
    let form = select_then_insert(Key::Primary).retrying(at_once(attempts));
    let with_rests = form.clone().retrying(Retry::new().max_attempts(attempts).initial_delay(Duration::from_millis(1)));
    let (mut chosen, mut free) = (Needed::default(), Needed::default());
    for seed in 0..20 {
        let race = Race::new(8).rounds(20).seed(seed).until_race().replays(2);
        let report = link_own_sessions(race, &Traces::new(&db, &form, 8)?);
        report.expect_race("Conflict on update!").expect_race("is not linked");
        assert_eq!(report.replays(), Replays { same: 2, total: 2 }, "{report}");
        chosen.add(&report);
        let race = Race::new(8).rounds(20).explore(Explore::Free).until_race();
        free.add(&link_own_sessions(race, &Traces::new(&db, &with_rests, 8)?));
    }
    println!("8 clients, attempts {attempts}: {chosen}; with plain threads {free}");
    Ok(())
}

/// Behind the gate, transactions do not conflict, so the first of three attempts succeeds. Without it, a client must retry without a limit
/// until the others have ended.
#[swimlanes::test(
    cases(gated = gated(Key::Primary), gated_without_a_key = gated(Key::Missing), on_conflict = on_conflict()),
    tags("mended", "integration"),
    timeout = "1m"
)]
fn each_session_is_linked_once(#[case] form: Form, db: DuckDb) -> TestResult {
    link_own_sessions(pressure(), &Traces::new(&db, &form, CLIENTS)?).expect_clean();
    Ok(())
}

/// The same pressure, in the broken form.
#[swimlanes::test(tags("broken", "integration"), timeout = "1m")]
fn three_attempts_fail_under_pressure(db: DuckDb) -> TestResult {
    let report = link_own_sessions(pressure(), &Traces::new(&db, &select_then_insert(Key::Primary), CLIENTS)?);
    report.expect_race("Conflict on update!, after 3 tries");
    Ok(())
}

/// In each round all clients link the session of that round, half of them to another experiment.
fn link_one_session<'a>(race: Race<'a>, traces: &'a Traces) -> Report {
    let record = |round| -> TestResult {
        let insert = "INSERT INTO session_trace VALUES (format('session-{}', ?), 'someone')";
        traces.db.connect()?.execute(insert, [round])?;
        Ok(())
    };
    let race = race.before(record).after(|_| traces.recorded_and_linked_once()).waiting(|| traces.writes.waiting());
    race.run(|actor| -> TestResult<Linked> {
        let experiment = [EXPERIMENT, OTHER_EXPERIMENT][actor.number() % 2];
        Ok(traces.client(actor.number()).link(&format!("session-{}", actor.round()), experiment)?)
    })
}

/// With a key, the error is a `Duplicate key` at the insert, or a `duplicate key` at the commit.
#[swimlanes::test(
    cases(with_a_key = (Key::Primary, "uplicate key"), without_a_key = (Key::Missing, "is linked")),
    tags("broken", "integration"),
    slow,
    timeout = "1m"
)]
fn select_then_insert_of_a_link_is_caught_with_20_of_20_seeds(
    #[case] key: Key,
    #[case] error: &str,
    db: DuckDb,
) -> TestResult {
    for seed in 0..20 {
        let race = Race::new(2).rounds(20).seed(seed).until_race().replays(2);
        let report = link_one_session(race, &Traces::new(&db, &select_then_insert(key), 2)?);
        report.expect_race(error);
        assert_eq!(report.replays(), Replays { same: 2, total: 2 }, "{report}");
    }
    Ok(())
}

#[swimlanes::test(
    cases(gated = gated(Key::Primary), gated_without_a_key = gated(Key::Missing), on_conflict = on_conflict()),
    tags("mended", "integration"),
    timeout = "1m"
)]
fn many_clients_link_one_session_once(#[case] form: Form, db: DuckDb) -> TestResult {
    link_one_session(pressure(), &Traces::new(&db, &form, CLIENTS)?).expect_clean();
    Ok(())
}

/// The same pressure, in the broken form.
#[swimlanes::test(
    cases(
        with_a_key = (Key::Primary, "violates primary key constraint"),
        without_a_key = (Key::Missing, "is linked"),
    ),
    tags("broken", "integration"),
    timeout = "1m"
)]
fn select_then_insert_of_a_link_fails_under_the_same_pressure(
    #[case] key: Key,
    #[case] error: &str,
    db: DuckDb,
) -> TestResult {
    link_one_session(pressure(), &Traces::new(&db, &select_then_insert(key), CLIENTS)?).expect_race(error);
    Ok(())
}
