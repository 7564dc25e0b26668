//! Stories: a text that several writers change, each of whom reads it first.

use postgres::Row;
use swimlanes_kit::point;

use crate::engine::{Engine, Rules};
use crate::error::Error;
use crate::transaction::{Lock, Transaction};

/// A text, and how often it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// Its number.
    pub id: i64,
    /// All of it.
    pub text: String,
    /// Grows with each update of the text, and with each scene that is numbered by way of it.
    pub version: i64,
}

/// How it is made sure that nobody writes between the read and the write of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Updating {
    /// It is not: of two who have read the same text, the one who writes first has written for nothing. **Broken.**
    ReadModifyWrite,
    /// `SELECT … FOR UPDATE`: who comes second waits, and reads what the first one has written.
    RowLock,
    /// Optimistic: who finds another version than was read begins again.
    Version,
    /// SERIALIZABLE: the server finds out, and who is told 40001 or 40P01 begins again.
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

    /// A new story with that text.
    ///
    /// # Errors
    ///
    /// When the server refuses.
    pub fn create(&mut self, text: &str) -> Result<Story, Error> {
        let insert = "INSERT INTO story (text) VALUES ($1) RETURNING id, text, version";
        self.0
            .transaction(|tx| Ok(story(&tx.row(insert, &[&text])?)))
            .map_err(|why| why.when_trying("create a story".to_owned()))
    }

    /// The story as it is now.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn get(&mut self, id: i64) -> Result<Story, Error> {
        self.0.transaction(|tx| read(tx, id)).map_err(|why| why.when_trying(format!("read story {id}")))
    }

    /// Reads the text, lets `change` change it, and writes it. `change` is called once for each try. Answers what was read, and what
    /// was written.
    ///
    /// # Errors
    ///
    /// When there is no such story, when a statement took longer than it may, and when others were faster at each try.
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

/// For who is going to write the story, or wants nobody to add anything to it meanwhile.
pub(crate) fn lock(tx: &mut Transaction<'_>, id: i64) -> Result<Story, Error> {
    let row = tx.lock(Lock::Story, "SELECT id, text, version FROM story WHERE id = $1 FOR UPDATE", &[&id])?;
    row.as_ref().map(story).ok_or_else(|| Error::missing(format!("story {id}")))
}

/// For who is going to add something to the story. Foreign keys take this lock anyway, but too late for the order of locks: when the new
/// row is in the unique indices already, where somebody may wait for it who has locked the story.
pub(crate) fn lock_shared(tx: &mut Transaction<'_>, id: i64) -> Result<Story, Error> {
    let row = tx.lock(Lock::StoryShared, "SELECT id, text, version FROM story WHERE id = $1 FOR KEY SHARE", &[&id])?;
    row.as_ref().map(story).ok_or_else(|| Error::missing(format!("story {id}")))
}

pub(crate) fn write(tx: &mut Transaction<'_>, id: i64, text: &str) -> Result<(), Error> {
    tx.write("UPDATE story SET text = $2, version = version + 1 WHERE id = $1", &[&id, &text])?;
    Ok(())
}

/// Waits for whoever writes at the moment, and then looks at the version which that one has left.
fn write_unless_changed(tx: &mut Transaction<'_>, story: &Story) -> Result<(), Error> {
    let update = "UPDATE story SET text = $2, version = $3 WHERE id = $1 AND version + 1 = $3";
    is_written(tx.write(update, &[&story.id, &story.text, &story.version])?)
}

/// The same, for who has not changed the text.
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
