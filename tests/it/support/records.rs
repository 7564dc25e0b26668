//! Reads the records that a suite wrote with `--events`.

use serde::Serialize;
use swimlanes_core::events::{AttemptFinished, CaseFinished, Record};

use crate::support::suite_runner::File;

pub(crate) fn records(file: &File) -> Vec<Record<'static>> {
    file.text().lines().map(|line| serde_json::from_str(line).expect("each line is a record")).collect()
}

/// The attempts that ended, in the order of their ends.
pub(crate) fn attempts<'r>(records: &'r [Record<'static>]) -> Vec<&'r AttemptFinished<'static>> {
    let attempt = |record: &'r Record<'static>| match record {
        Record::AttemptFinished(finished) => Some(finished),
        _ => None,
    };
    records.iter().filter_map(attempt).collect()
}

/// The results of the tests, in the order of their ends.
pub(crate) fn results<'r>(records: &'r [Record<'static>]) -> Vec<&'r CaseFinished<'static>> {
    let result = |record: &'r Record<'static>| match record {
        Record::CaseFinished(finished) => Some(finished),
        _ => None,
    };
    records.iter().filter_map(result).collect()
}

/// The word for the value in the JSON.
pub(crate) fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => panic!("no word: {other:?}"),
    }
}
