//! Parcels in a SQLite file.

mod query;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use swimlanes_kit::clock::{Clock, SystemClock};
use swimlanes_kit::point;
use tokio::task::spawn_blocking;

use crate::error::Error;
use crate::migration;
use crate::parcel::{Parcel, Stage};
use crate::settings::Settings;

/// How long a connection waits for another connection's lock, and how often it checks.
const PATIENCE: Duration = Duration::from_secs(5);
const STEP: Duration = Duration::from_millis(1);

/// A connection to the depot's database. Queries run on threads for blocking work. Clones share the connection.
#[derive(Debug, Clone)]
pub struct Repository {
    db: Arc<Mutex<Connection>>,
}

/// Opens the database of the settings, creates it if it does not exist, and does not migrate it.
///
/// # Errors
///
/// If SQLite cannot open it.
pub fn connect(settings: &Settings) -> Result<Connection, Error> {
    let mut db = Connection::open(settings.database_path()?)?;
    db.busy_handler(Some(wait_for_lock))?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "synchronous", if settings.durable { "FULL" } else { "OFF" })?;
    Ok(db)
}

/// SQLite calls this if another connection holds the lock. Returns whether to check again.
fn wait_for_lock(n_looks: i32) -> bool {
    point!("lock is held");
    SystemClock.sleep(STEP);
    STEP * n_looks.unsigned_abs() < PATIENCE
}

impl Repository {
    /// Opens the database of the settings, creates it if it does not exist, and migrates it to the latest version.
    ///
    /// # Errors
    ///
    /// If SQLite cannot open it, or it belongs to a later service.
    pub async fn open(settings: &Settings) -> Result<Self, Error> {
        let settings = settings.clone();
        let opened = blocking(move || {
            let db = connect(&settings)?;
            migration::migrate(&db)?;
            Ok(db)
        });
        Ok(Self { db: Arc::new(Mutex::new(opened.await?)) })
    }

    /// Adds a parcel.
    ///
    /// # Errors
    ///
    /// [`Error::Duplicate`] if there is one with this code.
    pub async fn add(&self, parcel: &Parcel) -> Result<(), Error> {
        self.add_all(vec![parcel.clone()]).await
    }

    /// Adds all parcels, or none.
    ///
    /// # Errors
    ///
    /// [`Error::Duplicate`] for the first one whose code exists.
    pub async fn add_all(&self, parcels: Vec<Parcel>) -> Result<(), Error> {
        self.ask(move |db| query::insert(db, &parcels)).await
    }

    /// The parcel with this code.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownParcel`] if there is none.
    pub async fn get(&self, code: &str) -> Result<Parcel, Error> {
        let code = code.to_owned();
        self.ask(move |db| query::find(db, &code)).await
    }

    /// Changes a parcel to its next stage.
    ///
    /// # Errors
    ///
    /// [`Error::Stage`] if its current stage does not allow that, [`Error::UnknownParcel`] if there is none.
    pub async fn advance(&self, code: &str, to: Stage) -> Result<(), Error> {
        let code = code.to_owned();
        self.ask(move |db| query::advance(db, &code, to)).await
    }

    /// At most `limit` parcels after this code, in the order of their codes, of one stage or of all.
    ///
    /// # Errors
    ///
    /// If SQLite fails.
    pub async fn list(&self, stage: Option<Stage>, after: &str, limit: u32) -> Result<Vec<Parcel>, Error> {
        let after = after.to_owned();
        self.ask(move |db| query::list(db, stage, &after, limit)).await
    }

    /// The stages that a parcel has reached, in their order.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownParcel`] if there is none.
    pub async fn history(&self, code: &str) -> Result<Vec<Stage>, Error> {
        let code = code.to_owned();
        self.ask(move |db| query::history(db, &code)).await
    }

    /// Removes a parcel and its history, unless it is in transit.
    ///
    /// # Errors
    ///
    /// [`Error::Stage`] if it is in transit, [`Error::UnknownParcel`] if there is none.
    pub async fn remove(&self, code: &str) -> Result<(), Error> {
        let code = code.to_owned();
        self.ask(move |db| query::remove(db, &code)).await
    }

    /// The number of parcels, and their total weight.
    ///
    /// # Errors
    ///
    /// If SQLite fails.
    pub async fn totals(&self) -> Result<(u32, u64), Error> {
        self.ask(|db| query::totals(db)).await
    }

    /// Removes all parcels.
    ///
    /// # Errors
    ///
    /// If SQLite fails.
    pub async fn clear(&self) -> Result<(), Error> {
        self.ask(|db| Ok(db.execute_batch("DELETE FROM parcel")?)).await
    }

    /// The version of the database.
    ///
    /// # Errors
    ///
    /// If SQLite fails.
    pub async fn version(&self) -> Result<u32, Error> {
        self.ask(|db| migration::version(db)).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        point!(async "before asking");
        let db = Arc::clone(&self.db);
        blocking(move || work(&mut db.lock().unwrap_or_else(PoisonError::into_inner))).await
    }
}

/// Runs `work` on a thread for blocking work. A panic there becomes a panic here.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    match spawn_blocking(work).await {
        Ok(done) => done,
        Err(cause) => match cause.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(cause) => Err(Error::Io(std::io::Error::other(cause))),
        },
    }
}
