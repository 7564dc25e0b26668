//! Characters: one of each name in a story, whoever extracts it from the text first.

use postgres::Row;
use swimlanes_kit::point;

use crate::engine::{Engine, Rules};
use crate::error::Error;
use crate::story;
use crate::transaction::{Lock, Transaction};

/// Somebody who appears in a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Character {
    /// Its number.
    pub id: i64,
    /// Unique in its story.
    pub name: String,
    /// In how many scenes it appears.
    pub scenes: i64,
}

/// How it is made sure that a character is created once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Creating {
    /// It is not: two who look at once both find nobody. **Broken**; where `(story, name)` is unique in the database, one of them gets
    /// an error.
    SelectThenInsert,
    /// Who finds nobody takes an advisory lock for the name, and looks again. Who finds somebody takes no lock.
    AdvisoryLock,
    /// The database refuses the second one, and who is told so looks again. Nothing without `UNIQUE (story, name)`.
    UniqueKey,
    /// SERIALIZABLE: the server finds out, and who is told 40001 or 40P01 begins again.
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

/// What came of looking for a character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extracted {
    /// It was there.
    Found(Character),
    /// It was made.
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

    /// The character of that name, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// When a statement took longer than it may, when somebody else has made it meanwhile and that does not matter to `creating`, and
    /// when others were faster at each try.
    pub fn get_or_create(&mut self, story: i64, name: &str, creating: Creating) -> Result<Extracted, Error> {
        self.0
            .run(creating.rules(), |tx| {
                if let Some(character) = find(tx, story, name)? {
                    return Ok(Extracted::Found(character));
                }
                point!("nobody was found");
                story::lock_shared(tx, story)?;
                if creating == Creating::AdvisoryLock {
                    lock(tx, story, name)?;
                    if let Some(character) = find(tx, story, name)? {
                        return Ok(Extracted::Found(character));
                    }
                    point!("still nobody was found");
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
    /// When the server does not answer.
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

/// There is no row yet that could be locked, so a number is. It is given back with the transaction, so nobody has it before the new row
/// can be seen. Two names that have one number wait for each other, and that is all.
fn lock(tx: &mut Transaction<'_>, story: i64, name: &str) -> Result<(), Error> {
    tx.lock(Lock::Name, "SELECT pg_advisory_xact_lock(hashtextextended($1, $2))", &[&name, &story])?;
    Ok(())
}

fn character(row: &Row) -> Character {
    Character { id: row.get("id"), name: row.get("name"), scenes: row.get("scenes") }
}
