//! The queries of the database, each in one transaction.

use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use crate::error::Error;
use crate::parcel::{Parcel, Stage};

pub(super) fn insert(db: &mut Connection, parcels: &[Parcel]) -> Result<(), Error> {
    change(db, |change| {
        let mut insert = change
            .prepare_cached("INSERT INTO parcel (code, receiver, town, grams, stage) VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for parcel in parcels {
            let Parcel { code, receiver, town, grams, stage } = parcel;
            match insert.execute(params![code, receiver, town, grams, stage.word()]) {
                Err(cause) if cause.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                    return Err(Error::Duplicate(code.clone()));
                }
                done => done?,
            };
            record(change, code, *stage)?;
        }
        Ok(())
    })
}

pub(super) fn find(db: &Connection, code: &str) -> Result<Parcel, Error> {
    let sql = "SELECT code, receiver, town, grams, stage FROM parcel WHERE code = ?1";
    let found = db.query_row(sql, [code], |row| Ok(parcel(row))).optional()?;
    found.unwrap_or_else(|| Err(Error::UnknownParcel(code.to_owned())))
}

pub(super) fn advance(db: &mut Connection, code: &str, to: Stage) -> Result<(), Error> {
    change(db, |change| {
        let from = find(change, code)?.stage;
        if !from.leads_to(to) {
            return Err(Error::Stage { code: code.to_owned(), from, to });
        }
        change.execute("UPDATE parcel SET stage = ?2 WHERE code = ?1", [code, to.word()])?;
        record(change, code, to)
    })
}

pub(super) fn list(db: &Connection, stage: Option<Stage>, after: &str, limit: u32) -> Result<Vec<Parcel>, Error> {
    let sql = "SELECT code, receiver, town, grams, stage FROM parcel
                WHERE code > ?1 AND (?2 IS NULL OR stage = ?2) ORDER BY code LIMIT ?3";
    let mut list = db.prepare_cached(sql)?;
    let parcels = list.query_map(params![after, stage.map(Stage::word), limit], |row| Ok(parcel(row)))?;
    parcels.map(|parcel| parcel?).collect()
}

pub(super) fn history(db: &Connection, code: &str) -> Result<Vec<Stage>, Error> {
    find(db, code)?;
    let mut history = db.prepare_cached("SELECT stage FROM event WHERE parcel = ?1 ORDER BY number")?;
    let words = history.query_map([code], |row| row.get::<_, String>(0))?;
    words.map(|word| word?.parse()).collect()
}

pub(super) fn remove(db: &mut Connection, code: &str) -> Result<(), Error> {
    change(db, |change| {
        let from = find(change, code)?.stage;
        match from {
            Stage::Accepted | Stage::Delivered | Stage::Returned => {}
            Stage::Sorted | Stage::Loaded => {
                return Err(Error::Stage { code: code.to_owned(), from, to: Stage::Returned });
            }
        }
        change.execute("DELETE FROM parcel WHERE code = ?1", [code])?;
        Ok(())
    })
}

pub(super) fn totals(db: &Connection) -> Result<(u32, u64), Error> {
    let sql = "SELECT count(*), coalesce(sum(grams), 0) FROM parcel";
    Ok(db.query_row(sql, (), |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?)
}

/// Immediate: no other connection can write between the reads and the writes.
fn change<T>(db: &mut Connection, work: impl FnOnce(&Transaction<'_>) -> Result<T, Error>) -> Result<T, Error> {
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = work(&change)?;
    change.commit()?;
    Ok(done)
}

fn record(change: &Transaction<'_>, code: &str, stage: Stage) -> Result<(), Error> {
    change.prepare_cached("INSERT INTO event (parcel, stage) VALUES (?1, ?2)")?.execute([code, stage.word()])?;
    Ok(())
}

fn parcel(row: &Row<'_>) -> Result<Parcel, Error> {
    let stage = row.get::<_, String>("stage")?.parse()?;
    let (code, receiver, town, grams) = (row.get("code")?, row.get("receiver")?, row.get("town")?, row.get("grams")?);
    Ok(Parcel { code, receiver, town, grams, stage })
}
