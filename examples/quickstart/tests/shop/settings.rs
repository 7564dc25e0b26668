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
fn defaults_apply_without_a_file(_dir: InEmptyDir) -> TestResult {
    assert_eq!(Settings::load()?, Settings { max_order: 100 });
    Ok(())
}

#[swimlanes::test(serial)]
fn settings_are_read_from_the_current_directory(dir: InEmptyDir) -> TestResult {
    fs::write(dir.dir.path().join("shop.conf"), "max_order = 7\n")?;
    assert_eq!(Settings::load()?.max_order, 7);
    Ok(())
}

#[swimlanes::test(serial)]
fn an_invalid_file_is_refused(dir: InEmptyDir) -> TestResult {
    fs::write(dir.dir.path().join("shop.conf"), "max_order = many\n")?;
    assert!(matches!(Settings::load(), Err(Error::Setting(what)) if what == "max_order = many"));
    Ok(())
}

#[swimlanes::test(serial)]
fn files_in_other_directories_are_ignored(_dir: InEmptyDir, other: TestDir) -> TestResult {
    fs::write(other.path().join("shop.conf"), "max_order = 7\n")?;
    assert_eq!(Settings::load()?, Settings::default());
    Ok(())
}
