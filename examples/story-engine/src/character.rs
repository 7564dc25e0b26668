//! Characters: one of each name in a story, even if several clients extract it at once.

use postgres::Row;
use swimlanes_kit::point;

use crate::engine::{Engine, Rules};
use crate::error::Error;
use crate::story;
use crate::transaction::{Lock, Transaction};

/// A character of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Character {
    /// Its number.
    pub id: i64,
    /// Unique in its story.
    pub name: String,
    /// The number of scenes in which it appears.
    pub scenes: i64,
}

/// How a client ensures that a character is created only once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Creating {
    /// It does not: two clients that read at once both find no character. **Broken**; if `(story, name)` is unique in the database, one of
    /// them gets an error.
    SelectThenInsert,
    /// A client that finds no character takes an advisory lock for the name, and reads again. One that finds the character takes no lock.
    AdvisoryLock,
    /// The database refuses the second one, whose client reads again. Needs `UNIQUE (story, name)`.
    UniqueKey,
    /// SERIALIZABLE: the server detects the conflict, and a client that gets 40001 or 40P01 starts again.
    Serializable,
}

impl Creating {
    fn rules(self) -> Rules {
        match self {
            Self::SelectThenInsert | Self::AdvisoryLock => Rules::ONCE,
            Self::UniqueKey => Rules::again_when(Error::is_unique_violation),
            Self::Serializable => Rules::SERIALIZABLE,
        }
    }
}

/// The result of a search for a character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extracted {
    /// It existed.
    Found(Character),
    /// It was created.
    Created(Character),
}

impl Extracted {
    /// The character, old or new.
    #[must_use]
    pub fn character(&self) -> &Character {
        match self {
            Self::Found(character) | Self::Created(character) => character,
        }
    }
}

/// The table of characters.
pub struct Characters<'a>(&'a mut Engine);

impl<'a> Characters<'a> {
    pub(crate) fn new(engine: &'a mut Engine) -> Self {
        Self(engine)
    }

    /// The character with this name. Creates it if it does not exist.
    ///
    /// # Errors
    ///
    /// If a statement exceeded its timeout, if another client has created it in the meantime and `creating` does not handle that, or if
    /// other clients were faster at each attempt.
    pub fn get_or_create(&mut self, story: i64, name: &str, creating: Creating) -> Result<Extracted, Error> {
        self.0
            .run(creating.rules(), |tx| {
                if let Some(character) = find(tx, story, name)? {
                    return Ok(Extracted::Found(character));
                }
                point!("no character was found");
                story::lock_shared(tx, story)?;
                if creating == Creating::AdvisoryLock {
                    lock(tx, story, name)?;
                    if let Some(character) = find(tx, story, name)? {
                        return Ok(Extracted::Found(character));
                    }
                    point!("still no character was found");
                }
                let insert = "INSERT INTO character (story, name) VALUES ($1, $2) RETURNING id, name, scenes";
                Ok(Extracted::Created(character(&tx.row(insert, &[&story, &name])?)))
            })
            .map_err(|why| why.when_trying(format!("get or create `{name}` in story {story}")))
    }

    /// All characters of the story, the oldest first.
    ///
    /// # Errors
    ///
    /// If the server fails.
    pub fn of(&mut self, story: i64) -> Result<Vec<Character>, Error> {
        let select = "SELECT id, name, scenes FROM character WHERE story = $1 ORDER BY id";
        self.0
            .transaction(|tx| Ok(tx.rows(select, &[&story])?.iter().map(character).collect()))
            .map_err(|why| why.when_trying(format!("read the characters of story {story}")))
    }
}

fn find(tx: &mut Transaction<'_>, story: i64, name: &str) -> Result<Option<Character>, Error> {
    let select = "SELECT id, name, scenes FROM character WHERE story = $1 AND name = $2";
    Ok(tx.find(select, &[&story, &name])?.as_ref().map(character))
}

/// There is no row yet to lock, so this locks a number. The transaction releases the lock at its end, when the new row is visible. Two
/// names with the same number wait for each other, without other effects.
fn lock(tx: &mut Transaction<'_>, story: i64, name: &str) -> Result<(), Error> {
    tx.lock(Lock::Name, "SELECT pg_advisory_xact_lock(hashtextextended($1, $2))", &[&name, &story])?;
    Ok(())
}

fn character(row: &Row) -> Character {
    Character { id: row.get("id"), name: row.get("name"), scenes: row.get("scenes") }
}
