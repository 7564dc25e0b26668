//! The DuckDB files that this process has open, each of them once: two instances of one file do not see each other's rows.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use duckdb::Connection;

use crate::model::error::{Error, FixtureError};
use crate::model::mutex::MutexExt;
use crate::os::open_file::FileId;

/// The files that are used.
static PLACES: Mutex<Vec<InstanceSlot>> = Mutex::new(Vec::new());

struct InstanceSlot {
    /// Links are followed.
    path: PathBuf,
    /// Which file that is; `None` as long as it is not made yet.
    id: Option<FileId>,
    n_users: usize,
    instance: Arc<Instance>,
}

/// What is open as long as somebody uses it. Who opens or closes it holds the lock meanwhile.
#[derive(Default)]
struct Instance(Mutex<Option<RootConnection>>);

/// An instance of DuckDB that is open.
pub(crate) struct RootConnection {
    /// Others are clones of it. It has the file's own tables before it.
    connection: Connection,
    n_attached: u32,
    /// Databases in memory that tests share, by the name of the template that has made each.
    pub(crate) shared: HashMap<&'static str, Arc<str>>,
    /// Where the next fresh database of a template comes from.
    pub(crate) sources: HashMap<&'static str, Source>,
}

/// Where the next fresh database of a template comes from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// It is the second one, so from now on copies pay.
    Second,
    /// This database is copied.
    Copy(Arc<str>),
    /// DuckDB cannot copy what is in it.
    Migrations,
}

/// A use of the instance that has a file open; the last one that is dropped closes it.
pub(crate) struct InstanceHandle {
    path: PathBuf,
    instance: Arc<Instance>,
}

impl InstanceHandle {
    /// Opens the file, or takes part in its use.
    ///
    /// # Errors
    ///
    /// When DuckDB cannot open it, or it is open here already and nobody knows by whom.
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

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The database of this name in the words of an error; `None` is the file's own.
    pub(crate) fn which(&self, catalog: Option<&str>) -> impl fmt::Display {
        match catalog {
            None => self.path.display().to_string(),
            Some(name) => format!("`{name}`, which is in memory beside {}", self.path.display()),
        }
    }

    /// Does something with what is open.
    ///
    /// # Errors
    ///
    /// What `act` answers; and when it is open no more.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut RootConnection) -> Result<R, Error>) -> Result<R, Error> {
        match &mut *self.instance.lock() {
            Some(root) => act(root),
            None => Err(failed("use", self.path.display(), "the worker that had it open is over")),
        }
    }

    /// Closes the file, whoever else uses the instance; what `connect` has handed out, and is still there, keeps it open.
    pub(crate) fn close(&self) {
        drop(self.instance.lock().take());
    }

    fn place<'a>(&self, places: &'a mut MutexGuard<'static, Vec<InstanceSlot>>) -> &'a mut InstanceSlot {
        let place = places.iter_mut().find(|place| Arc::ptr_eq(&place.instance, &self.instance));
        place.expect("a place is there as long as somebody uses it")
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
        // Nobody holds it, as nobody uses it; who wants to, waits there until the file is closed.
        let mut root = self.instance.lock();
        drop(places);
        drop(root.take());
        drop(root);
        self::places().retain(|place| place.n_users > 0 || !Arc::ptr_eq(&place.instance, &self.instance));
    }
}

impl Instance {
    fn lock(&self) -> MutexGuard<'_, Option<RootConnection>> {
        // A migration that has panicked leaves a database behind that nobody knows.
        self.0.lock_even_if_poisoned()
    }
}

impl RootConnection {
    fn open(path: &Path) -> Result<Self, Error> {
        if FileId::of(path).is_ok_and(|id| id.is_open()) {
            return Err(failed(
                "open",
                path.display(),
                "this process has the file open already, and two that open it do not see each other's rows; a connection \
                 may have outlived its `DuckDb`: keep that, and clone it",
            ));
        }
        let connection = Connection::open(path).map_err(|cause| failed("open", path.display(), cause))?;
        Ok(Self { connection, n_attached: 0, shared: HashMap::new(), sources: HashMap::new() })
    }

    /// A new connection, which has this database before it; `None` is the file's own.
    pub(crate) fn connect(&self, catalog: Option<&str>) -> duckdb::Result<Connection> {
        let connection = self.connection.try_clone()?;
        if let Some(name) = catalog {
            connection.execute_batch(&format!("USE {}", quoted(name)))?;
        }
        Ok(connection)
    }

    /// Makes an empty database in memory. Answers its name, which begins so.
    pub(crate) fn attach(&mut self, beginning: &str) -> duckdb::Result<Arc<str>> {
        self.n_attached += 1;
        let name = format!("{beginning}_{}", self.n_attached);
        self.execute(&format!("ATTACH ':memory:' AS {}", quoted(&name)))?;
        Ok(name.into())
    }

    /// Takes a database away, also from connections that have it before them.
    pub(crate) fn detach(&self, name: &str) -> duckdb::Result<()> {
        self.execute(&format!("DETACH {}", quoted(name)))
    }

    /// Copies what is in one database into another one that is empty.
    pub(crate) fn copy(&self, from: &str, to: &str) -> duckdb::Result<()> {
        self.execute(&format!("COPY FROM DATABASE {} TO {}", quoted(from), quoted(to)))
    }

    /// Does something that answers nothing.
    pub(crate) fn execute(&self, sql: &str) -> duckdb::Result<()> {
        self.connection.execute_batch(sql)
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn places() -> MutexGuard<'static, Vec<InstanceSlot>> {
    // The list is whole at every moment the lock is free.
    PLACES.lock_even_if_poisoned()
}

/// The instance for this file, which is not open yet if nobody has used it before.
fn enter(path: &Path) -> Arc<Instance> {
    let mut places = places();
    let id = FileId::of(path).ok();
    let is_it = |place: &&mut InstanceSlot| match (&place.id, &id) {
        (Some(open), Some(asked)) => open == asked,
        // Whoever was first is about to make it.
        (None, _) => place.path == path,
        // What is open was removed since.
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

/// `which` is a file, or says in whose instance the database is in memory; `tried` as in "cannot {tried} the DuckDB database".
pub(crate) fn failed(tried: &str, which: impl fmt::Display, cause: impl Into<FixtureError>) -> Error {
    Error::database(format!("{tried} the DuckDB database {which}"), cause)
}
