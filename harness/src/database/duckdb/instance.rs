//! The DuckDB files that this process has open. Each file has one instance, because two instances of one file do not see each
//! other's rows.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use duckdb::Connection;

use crate::model::error::{Error, FixtureError};
use crate::model::mutex::MutexExt;
use crate::os::open_file::FileId;

/// The files in use.
static PLACES: Mutex<Vec<InstanceSlot>> = Mutex::new(Vec::new());

struct InstanceSlot {
    /// With all links resolved.
    path: PathBuf,
    /// The identity of the file; `None` until the file is created.
    id: Option<FileId>,
    n_users: usize,
    instance: Arc<Instance>,
}

/// An instance that is open while an `InstanceHandle` uses it. Opening and closing the file hold the lock.
#[derive(Default)]
struct Instance(Mutex<Option<RootConnection>>);

/// An instance of DuckDB that is open.
pub(crate) struct RootConnection {
    /// The connections of tests are clones of this one. Its current database is the one in the file.
    connection: Connection,
    n_attached: u32,
    /// Databases in memory that tests share, by the name of their template.
    pub(crate) shared: HashMap<&'static str, Arc<str>>,
    /// How the next fresh database of a template is made.
    pub(crate) sources: HashMap<&'static str, Source>,
}

/// How the next fresh database of a template is made.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// It is the second one; from now on a source to copy from pays off.
    Second,
    /// By copying this database.
    Copy(Arc<str>),
    /// By running the migrations, because DuckDB cannot copy this template.
    Migrations,
}

/// A user of the instance of a file. Dropping the last one closes the file.
pub(crate) struct InstanceHandle {
    path: PathBuf,
    instance: Arc<Instance>,
}

impl InstanceHandle {
    /// Opens the file, or joins the instance that has it open.
    ///
    /// # Errors
    ///
    /// If DuckDB cannot open the file, or this process has it open in another way.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let path = std::path::absolute(path).map_err(|cause| failed("open", path.display(), cause))?;
        let real = real(&path);
        let instance = enter(&real);
        let this = Self { path, instance };
        let mut root = this.instance.lock();
        if root.is_none() {
            *root = Some(RootConnection::open(&this.path)?);
            let mut places = places();
            let place = this.place(&mut places);
            place.id = FileId::of(&real).ok();
        }
        drop(root);
        Ok(this)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The name of this database in error messages; `None` is the database in the file.
    pub(crate) fn which(&self, catalog: Option<&str>) -> impl fmt::Display {
        match catalog {
            None => self.path.display().to_string(),
            Some(name) => format!("`{name}`, which is in memory beside {}", self.path.display()),
        }
    }

    /// Calls `act` with the open instance.
    ///
    /// # Errors
    ///
    /// The error of `act`, and an error if the instance is closed.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut RootConnection) -> Result<R, Error>) -> Result<R, Error> {
        match &mut *self.instance.lock() {
            Some(root) => act(root),
            None => Err(failed("use", self.path.display(), "the worker that had opened it has ended")),
        }
    }

    /// Closes the file, even if other handles use the instance. Connections that `connect` returned keep the file open until
    /// they are dropped.
    pub(crate) fn close(&self) {
        drop(self.instance.lock().take());
    }

    fn place<'a>(&self, places: &'a mut MutexGuard<'static, Vec<InstanceSlot>>) -> &'a mut InstanceSlot {
        let place = places.iter_mut().find(|place| Arc::ptr_eq(&place.instance, &self.instance));
        place.expect("a slot exists as long as it is used")
    }
}

impl Drop for InstanceHandle {
    fn drop(&mut self) {
        let mut places = places();
        let place = self.place(&mut places);
        place.n_users -= 1;
        if place.n_users > 0 {
            return;
        }
        // No handle uses the instance, so its lock is free. A new user waits on this lock until the file is closed.
        let mut root = self.instance.lock();
        drop(places);
        drop(root.take());
        drop(root);
        self::places().retain(|place| place.n_users > 0 || !Arc::ptr_eq(&place.instance, &self.instance));
    }
}

