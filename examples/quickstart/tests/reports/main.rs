//! Tests that are created at run time: one for each query in `src/reports`. Its rows must match the file of the same name in this
//! directory.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use quickstart::Store;
use swimlanes::prelude::*;
use swimlanes::{Tags, Template};

/// The sales of the week that the reports cover.
static WEEK: Template = Template::new("week", |db| {
    quickstart::migrate(db)?;
    db.execute_batch(include_str!("week.sql"))?;
    Ok(())
});

fn main() -> ExitCode {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut runner = swimlanes::runner();
    for entry in fs::read_dir(package.join("src/reports")).expect("the reports are in the package") {
        let query = entry.expect("the directory can be read").path();
        let name = query.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        let expected = package.join("tests/reports").join(&name).with_extension("csv");
        runner = runner.test_with(&name, Tags::new().label("report"), move |setup| {
            let db = setup.get::<Database>()?.fresh_with_template(&WEEK)?;
            let found = quickstart::csv(&Store::new(db.connect()?)?, &fs::read_to_string(&query)?)?;
            assert_eq!(found, fs::read_to_string(&expected)?);
            Ok(())
        });
    }
    runner.run()
}
