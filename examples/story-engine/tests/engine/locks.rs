//! The lock order: two transactions that each need the lock of the other one, and two that follow the order.

use std::sync::atomic::{AtomicI64, Ordering};

use story_engine::{Creating, Error, LockOrder};
use swimlanes::kit::race::{Explore, Report};
use swimlanes::prelude::*;

use crate::fixtures::{Schema, Stage, Stages, TestResult};
use crate::seeds::{Plan, expect_caught, expect_clean_in_every_order, expect_clean_with_every_seed};

const CLIENTS: usize = 2;

/// One client adds a scene with Alice, the other one renames her.
fn scene_and_rename(stage: &Stage, alice: &AtomicI64, order: LockOrder, plan: &Plan) -> Report {
    plan(stage.race(CLIENTS)).before(|_| begin_with_alice(stage, alice)).after(|_| both_are_done(stage)).run(|client| {
        let (mut engine, alice) = (stage.client(client.number()), alice.load(Ordering::SeqCst));
        let done = match client.number() {
            0 => engine.scenes().generate_with(stage.story(), "Tea is served.", alice).map(drop),
            _ => engine.rename(alice, "Alicia", order),
        };
        // The server chooses the transaction that it ends: a replay may end the other one.
        done.map_err(|why| if why.is_deadlock() { "deadlock detected".to_owned() } else { why.to_string() })
    })
}

fn begin_with_alice(stage: &Stage, alice: &AtomicI64) -> Result<(), Error> {
    stage.begin_story("Alice is late.")?;
    let made = stage.onlooker().characters().get_or_create(stage.story(), "Alice", Creating::AdvisoryLock)?;
    alice.store(made.character().id, Ordering::SeqCst);
    Ok(())
}

fn both_are_done(stage: &Stage) -> Result<(), String> {
    let mut onlooker = stage.onlooker();
    let text = onlooker.stories().get(stage.story()).map_err(|why| why.to_string())?.text;
    let characters = onlooker.characters().of(stage.story()).map_err(|why| why.to_string())?;
    let is_added = characters.iter().any(|character| character.scenes == 1);
    let is_renamed = characters.iter().any(|character| character.name == "Alicia") && text == "Alicia is late.";
    if is_added && is_renamed { Ok(()) } else { Err("the scene or the new name is missing".to_owned()) }
}

#[swimlanes::test(serial, slow, tags("integration", "broken"))]
fn reversed_lock_order_deadlocks_with_every_seed(db: Postgres, stages: &Stages) -> TestResult {
    let (stage, alice) = (stages.clean(&db, Schema::Strict)?, AtomicI64::new(0));
    expect_caught("deadlock detected", |plan| scene_and_rename(stage, &alice, LockOrder::CharacterFirst, plan));
    Ok(())
}

#[swimlanes::test(tags("integration", "mended"))]
fn lock_order_prevents_deadlocks(db: Postgres, stages: &Stages) -> TestResult {
    let (stage, alice) = (stages.clean(&db, Schema::Strict)?, AtomicI64::new(0));
    expect_clean_in_every_order(|plan| scene_and_rename(stage, &alice, LockOrder::StoryFirst, plan));
    Ok(())
}

#[swimlanes::test(slow, tags("integration", "slow", "pressure"))]
fn lock_order_prevents_deadlocks_with_any_seed(db: Postgres, stages: &Stages) -> TestResult {
    let (stage, alice) = (stages.clean(&db, Schema::Strict)?, AtomicI64::new(0));
    expect_clean_with_every_seed(|plan| scene_and_rename(stage, &alice, LockOrder::StoryFirst, plan));
    Ok(())
}

/// One client renames Alice to Alicia, the other one extracts an Alicia. The second one finds that the name is taken. This was a deadlock
/// before `get_or_create` locked the story: a new row is in the unique index before its foreign key takes that lock.
#[swimlanes::test(
    cases(advisory_lock = Creating::AdvisoryLock, unique_key = Creating::UniqueKey),
    tags("integration", "mended")
)]
fn concurrent_creation_of_the_new_name_does_not_deadlock(
    #[case] creating: Creating,
    db: Postgres,
    stages: &Stages,
) -> TestResult {
    let (stage, alice) = (stages.clean(&db, Schema::Strict)?, AtomicI64::new(0));
    let race = stage.race(CLIENTS).explore(Explore::All).rounds(1000).before(|_| begin_with_alice(stage, &alice));
    let report = race.run(|client| {
        let mut engine = stage.client(client.number());
        let done = match client.number() {
            0 => engine.characters().get_or_create(stage.story(), "Alicia", creating).map(drop),
            _ => engine.rename(alice.load(Ordering::SeqCst), "Alicia", LockOrder::StoryFirst),
        };
        done.or_else(|why| if why.is_unique_violation() { Ok(()) } else { Err(why) })
    });
    report.expect_clean();
    Ok(())
}
