//! The settings of the process, from its current directory. There is one of each, so these tests are `serial`: no other test of this
//! process runs at the same time.

use std::path::PathBuf;
use std::{env, fs};

use swimlanes::prelude::*;
use worker_lanes::Settings;
use worker_lanes::settings::process;

use crate::fixtures::TestResult;

/// Changes to an empty current directory and clears the settings, until this is dropped.
struct Alone {
    dir: TestDir,
    before: PathBuf,
}

#[swimlanes::fixture(teardown = leave)]
async fn alone(dir: TestDir) -> FixtureResult<Alone> {
    let before = env::current_dir()?;
    env::set_current_dir(dir.path())?;
    process().clear().await;
    Ok(Alone { dir, before })
}

async fn leave(alone: Alone) -> std::io::Result<()> {
    process().clear().await;
    env::set_current_dir(alone.before)
}

#[swimlanes::test(serial)]
async fn defaults_apply_without_a_file(_alone: &Alone) -> TestResult {
    assert_eq!(*process().get().await?, Settings::default());
    Ok(())
}

#[swimlanes::test(serial)]
async fn settings_are_read_from_the_current_directory(alone: &Alone) -> TestResult {
    fs::write(alone.dir.path().join("depot.conf"), "page_size = 9\nports = 6000\n")?;
    let settings = process().get().await?;
    assert_eq!((settings.page_size, &*settings.ports), (9, &[6000][..]));
    Ok(())
}

#[swimlanes::test(serial)]
async fn settings_are_cached_for_the_process_until_cleared(alone: &Alone) -> TestResult {
    let reads = process().n_reads();
    assert!(process().get().await?.durable);
    fs::write(alone.dir.path().join("depot.conf"), "durable = false\n")?;
    assert!(process().get().await?.durable);
    process().clear().await;
    assert!(!process().get().await?.durable);
    assert_eq!(process().n_reads(), reads + 2);
    Ok(())
}
