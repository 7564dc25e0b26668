//! Two clients extract Alice from a text at once. In the end there must be one Alice, and both clients must have her.

use story_engine::{Creating, Extracted};
use swimlanes::kit::history::{Creation, History, Operation, created_once};
use swimlanes::kit::race::Report;
use swimlanes::prelude::*;

use crate::fixtures::{Schema, Stage, Stages, TestResult};
use crate::seeds::{Plan, expect_caught, expect_clean_in_every_order, expect_clean_with_every_seed};

const CLIENTS: usize = 2;

fn extract(stage: &Stage, creating: Creating, plan: &Plan) -> Report {
    let extractions = History::new();
    plan(stage.race(CLIENTS)).after(|_| there_is_one_alice(stage, &extractions.take())).run(|client| {
        let extraction = extractions.begin(format!("client {}", client.number()), "Alice");
        let found = stage.client(client.number()).characters().get_or_create(stage.story(), "Alice", creating)?;
        extraction.end(match found {
            Extracted::Created(alice) => Creation::Created(alice.id),
            Extracted::Found(alice) => Creation::Found(alice.id),
        });
        Ok::<(), story_engine::Error>(())
    })
}

fn there_is_one_alice(stage: &Stage, extracted: &[Operation<&str, Creation<i64>>]) -> Result<(), String> {
    created_once(extracted).map_err(|fault| fault.what().to_string())?;
    let characters = stage.onlooker().characters().of(stage.story()).map_err(|why| why.to_string())?;
    let names: Vec<&str> = characters.iter().map(|character| character.name.as_str()).collect();
    if names == ["Alice"] { Ok(()) } else { Err(format!("there are {names:?}")) }
}

#[swimlanes::test(
    cases(
        without_a_constraint = (Schema::Loose, "both created \"Alice\""),
        with_one = (Schema::Strict, "duplicate key value violates unique constraint"),
    ),
    serial, slow, tags("integration", "broken")
)]
fn alice_is_created_twice_with_every_seed(
    #[case] schema: Schema,
    #[case] symptom: &str,
    db: Postgres,
    stages: &Stages,
) -> TestResult {
    let stage = stages.clean(&db, schema)?;
    expect_caught(symptom, |plan| extract(stage, Creating::SelectThenInsert, plan));
    Ok(())
}

#[swimlanes::test(
    cases(
        advisory_lock = (Creating::AdvisoryLock, Schema::Loose),
        unique_key = (Creating::UniqueKey, Schema::Strict),
        serializable = (Creating::Serializable, Schema::Loose),
    ),
    tags("integration", "mended")
)]
fn alice_is_created_once_by(
    #[case] creating: Creating,
    #[case] schema: Schema,
    db: Postgres,
    stages: &Stages,
) -> TestResult {
    let stage = stages.clean(&db, schema)?;
    expect_clean_in_every_order(|plan| extract(stage, creating, plan));
    Ok(())
}

#[swimlanes::test(
    cases(
        advisory_lock = (Creating::AdvisoryLock, Schema::Loose),
        unique_key = (Creating::UniqueKey, Schema::Strict),
        serializable = (Creating::Serializable, Schema::Loose),
    ),
    slow, tags("integration", "slow", "pressure")
)]
fn alice_is_created_once_with_any_seed_by(
    #[case] creating: Creating,
    #[case] schema: Schema,
    db: Postgres,
    stages: &Stages,
) -> TestResult {
    let stage = stages.clean(&db, schema)?;
    expect_clean_with_every_seed(|plan| extract(stage, creating, plan));
    Ok(())
}
