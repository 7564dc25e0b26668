//! Stories: a text that several clients read and change.

use postgres::Row;
use swimlanes_kit::point;

use crate::engine::{Engine, Rules};
use crate::error::Error;
use crate::transaction::{Lock, Transaction};

/// A text and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// Its number.
    pub id: i64,
    /// The whole text.
    pub text: String,
    /// Grows with each update of the text, and with each scene that is numbered by version.
    pub version: i64,
}

/// How a client ensures that no other one writes between the read and the write of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Updating {
    /// It does not: of two clients that have read the same text, the second one overwrites the text of the first one. **Broken.**
    ReadModifyWrite,
    /// `SELECT … FOR UPDATE`: the second client waits, and reads the text of the first one.
    RowLock,
    /// Optimistic: a client that finds another version than it has read starts again.
    Version,
    /// SERIALIZABLE: the server detects the conflict, and a client that gets 40001 or 40P01 starts again.
    Serializable,
}

impl Updating {
    fn rules(self) -> Rules {
        match self {
            Self::ReadModifyWrite | Self::RowLock => Rules::ONCE,
            Self::Version => Rules::again_when(Error::is_stale),
            Self::Serializable => Rules::SERIALIZABLE,
        }
    }
}

/// The table of stories.
pub struct Stories<'a>(&'a mut Engine);

impl<'a> Stories<'a> {
    pub(crate) fn new(engine: &'a mut Engine) -> Self {
        Self(engine)
    }

    /// Creates a story with this text.
    ///
    /// # Errors
    ///
    /// If the server fails.
    pub fn create(&mut self, text: &str) -> Result<Story, Error> {
        let insert = "INSERT INTO story (text) VALUES ($1) RETURNING id, text, version";
        self.0
            .transaction(|tx| Ok(story(&tx.row(insert, &[&text])?)))
            .map_err(|why| why.when_trying("create a story".to_owned()))
    }

    /// The current story.
    ///
    /// # Errors
    ///
    /// If it does not exist.
    pub fn get(&mut self, id: i64) -> Result<Story, Error> {
        self.0.transaction(|tx| read(tx, id)).map_err(|why| why.when_trying(format!("read story {id}")))
    }

    /// Reads the text, calls `change`, and writes the result. `change` is called once for each attempt. Returns the story before and after
    /// the update.
    ///
    /// # Errors
    ///
    /// If the story does not exist, if a statement exceeded its timeout, or if other clients were faster at each attempt.
    pub fn update(
        &mut self,
        id: i64,
        updating: Updating,
        mut change: impl FnMut(&mut String),
    ) -> Result<(Story, Story), Error> {
        self.0
            .run(updating.rules(), |tx| {
                let before = if updating == Updating::RowLock { lock(tx, id)? } else { read(tx, id)? };
                point!("the story was read");
                let mut after = before.clone();
                change(&mut after.text);
                after.version += 1;
                match updating {
                    Updating::Version => write_unless_changed(tx, &after)?,
                    _ => write(tx, id, &after.text)?,
                }
                Ok((before, after))
            })
            .map_err(|why| why.when_trying(format!("update story {id}")))
    }
}

pub(crate) fn read(tx: &mut Transaction<'_>, id: i64) -> Result<Story, Error> {
    let row = tx.find("SELECT id, text, version FROM story WHERE id = $1", &[&id])?;
    row.as_ref().map(story).ok_or_else(|| Error::missing(format!("story {id}")))
}

/// For a transaction that writes the story, or prevents additions to it.
pub(crate) fn lock(tx: &mut Transaction<'_>, id: i64) -> Result<Story, Error> {
    let row = tx.lock(Lock::Story, "SELECT id, text, version FROM story WHERE id = $1 FOR UPDATE", &[&id])?;
    row.as_ref().map(story).ok_or_else(|| Error::missing(format!("story {id}")))
}

/// For a transaction that adds something to the story. Foreign keys take this lock anyway, but too late for the lock order: the new row is
/// in the unique indices already, where a transaction that has locked the story may wait for it.
pub(crate) fn lock_shared(tx: &mut Transaction<'_>, id: i64) -> Result<Story, Error> {
    let row = tx.lock(Lock::StoryShared, "SELECT id, text, version FROM story WHERE id = $1 FOR KEY SHARE", &[&id])?;
    row.as_ref().map(story).ok_or_else(|| Error::missing(format!("story {id}")))
}

pub(crate) fn write(tx: &mut Transaction<'_>, id: i64, text: &str) -> Result<(), Error> {
    tx.write("UPDATE story SET text = $2, version = version + 1 WHERE id = $1", &[&id, &text])?;
    Ok(())
}

/// Waits for a concurrent writer, and then checks the version of its text.
fn write_unless_changed(tx: &mut Transaction<'_>, story: &Story) -> Result<(), Error> {
    let update = "UPDATE story SET text = $2, version = $3 WHERE id = $1 AND version + 1 = $3";
    is_written(tx.write(update, &[&story.id, &story.text, &story.version])?)
}

/// As `write_unless_changed`, for a transaction that has not changed the text.
pub(crate) fn next_version(tx: &mut Transaction<'_>, story: &Story) -> Result<(), Error> {
    let update = "UPDATE story SET version = version + 1 WHERE id = $1 AND version = $2";
    is_written(tx.write(update, &[&story.id, &story.version])?)
}

fn is_written(n_rows: u64) -> Result<(), Error> {
    if n_rows == 0 { Err(Error::stale()) } else { Ok(()) }
}

fn story(row: &Row) -> Story {
    Story { id: row.get("id"), text: row.get("text"), version: row.get("version") }
}
