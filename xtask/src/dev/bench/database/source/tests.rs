//! Tests of the suites of scenario h, one for each driver.

use expect_test::{Expect, expect};

use super::*;

#[track_caller]
fn check(system: System, driver: Driver, expected: Expect) {
    expected.assert_eq(&source(&BenchSuite::empty("few", 1), system, driver));
}

#[test]
fn sqlx_test_migrates_a_database_for_each_test() {
    check(
        System::Postgres,
        Driver::SqlxTest,
        expect![[r#"

            async fn sell(pool: &sqlx::PgPool) -> sqlx::Result<()> {
                sqlx::query("INSERT INTO item_0 VALUES ('apple', 7)").execute(pool).await?;
                let price: i64 = sqlx::query_scalar("SELECT price FROM item_0 WHERE name = 'apple'").fetch_one(pool).await?;
                assert_eq!(price, 7);
                Ok(())
            }

            #[sqlx::test(migrations = "./migrations")]
            async fn t0(pool: sqlx::PgPool) -> sqlx::Result<()> {
                sell(&pool).await
            }
        "#]],
    );
}

#[test]
fn migrated_suite_has_no_template() {
    check(
        System::Sqlite,
        Driver::Migrated,
        expect![[r#"

            type TestReturn = Result<(), Box<dyn std::error::Error>>;

            static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

            async fn sell(pool: &sqlx::SqlitePool) -> sqlx::Result<()> {
                sqlx::query("INSERT INTO item_0 VALUES ('apple', 7)").execute(pool).await?;
                let price: i64 = sqlx::query_scalar("SELECT price FROM item_0 WHERE name = 'apple'").fetch_one(pool).await?;
                assert_eq!(price, 7);
                Ok(())
            }

            async fn test(db: swimlanes::Database) -> TestReturn {
                let db = db.fresh()?;
                let pool = sqlx::SqlitePool::connect(&db.url()).await?;
                MIGRATIONS.run(&pool).await?;
                sell(&pool).await?;
                pool.close().await;
                Ok(())
            }

            #[swimlanes::test]
            async fn t0(db: swimlanes::Database) -> TestReturn {
                test(db).await
            }

            swimlanes::main!();
        "#]],
    );
}

#[test]
fn copied_suite_makes_its_template_with_the_migrations() {
    check(
        System::Sqlite,
        Driver::Copied,
        expect![[r#"

            type TestReturn = Result<(), Box<dyn std::error::Error>>;

            static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

            static SHOP: swimlanes::Template = swimlanes::Template::new("shop", |db| {
                for migration in MIGRATIONS.iter() {
                    db.execute_batch(migration.sql.as_str())?;
                }
                Ok(())
            });

            async fn sell(pool: &sqlx::SqlitePool) -> sqlx::Result<()> {
                sqlx::query("INSERT INTO item_0 VALUES ('apple', 7)").execute(pool).await?;
                let price: i64 = sqlx::query_scalar("SELECT price FROM item_0 WHERE name = 'apple'").fetch_one(pool).await?;
                assert_eq!(price, 7);
                Ok(())
            }

            async fn test(db: swimlanes::Database) -> TestReturn {
                let db = db.fresh_with_template(&SHOP)?;
                let pool = sqlx::SqlitePool::connect(&db.url()).await?;
                sell(&pool).await?;
                pool.close().await;
                Ok(())
            }

            #[swimlanes::test]
            async fn t0(db: swimlanes::Database) -> TestReturn {
                test(db).await
            }

            swimlanes::main!();
        "#]],
    );
    check(
        System::Postgres,
        Driver::Cleaned,
        expect![[r#"

            type TestReturn = Result<(), Box<dyn std::error::Error>>;

            static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

            static SHOP: swimlanes::PgTemplate = swimlanes::PgTemplate::new("shop", |db| {
                for migration in MIGRATIONS.iter() {
                    db.batch_execute(migration.sql.as_str())?;
                }
                Ok(())
            });

            async fn sell(pool: &sqlx::PgPool) -> sqlx::Result<()> {
                sqlx::query("INSERT INTO item_0 VALUES ('apple', 7)").execute(pool).await?;
                let price: i64 = sqlx::query_scalar("SELECT price FROM item_0 WHERE name = 'apple'").fetch_one(pool).await?;
                assert_eq!(price, 7);
                Ok(())
            }

            async fn test(db: swimlanes::Postgres) -> TestReturn {
                let db = db.with_template(&SHOP)?.clean()?;
                let pool = sqlx::PgPool::connect(&db.url()).await?;
                sell(&pool).await?;
                pool.close().await;
                Ok(())
            }

            #[swimlanes::test]
            async fn t0(db: swimlanes::Postgres) -> TestReturn {
                test(db).await
            }

            swimlanes::main!();
        "#]],
    );
}

#[test]
fn suites_of_synchronous_drivers_need_no_runtime() {
    check(
        System::Postgres,
        Driver::RolledBack,
        expect![[r#"

            type TestReturn = Result<(), Box<dyn std::error::Error>>;

            static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

            static SHOP: swimlanes::PgTemplate = swimlanes::PgTemplate::new("shop", |db| {
                for migration in MIGRATIONS.iter() {
                    db.batch_execute(migration.sql.as_str())?;
                }
                Ok(())
            });

            fn test(db: swimlanes::Postgres) -> TestReturn {
                let mut db = db.with_template(&SHOP)?.rollback()?;
                db.execute("INSERT INTO item_0 VALUES ('apple', 7)", &[])?;
                let price: i64 = db.query_one("SELECT price FROM item_0 WHERE name = 'apple'", &[])?.get(0);
                assert_eq!(price, 7);
                Ok(())
            }

            #[swimlanes::test]
            fn t0(db: swimlanes::Postgres) -> TestReturn {
                test(db)
            }

            swimlanes::main!();
        "#]],
    );
    check(
        System::Sqlite,
        Driver::Rusqlite,
        expect![[r#"

            type TestReturn = Result<(), Box<dyn std::error::Error>>;

            static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

            static SHOP: swimlanes::Template = swimlanes::Template::new("shop", |db| {
                for migration in MIGRATIONS.iter() {
                    db.execute_batch(migration.sql.as_str())?;
                }
                Ok(())
            });

            fn test(db: swimlanes::Database) -> TestReturn {
                let db = db.fresh_with_template(&SHOP)?.connect()?;
                db.execute("INSERT INTO item_0 VALUES ('apple', 7)", ())?;
                let price: i64 = db.query_row("SELECT price FROM item_0 WHERE name = 'apple'", (), |row| row.get(0))?;
                assert_eq!(price, 7);
                Ok(())
            }

            #[swimlanes::test]
            fn t0(db: swimlanes::Database) -> TestReturn {
                test(db)
            }

            swimlanes::main!();
        "#]],
    );
}

#[test]
fn server_suite_runs_until_its_stdin_is_closed() {
    check(
        System::Postgres,
        Driver::Server,
        expect![[r#"

        use std::io::Read;

        use swimlanes::Postgres;

        #[swimlanes::test]
        fn server(db: Postgres) -> std::io::Result<()> {
            println!("\nserver: {} {}", db.url(), db.version());
            std::io::stdin().read_to_end(&mut Vec::new())?;
            Ok(())
        }

        swimlanes::main!();
    "#]],
    );
}

#[test]
fn there_are_ten_migrations() {
    let files = files();
    let paths: Vec<&str> = files.iter().map(|(path, _)| &**path).collect();
    expect![[r#"
        migrations/0001_item_0.sql
        migrations/0002_item_1.sql
        migrations/0003_item_2.sql
        migrations/0004_item_3.sql
        migrations/0005_item_4.sql
        migrations/0006_item_5.sql
        migrations/0007_item_6.sql
        migrations/0008_item_7.sql
        migrations/0009_item_8.sql
        migrations/0010_item_9.sql"#]]
    .assert_eq(&paths.join("\n"));
    expect![[r#"
        CREATE TABLE item_0 (name TEXT PRIMARY KEY, price BIGINT NOT NULL);
        CREATE INDEX item_0_price ON item_0 (price);
    "#]]
    .assert_eq(&files[0].1);
}
