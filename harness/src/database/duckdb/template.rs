//! A DuckDB database that is migrated once for each worker and copied from then on.

use std::sync::Arc;

use duckdb::Connection;

use crate::database::duckdb::database::DuckDb;
use crate::database::duckdb::instance::{InstanceHandle, RootConnection, Source, failed};
use crate::database::template_names::TemplateNames;
use crate::fixture::timeout_clock::TimeoutClock;
use crate::model::error::{Error, FixtureResult};

/// How to make a DuckDB database that is copied for workers and tests: migrations, reference data. Needs the feature `duckdb`.
///
/// The migrations run once for each worker that asks for the template; further databases are copies. Copying ten tables with two
/// indexes each takes 4.7 ms, and 17 ms with 50 rows in each; the migrations took 9.4 and 32 ms. (Without indexes the copy saves
/// little: 3.3 and 3.7 ms.) In a process that runs a single test nothing is copied: its database is migrated directly. Templates
/// that DuckDB 1.5 cannot copy, those with rows behind a foreign key, are migrated for each test.
///
/// ```no_run
/// use swimlanes::prelude::*;
///
/// static SHOP: DuckTemplate = DuckTemplate::new("shop", |db| {
///     db.execute_batch("CREATE TABLE item (name TEXT PRIMARY KEY)")?;
///     Ok(())
/// });
///
/// #[swimlanes::test]
/// fn a_new_shop_is_empty(db: DuckDb) -> Result<(), Box<dyn std::error::Error>> {
///     let db = db.fresh_with_template(&SHOP)?.connect()?;
///     let items: i64 = db.query_row("SELECT count(*) FROM item", [], |row| row.get(0))?;
///     assert_eq!(items, 0);
///     Ok(())
/// }
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct DuckTemplate {
    name: &'static str,
    migrate: fn(&Connection) -> FixtureResult<()>,
}

impl DuckTemplate {
    /// Creates a template. Its name must be unique in the suite; `migrate` fills an empty database, and must not qualify names in
    /// SQL with a database.
    #[must_use]
    pub const fn new(name: &'static str, migrate: fn(&Connection) -> FixtureResult<()>) -> Self {
        Self { name, migrate }
    }

    /// Refuses a second template with the same name, which would find the tables of the first one.
    fn check_name(&'static self) -> Result<(), Error> {
        static NAMES: TemplateNames = TemplateNames::new();
        NAMES.check(self.name, self)
    }

    /// Runs the migrations in the empty database `name`.
    fn fill(&self, handle: &InstanceHandle, root: &RootConnection, name: &str) -> Result<(), Error> {
        let connection =
            root.connect(Some(name)).map_err(|cause| failed("connect to", handle.which(Some(name)), cause))?;
        (self.migrate)(&connection).map_err(|cause| failed("migrate", handle.which(Some(name)), cause))
    }

    /// Makes a new database in memory and returns its name.
    fn make(&self, handle: &InstanceHandle, root: &mut RootConnection, beginning: &str) -> Result<Arc<str>, Error> {
        let name = root.attach(beginning).map_err(|cause| failed("attach another to", handle.which(None), cause))?;
        self.fill(handle, root, &name).inspect_err(|_| discard(root, &name))?;
        Ok(name)
    }
}

impl DuckDb {
    /// This worker's database made from the template, in memory. The worker's first test that asks for it makes it; the worker's
    /// later tests share it. Needs the feature `duckdb`.
    ///
    /// Time spent making it does not count toward the test's timeout.
    ///
    /// # Errors
    ///
    /// If the database cannot be made.
    pub fn with_template(&self, template: &'static DuckTemplate) -> Result<Self, Error> {
        template.check_name()?;
        let existing = |root: &RootConnection| root.shared.get(template.name).map(Arc::clone);
        if let Some(name) = self.handle.with(|root| Ok(existing(root)))? {
            return Ok(self.at(name));
        }
        let _standing = self.timeout_clock().map(TimeoutClock::pause);
        let name = self.handle.with(|root| match existing(root) {
            Some(name) => Ok(name),
            None => {
                let name = template.make(&self.handle, root, template.name)?;
                root.shared.insert(template.name, Arc::clone(&name));
                Ok(name)
            }
        })?;
        Ok(self.at(name))
    }

    /// A new database made from the template, for this attempt of this test alone, otherwise like [`DuckDb::fresh`]. Needs the
    /// feature `duckdb`.
    ///
    /// # Errors
    ///
    /// If the database cannot be made.
    pub fn fresh_with_template(&self, template: &'static DuckTemplate) -> Result<Self, Error> {
        template.check_name()?;
        let fresh = self.fresh()?;
        let name = fresh.catalog.as_deref().expect("a fresh database has a name");
        self.handle.with(|root| match root.sources.get(template.name) {
            // In a process that runs a single test, this is the only request, so a source to copy from would be wasted.
            None => {
                root.sources.insert(template.name, Source::Second);
                template.fill(&self.handle, root, name)
            }
            Some(Source::Second) => {
                let source = {
                    let _standing = self.timeout_clock().map(TimeoutClock::pause);
                    template.make(&self.handle, root, &format!("{}_template", template.name))?
                };
                self.copy(template, root, &source, name)
            }
            Some(Source::Copy(source)) => {
                let source = Arc::clone(source);
                self.copy(template, root, &source, name)
            }
            Some(Source::Migrations) => template.fill(&self.handle, root, name),
        })?;
        Ok(fresh)
    }

    fn copy(
        &self,
        template: &'static DuckTemplate,
        root: &mut RootConnection,
        from: &Arc<str>,
        to: &str,
    ) -> Result<(), Error> {
        match root.copy(from, to) {
            Ok(()) => {
                root.sources.insert(template.name, Source::Copy(Arc::clone(from)));
                Ok(())
            }
            // A failed copy leaves nothing behind. If DuckDB failed for another reason than a foreign key, the migrations will
            // report it.
            Err(_) => {
                root.sources.insert(template.name, Source::Migrations);
                discard(root, from);
                template.fill(&self.handle, root, to)
            }
        }
    }

    fn timeout_clock(&self) -> Option<&TimeoutClock> {
        self.attempt.as_ref()?.timeout_clock.as_ref()
    }
}

/// Detaches an unused database. A failure does no harm.
fn discard(root: &RootConnection, name: &str) {
    let _ = root.detach(name);
}
