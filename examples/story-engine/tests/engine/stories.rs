//! Two or three writers each add a line to one story. In the end all lines must be there.

use story_engine::Updating;
use swimlanes::kit::history::{History, Operation, Update, no_lost_update};
use swimlanes::kit::race::Report;
use swimlanes::prelude::*;

use crate::fixtures::{Schema, Stage, Stages, TestResult};
use crate::seeds::{Plan, expect_caught, expect_clean_in_every_order, expect_clean_with_every_seed};

fn write(stage: &Stage, n_writers: usize, updating: Updating, plan: &Plan) -> Report {
    let updates = History::new();
    plan(stage.race(n_writers)).after(|_| no_line_is_lost(stage, n_writers, &updates.take())).run(|writer| {
        let story = stage.story();
        let update = updates.begin(format!("writer {}", writer.number()), format!("story {story}"));
        let add = |text: &mut String| text.push_str(&format!("line of {}\n", writer.number()));
        let (before, after) = stage.client(writer.number()).stories().update(story, updating, add)?;
        update.end(Update { read: before.version, wrote: after.version });
        Ok::<(), story_engine::Error>(())
    })
}

fn no_line_is_lost(stage: &Stage, n_writers: usize, updates: &[Operation<String, Update<i64>>]) -> Result<(), String> {
    no_lost_update(updates).map_err(|lost| lost.what().to_string())?;
    let story = stage.onlooker().stories().get(stage.story()).map_err(|why| why.to_string())?;
    let mut lines: Vec<&str> = story.text.lines().collect();
    lines.sort_unstable();
    let expected: Vec<String> = (0..n_writers).map(|writer| format!("line of {writer}")).collect();
    if lines == expected { Ok(()) } else { Err(format!("there are {lines:?}")) }
}

#[swimlanes::test(serial, slow, tags("integration", "broken"))]
fn a_line_is_lost_with_every_seed(db: Postgres, stages: &Stages) -> TestResult {
    let stage = stages.clean(&db, Schema::Strict)?;
    expect_caught("one update is lost", |plan| write(stage, 3, Updating::ReadModifyWrite, plan));
    Ok(())
}

#[swimlanes::test(
    cases(row_lock = Updating::RowLock, version = Updating::Version, serializable = Updating::Serializable),
    tags("integration", "mended")
)]
fn no_line_is_lost_by(#[case] updating: Updating, db: Postgres, stages: &Stages) -> TestResult {
    let stage = stages.clean(&db, Schema::Strict)?;
    expect_clean_in_every_order(|plan| write(stage, 2, updating, plan));
    Ok(())
}

#[swimlanes::test(
    cases(row_lock = Updating::RowLock, version = Updating::Version, serializable = Updating::Serializable),
    slow,
    tags("integration", "slow", "pressure")
)]
fn no_line_is_lost_with_any_seed_by(#[case] updating: Updating, db: Postgres, stages: &Stages) -> TestResult {
    let stage = stages.clean(&db, Schema::Strict)?;
    expect_clean_with_every_seed(|plan| write(stage, 3, updating, plan));
    Ok(())
}
