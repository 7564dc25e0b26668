//! Reports: each query in `src/reports` becomes a CSV file.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;

use crate::error::Error;
use crate::store::Store;

const REPORTS: [(&str, &str); 3] = [
    ("bestsellers", include_str!("reports/bestsellers.sql")),
    ("low_stock", include_str!("reports/low_stock.sql")),
    ("revenue", include_str!("reports/revenue.sql")),
];

/// Writes every report into the directory, which must exist, and returns the files. A rename replaces an older report, so a reader finds
/// either the old one or the new one.
pub fn write_reports(store: &Store, dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let write = |&(name, sql): &(&str, &str)| {
        let path = dir.join(name).with_extension("csv");
        let unfinished = path.with_extension("csv.part");
        fs::write(&unfinished, csv(store, sql)?)?;
        fs::rename(&unfinished, &path)?;
        Ok(path)
    };
    REPORTS.iter().map(write).collect()
}

/// The rows of the query, as CSV with a line of headings.
pub fn csv(store: &Store, sql: &str) -> Result<String, Error> {
    let mut query = store.connection().prepare(sql)?;
    let columns = query.column_count();
    let mut text = line(query.column_names().map(Cow::from));
    let mut rows = query.query(())?;
    while let Some(row) = rows.next()? {
        let values: Vec<_> = (0..columns).map(|ix| row.get_ref(ix).map(value)).collect::<Result<_, _>>()?;
        text += &line(values.into_iter());
    }
    Ok(text)
}

fn line<'a>(fields: impl Iterator<Item = Cow<'a, str>>) -> String {
    let fields: Vec<_> = fields.map(quoted).collect();
    fields.join(",") + "\n"
}

fn value(value: ValueRef<'_>) -> Cow<'_, str> {
    match value {
        ValueRef::Null => "".into(),
        ValueRef::Integer(number) => number.to_string().into(),
        ValueRef::Real(number) => number.to_string().into(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes),
    }
}

fn quoted(field: Cow<'_, str>) -> Cow<'_, str> {
    match field.contains([',', '"', '\n']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")).into(),
        false => field,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[swimlanes::test]
    fn only_special_fields_are_quoted() {
        for (field, expected) in [("tea", "tea"), ("tea, green", "\"tea, green\""), ("5\" cup", "\"5\"\" cup\"")] {
            assert_eq!(quoted(field.into()), expected);
        }
    }

    #[swimlanes::test]
    fn an_empty_result_has_headings() -> Result<(), Error> {
        let store = Store::open(":memory:")?;
        assert_eq!(csv(&store, "SELECT name, stock FROM item")?, "name,stock\n");
        Ok(())
    }
}
