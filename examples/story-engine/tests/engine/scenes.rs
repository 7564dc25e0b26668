//! Two clients generate scene 1 at once. In the end there must be a scene 1 and a scene 2.

use story_engine::Numbering;
use swimlanes::kit::history::{History, Operation, gap_free_numbers};
use swimlanes::kit::race::Report;
use swimlanes::prelude::*;

use crate::fixtures::{Schema, Stage, Stages, TestResult};
use crate::seeds::{Plan, expect_caught, expect_clean_in_every_order, expect_clean_with_every_seed};

const CLIENTS: usize = 2;

/// Each client has its own numbering.
fn generate(stage: &Stage, numberings: [Numbering; CLIENTS], plan: &Plan) -> Report {
    let scenes = History::new();
    plan(stage.race(CLIENTS)).after(|_| each_number_is_given_once(stage, &scenes.take())).run(|client| {
        let (story, numbering) = (stage.story(), numberings[client.number()]);
        let generation = scenes.begin(format!("client {}", client.number()), format!("story {story}"));
        let scene = stage.client(client.number()).scenes().generate(story, numbering, "It was a dark night.")?;
        generation.end(scene.number.unsigned_abs());
        Ok::<(), story_engine::Error>(())
    })
}

fn each_number_is_given_once(stage: &Stage, generated: &[Operation<String, u64>]) -> Result<(), String> {
    gap_free_numbers(generated, 1).map_err(|fault| fault.what().to_string())?;
    let scenes = stage.onlooker().scenes().of(stage.story()).map_err(|why| why.to_string())?;
    let numbers: Vec<i64> = scenes.iter().map(|scene| scene.number).collect();
    if numbers == [1, 2] { Ok(()) } else { Err(format!("there are the scenes {numbers:?}")) }
}

#[swimlanes::test(
    cases(
        without_a_constraint = (Schema::Loose, "both got number 1"),
        with_one = (Schema::Strict, "duplicate key value violates unique constraint"),
    ),
    serial, slow, tags("integration", "broken")
)]
fn a_number_is_given_twice_with_every_seed(
    #[case] schema: Schema,
    #[case] symptom: &str,
    db: Postgres,
    stages: &Stages,
) -> TestResult {
    let stage = stages.clean(&db, schema)?;
    expect_caught(symptom, |plan| generate(stage, [Numbering::MaxPlusOne; CLIENTS], plan));
    Ok(())
}

#[swimlanes::test(
    cases(
        row_lock = (Numbering::RowLock, Schema::Loose),
        unique_key = (Numbering::UniqueKey, Schema::Strict),
        version = (Numbering::Version, Schema::Loose),
        serializable = (Numbering::Serializable, Schema::Loose),
    ),
    tags("integration", "mended")
)]
fn each_number_is_given_once_by(
    #[case] numbering: Numbering,
    #[case] schema: Schema,
    db: Postgres,
    stages: &Stages,
) -> TestResult {
    let stage = stages.clean(&db, schema)?;
    expect_clean_in_every_order(|plan| generate(stage, [numbering; CLIENTS], plan));
    Ok(())
}

/// This would fail if the story was locked `FOR NO KEY UPDATE`: the foreign key of the other client's scene does not wait for that.
#[swimlanes::test(tags("integration", "mended"))]
fn number_chosen_with_a_row_lock_is_not_taken_without_one(db: Postgres, stages: &Stages) -> TestResult {
    let stage = stages.clean(&db, Schema::Strict)?;
    expect_clean_in_every_order(|plan| generate(stage, [Numbering::RowLock, Numbering::UniqueKey], plan));
    Ok(())
}

#[swimlanes::test(
    cases(
        row_lock = (Numbering::RowLock, Schema::Loose),
        unique_key = (Numbering::UniqueKey, Schema::Strict),
        version = (Numbering::Version, Schema::Loose),
        serializable = (Numbering::Serializable, Schema::Loose),
    ),
    slow, tags("integration", "slow", "pressure")
)]
fn each_number_is_given_once_with_any_seed_by(
    #[case] numbering: Numbering,
    #[case] schema: Schema,
    db: Postgres,
    stages: &Stages,
) -> TestResult {
    let stage = stages.clean(&db, schema)?;
    expect_clean_with_every_seed(|plan| generate(stage, [numbering; CLIENTS], plan));
    Ok(())
}
