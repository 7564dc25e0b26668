//! The rules of every transaction: its isolation, the timeout of its statements, its retries. These tests need no concurrent threads.

use std::time::Duration;

use story_engine::{Creating, Engine, LockOrder, Updating};
use swimlanes::prelude::*;

use crate::fixtures::{Schema, Stage, Stages, TestResult};

#[swimlanes::test(tags("integration", "mended"))]
fn transactions_are_read_committed_with_30_s_for_a_statement(db: Postgres, stages: &Stages) -> TestResult {
    let stage = stages.clean(&db, Schema::Strict)?;
    let mut client = stage.connect()?;
    client.batch_execute("SET default_transaction_isolation = serializable; SET statement_timeout = '1h'")?;
    let settings = Engine::new(client).transaction(|tx| {
        let mut show = |setting| Ok::<String, story_engine::Error>(tx.row(setting, &[])?.get(0));
        Ok([show("SHOW transaction_isolation")?, show("SHOW statement_timeout")?])
    })?;
    assert_eq!(settings, ["read committed", "30s"]);
    Ok(())
}

#[swimlanes::test(tags("integration", "mended"))]
fn statement_timeout_is_error_57014_and_rolls_back(db: Postgres, stages: &Stages) -> TestResult {
    let stage = stages.clean(&db, Schema::Strict)?;
    let story = stage.story();
    let alice = stage.onlooker().characters().get_or_create(story, "Alice", Creating::UniqueKey)?.character().id;
    let mut holder = stage.connect()?;
    let mut held = holder.transaction()?;
    held.query_one("SELECT FROM story WHERE id = $1 FOR UPDATE", &[&story])?;

    // Against the lock order, so that it has written and locked something before it waits.
    let mut waiter = Engine::new(stage.connect()?).statement_timeout(Duration::from_millis(20));
    let why = waiter.rename(alice, "Alicia", LockOrder::CharacterFirst).expect_err("the story is locked");
    assert!(why.is_statement_timeout(), "{why}");

    let row = held.query_one("SELECT name FROM character WHERE id = $1 FOR UPDATE NOWAIT", &[&alice])?;
    assert_eq!(row.get::<_, &str>(0), "Alice", "the rename was rolled back, and no lock remains");
    held.commit()?;
    waiter.rename(alice, "Alicia", LockOrder::CharacterFirst)?;
    Ok(())
}

/// Another client writes after the story was read, `times` times. Returns the number of reads, and the result.
fn overtaken(
    stage: &Stage,
    writer: &mut Engine,
    updating: Updating,
    times: u32,
) -> (u32, Result<(), story_engine::Error>) {
    let mut n_reads = 0;
    let updated = writer.stories().update(stage.story(), updating, |text| {
        n_reads += 1;
        if n_reads <= times {
            let theirs = |text: &mut String| text.push_str("theirs ");
            stage.client(1).stories().update(stage.story(), Updating::RowLock, theirs).expect("no conflict");
        }
        text.push_str("mine");
    });
    (n_reads, updated.map(drop))
}

#[swimlanes::test(tags("integration", "broken"))]
fn overtaken_read_modify_write_overwrites_the_other_update(db: Postgres, stages: &Stages) -> TestResult {
    let stage = stages.clean(&db, Schema::Strict)?;
    let (n_reads, updated) = overtaken(stage, &mut stage.client(0), Updating::ReadModifyWrite, 1);
    updated?;
    assert_eq!((n_reads, stage.onlooker().stories().get(stage.story())?.text.as_str()), (1, "mine"));
    Ok(())
}

#[swimlanes::test(
    cases(version = Updating::Version, serializable = Updating::Serializable),
    tags("integration", "mended")
)]
fn overtaken_update_reads_again(#[case] updating: Updating, db: Postgres, stages: &Stages) -> TestResult {
    let stage = stages.clean(&db, Schema::Strict)?;
    let (n_reads, updated) = overtaken(stage, &mut stage.client(0), updating, 1);
    updated?;
    assert_eq!((n_reads, stage.onlooker().stories().get(stage.story())?.text.as_str()), (2, "theirs mine"));
    Ok(())
}

#[swimlanes::test(
    cases(
        version = (Updating::Version, "another client has changed the story, after 3 tries"),
        serializable = (Updating::Serializable, "could not serialize access due to concurrent update (40001), after 3 tries"),
    ),
    tags("integration", "mended")
)]
fn update_overtaken_at_each_try_returns_the_original_error(
    #[case] updating: Updating,
    #[case] expected: &str,
    db: Postgres,
    stages: &Stages,
) -> TestResult {
    let stage = stages.clean(&db, Schema::Strict)?;
    let (n_reads, updated) = overtaken(stage, &mut stage.another()?.tries(3), updating, u32::MAX);
    let why = updated.expect_err("another client was faster at each try");
    assert_eq!((n_reads, why.tries()), (3, 3));
    assert_eq!(why.to_string(), format!("cannot update story {}: {expected}", stage.story()));
    Ok(())
}

#[swimlanes::test(
    cases(version = Updating::Version, serializable = Updating::Serializable),
    tags("integration", "mended")
)]
fn other_errors_are_not_retried(#[case] updating: Updating, db: Postgres, stages: &Stages) -> TestResult {
    let stage = stages.clean(&db, Schema::Strict)?;
    let mut n_reads = 0;
    let updated = stage.client(0).stories().update(stage.story(), updating, |text| {
        n_reads += 1;
        text.push('\0');
    });
    let why = updated.expect_err("PostgreSQL stores no such text");
    assert_eq!((n_reads, why.tries()), (1, 1));
    let expected = "invalid byte sequence for encoding \"UTF8\": 0x00 (22021)";
    assert_eq!(why.to_string(), format!("cannot update story {}: {expected}", stage.story()));
    Ok(())
}
