//! Settings, which come from the current directory. It belongs to the whole process, so every test that changes it is `serial`: no other
//! test of this process runs at the same time.

use std::path::PathBuf;
use std::{env, fs};

use quickstart::{Error, Settings};
use swimlanes::prelude::*;

use crate::fixtures::TestResult;

/// Changes to an empty current directory, until this is dropped.
struct InEmptyDir {
    dir: TestDir,
    before: PathBuf,
}

impl Fixture for InEmptyDir {
    fn set_up(setup: &mut FixtureContext<'_>) -> FixtureResult<Self> {
        let dir: TestDir = setup.get()?;
        let before = env::current_dir()?;
        env::set_current_dir(dir.path())?;
        Ok(Self { dir, before })
    }
}

impl Drop for InEmptyDir {
    fn drop(&mut self) {
        env::set_current_dir(&self.before).expect("we come from there");
    }
}

#[swimlanes::test(serial)]
fn without_a_file_there_are_defaults(_dir: InEmptyDir) -> TestResult {
    assert_eq!(Settings::load()?, Settings { max_order: 100 });
    Ok(())
}

#[swimlanes::test(serial)]
fn the_file_of_the_current_directory_counts(dir: InEmptyDir) -> TestResult {
    fs::write(dir.dir.path().join("shop.conf"), "max_order = 7\n")?;
    assert_eq!(Settings::load()?.max_order, 7);
    Ok(())
}

#[swimlanes::test(serial)]
fn a_file_that_makes_no_sense_is_refused(dir: InEmptyDir) -> TestResult {
    fs::write(dir.dir.path().join("shop.conf"), "max_order = many\n")?;
    assert!(matches!(Settings::load(), Err(Error::Setting(what)) if what == "max_order = many"));
    Ok(())
}

#[swimlanes::test(serial)]
fn a_file_in_another_directory_does_not_count(_dir: InEmptyDir, other: TestDir) -> TestResult {
    fs::write(other.path().join("shop.conf"), "max_order = 7\n")?;
    assert_eq!(Settings::load()?, Settings::default());
    Ok(())
}
