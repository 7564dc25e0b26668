//! The suites of scenario h, and the files that they need.

use crate::dev::bench::spec::{Driver, System};
use crate::dev::bench::suite::BenchSuite;

const N_TABLES: u32 = 10;

/// The start of the line with the URL of the server.
pub(super) const PREFIX: &str = "server: ";

/// The other files of the package: the migrations.
pub(in crate::dev::bench) fn files() -> Vec<(String, String)> {
    let migration = |table| {
        let statements = format!(
            "CREATE TABLE item_{table} (name TEXT PRIMARY KEY, price BIGINT NOT NULL);\n\
             CREATE INDEX item_{table}_price ON item_{table} (price);\n"
        );
        (format!("migrations/{:04}_item_{table}.sql", table + 1), statements)
    };
    (0..N_TABLES).map(migration).collect()
}

/// The source of a test target after its title.
pub(in crate::dev::bench) fn source(suite: &BenchSuite, system: System, driver: Driver) -> String {
    let words = SqlDialect::new(system);
    match driver {
        Driver::Server => server(),
        Driver::SqlxTest => sqlx_test(suite, words),
        Driver::Migrated => by_sqlx(suite, words, "", "db.fresh()?", "    MIGRATIONS.run(&pool).await?;\n"),
        Driver::Copied => by_sqlx(suite, words, &words.shop(), "db.fresh_with_template(&SHOP)?", ""),
        Driver::Cleaned => by_sqlx(suite, words, &words.shop(), "db.with_template(&SHOP)?.clean()?", ""),
        Driver::RolledBack => directly(suite, words, ROLLED_BACK),
        Driver::Rusqlite => directly(suite, words, RUSQLITE),
    }
}

/// The dependencies of the suites: the table of dependencies after its title.
pub(in crate::dev::bench) fn dependencies(harness: &str) -> String {
    format!(
        "\
sqlx = {{ version = \"0.9\", default-features = false, features = [\"macros\", \"migrate\", \"postgres\", \"runtime-tokio\", \"sqlite\"] }}
swimlanes = {{ path = {harness:?}, features = [\"postgres\", \"sqlite\", \"tokio\"] }}
"
    )
}

/// The differences between the systems.
#[derive(Clone, Copy)]
struct SqlDialect {
    database: &'static str,
    template: &'static str,
    /// The method of a connection.
    execute: &'static str,
    pool: &'static str,
}

impl SqlDialect {
    fn new(system: System) -> Self {
        match system {
            System::Sqlite => {
                Self { database: "Database", template: "Template", execute: "execute_batch", pool: "SqlitePool" }
            }
            System::Postgres => {
                Self { database: "Postgres", template: "PgTemplate", execute: "batch_execute", pool: "PgPool" }
            }
        }
    }

    fn shop(self) -> String {
        let Self { template, execute, .. } = self;
        format!(
            "
static SHOP: swimlanes::{template} = swimlanes::{template}::new(\"shop\", |db| {{
    for migration in MIGRATIONS.iter() {{
        db.{execute}(migration.sql.as_str())?;
    }}
    Ok(())
}});
"
        )
    }

    /// The function of a test that uses sqlx.
    fn sell(self) -> String {
        format!(
            "
async fn sell(pool: &sqlx::{}) -> sqlx::Result<()> {{
    sqlx::query(\"INSERT INTO item_0 VALUES ('apple', 7)\").execute(pool).await?;
    let price: i64 = sqlx::query_scalar(\"SELECT price FROM item_0 WHERE name = 'apple'\").fetch_one(pool).await?;
    assert_eq!(price, 7);
    Ok(())
}}
",
            self.pool
        )
    }
}

/// The start of all suites for swimlanes.
const OURS: &str = "
type TestReturn = Result<(), Box<dyn std::error::Error>>;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!(\"./migrations\");
";

const MAIN: &str = "\nswimlanes::main!();\n";

fn sqlx_test(suite: &BenchSuite, words: SqlDialect) -> String {
    let pool = words.pool;
    let tests = tests(suite, |name| {
        format!(
            "
#[sqlx::test(migrations = \"./migrations\")]
async fn {name}(pool: sqlx::{pool}) -> sqlx::Result<()> {{
    sell(&pool).await
}}
"
        )
    });
    words.sell() + &tests
}

/// `database` is the expression that prepares the parameter `db`; `first` contains the statements that follow it.
fn by_sqlx(suite: &BenchSuite, words: SqlDialect, template: &str, database: &str, first: &str) -> String {
    let SqlDialect { database: fixture, pool, .. } = words;
    let test = format!(
        "
async fn test(db: swimlanes::{fixture}) -> TestReturn {{
    let db = {database};
    let pool = sqlx::{pool}::connect(&db.url()).await?;
{first}    sell(&pool).await?;
    pool.close().await;
    Ok(())
}}
"
    );
    let tests = tests(suite, |name| {
        format!(
            "\n#[swimlanes::test]\nasync fn {name}(db: swimlanes::{fixture}) -> TestReturn {{\n    test(db).await\n}}\n"
        )
    });
    [OURS, template, &words.sell(), &test, &tests, MAIN].concat()
}

/// With the synchronous crate that swimlanes itself uses.
fn directly(suite: &BenchSuite, words: SqlDialect, body: &str) -> String {
    let fixture = words.database;
    let test = format!("\nfn test(db: swimlanes::{fixture}) -> TestReturn {{\n{body}    Ok(())\n}}\n");
    let tests = tests(suite, |name| {
        format!("\n#[swimlanes::test]\nfn {name}(db: swimlanes::{fixture}) -> TestReturn {{\n    test(db)\n}}\n")
    });
    [OURS, &words.shop(), &test, &tests, MAIN].concat()
}

fn tests(suite: &BenchSuite, test: impl Fn(&str) -> String) -> String {
    suite.cases.iter().map(|case| test(&case.name)).collect()
}

const ROLLED_BACK: &str = "    let mut db = db.with_template(&SHOP)?.rollback()?;
    db.execute(\"INSERT INTO item_0 VALUES ('apple', 7)\", &[])?;
    let price: i64 = db.query_one(\"SELECT price FROM item_0 WHERE name = 'apple'\", &[])?.get(0);
    assert_eq!(price, 7);
";

const RUSQLITE: &str = "    let db = db.fresh_with_template(&SHOP)?.connect()?;
    db.execute(\"INSERT INTO item_0 VALUES ('apple', 7)\", ())?;
    let price: i64 = db.query_row(\"SELECT price FROM item_0 WHERE name = 'apple'\", (), |row| row.get(0))?;
    assert_eq!(price, 7);
";

fn server() -> String {
    format!(
        "
use std::io::Read;

use swimlanes::Postgres;

#[swimlanes::test]
fn server(db: Postgres) -> std::io::Result<()> {{
    println!(\"\\n{PREFIX}{{}} {{}}\", db.url(), db.version());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}}

swimlanes::main!();
"
    )
}

#[cfg(test)]
mod tests;