impl Instance {
    fn lock(&self) -> MutexGuard<'_, Option<RootConnection>> {
        // A migration that panics only leaves an unused database behind, so the lock can be used although it is poisoned.
        self.0.lock_even_if_poisoned()
    }
}

impl RootConnection {
    fn open(path: &Path) -> Result<Self, Error> {
        if FileId::of(path).is_ok_and(|id| id.is_open()) {
            return Err(failed(
                "open",
                path.display(),
                "this process has already opened the file, and two instances do not see each other's rows; a connection may \
                 have outlived its `DuckDb`: keep the `DuckDb`, or a clone of it",
            ));
        }
        let connection = Connection::open(path).map_err(|cause| failed("open", path.display(), cause))?;
        Ok(Self { connection, n_attached: 0, shared: HashMap::new(), sources: HashMap::new() })
    }

    /// A new connection whose current database is `catalog`; `None` is the database in the file.
    pub(crate) fn connect(&self, catalog: Option<&str>) -> duckdb::Result<Connection> {
        let connection = self.connection.try_clone()?;
        if let Some(name) = catalog {
            connection.execute_batch(&format!("USE {}", quoted(name)))?;
        }
        Ok(connection)
    }

    /// Makes an empty database in memory. Returns its name, which starts with `beginning`.
    pub(crate) fn attach(&mut self, beginning: &str) -> duckdb::Result<Arc<str>> {
        self.n_attached += 1;
        let name = format!("{beginning}_{}", self.n_attached);
        self.execute(&format!("ATTACH ':memory:' AS {}", quoted(&name)))?;
        Ok(name.into())
    }

    /// Detaches a database, even if it is the current one of a connection.
    pub(crate) fn detach(&self, name: &str) -> duckdb::Result<()> {
        self.execute(&format!("DETACH {}", quoted(name)))
    }

    /// Copies the content of one database into another, empty one.
    pub(crate) fn copy(&self, from: &str, to: &str) -> duckdb::Result<()> {
        self.execute(&format!("COPY FROM DATABASE {} TO {}", quoted(from), quoted(to)))
    }

    /// Executes statements that return no rows.
    pub(crate) fn execute(&self, sql: &str) -> duckdb::Result<()> {
        self.connection.execute_batch(sql)
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn places() -> MutexGuard<'static, Vec<InstanceSlot>> {
    // The list is consistent whenever the lock is free.
    PLACES.lock_even_if_poisoned()
}

/// The instance for this file. It is not open yet if this is its first user.
fn enter(path: &Path) -> Arc<Instance> {
    let mut places = places();
    let id = FileId::of(path).ok();
    let is_it = |place: &&mut InstanceSlot| match (&place.id, &id) {
        (Some(open), Some(asked)) => open == asked,
        // The first user is about to create the file.
        (None, _) => place.path == path,
        // The open file has been removed since.
        (Some(_), None) => false,
    };
    if let Some(place) = places.iter_mut().find(is_it) {
        place.n_users += 1;
        return Arc::clone(&place.instance);
    }
    let instance = Arc::<Instance>::default();
    places.push(InstanceSlot { path: path.to_owned(), id, n_users: 1, instance: Arc::clone(&instance) });
    instance
}

/// The path with all links followed, or those of its directory if there is no such file.
fn real(path: &Path) -> PathBuf {
    let in_real_dir = || Some(fs::canonicalize(path.parent()?).ok()?.join(path.file_name()?));
    fs::canonicalize(path).ok().or_else(in_real_dir).unwrap_or_else(|| path.to_owned())
}

/// `which` is a file, or the name of a database in memory; `tried` as in "cannot {tried} the DuckDB database".
pub(crate) fn failed(tried: &str, which: impl fmt::Display, cause: impl Into<FixtureError>) -> Error {
    Error::database(format!("{tried} the DuckDB database {which}"), cause)
}
