//! Tests of a group, which leave files for each other.
#![allow(missing_docs)]

use std::fs;

use swimlanes::prelude::*;

/// Each test adds its name to a file of the worker.
fn add(dir: &WorkerDir, db: &Database, name: &str, expected: &str) {
    let path = dir.path().join("names");
    let before = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(before, expected, "in {}", dir.path().display());
    fs::write(&path, format!("{before}{name} ")).expect("written");
    let rows = db.connect().expect("opened");
    rows.execute_batch("CREATE TABLE IF NOT EXISTS name (name TEXT)").expect("made");
    rows.execute("INSERT INTO name VALUES (?)", [name]).expect("inserted");
    let n: u32 = rows.query_row("SELECT count(*) FROM name", (), |row| row.get(0)).expect("counted");
    assert_eq!(n as usize, expected.split_whitespace().count() + 1);
}

#[swimlanes::test(group = "a")]
fn one(dir: WorkerDir, db: Database) {
    add(&dir, &db, "one", "");
}

#[swimlanes::test(group = "a")]
fn two(dir: WorkerDir, db: Database) {
    add(&dir, &db, "two", "one ");
}

#[swimlanes::test(group = "a", isolation = "process")]
fn three(dir: WorkerDir, db: Database) {
    add(&dir, &db, "three", "one two ");
}

#[swimlanes::test(group = "a")]
fn four(dir: WorkerDir, db: Database) {
    add(&dir, &db, "four", "one two three ");
}

swimlanes::main!();
