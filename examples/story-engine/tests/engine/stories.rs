//! Three writers add a line each to one story. All lines have to be there in the end.

use story_engine::Updating;
use swimlanes::kit::history::{Operation, Update, no_lost_update};
use swimlanes::kit::race::Report;
use swimlanes::prelude::*;

use crate::fixtures::{OfRound, Schema, Stage, Stages, TestResult};
use crate::seeds::{Plan, expect_caught, expect_clean};

const WRITERS: usize = 3;

fn write(stage: &Stage, updating: Updating, plan: &Plan) -> Report {
    let updates = OfRound::new();
    plan(stage.race(WRITERS)).after(|_| no_line_is_lost(stage, &updates.end())).run(|writer| {
        let (history, story) = (updates.history(), stage.story());
        let update = history.begin(format!("writer {}", writer.number()), format!("story {story}"));
        let add = |text: &mut String| text.push_str(&format!("line of {}\n", writer.number()));
        let (before, after) = stage.client(writer.number()).stories().update(story, updating, add)?;
        update.end(Update { read: before.version, wrote: after.version });
        Ok::<(), story_engine::Error>(())
    })
}

fn no_line_is_lost(stage: &Stage, updates: &[Operation<String, Update<i64>>]) -> Result<(), String> {
    no_lost_update(updates).map_err(|lost| lost.what().to_string())?;
    let story = stage.onlooker().stories().get(stage.story()).map_err(|why| why.to_string())?;
    let mut lines: Vec<&str> = story.text.lines().collect();
    lines.sort_unstable();
    if lines == ["line of 0", "line of 1", "line of 2"] { Ok(()) } else { Err(format!("there are {lines:?}")) }
}

#[swimlanes::test(serial, slow, tags("integration", "broken"))]
fn a_line_is_lost_with_every_seed(db: Postgres, stages: &Stages) -> TestResult {
    let stage = stages.clean(&db, Schema::Strict)?;
    expect_caught("one update is lost", |plan| write(stage, Updating::ReadModifyWrite, plan));
    Ok(())
}

#[swimlanes::test(
    cases(row_lock = Updating::RowLock, version = Updating::Version, serializable = Updating::Serializable),
    tags("integration", "mended")
)]
fn no_line_is_lost_by(#[case] updating: Updating, db: Postgres, stages: &Stages) -> TestResult {
    let stage = stages.clean(&db, Schema::Strict)?;
    write(stage, updating, &|race| race).expect_clean();
    Ok(())
}

#[swimlanes::test(
    cases(row_lock = Updating::RowLock, version = Updating::Version, serializable = Updating::Serializable),
    slow,
    tags("integration", "slow", "pressure")
)]
fn no_line_is_lost_with_any_seed_by(#[case] updating: Updating, db: Postgres, stages: &Stages) -> TestResult {
    let stage = stages.clean(&db, Schema::Strict)?;
    expect_clean(|plan| write(stage, updating, plan));
    Ok(())
}
