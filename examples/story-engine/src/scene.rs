//! Scenes: numbered 1, 2, 3, … within their story, even if two are generated at once.

use postgres::Row;
use swimlanes_kit::point;

use crate::engine::{Engine, Rules};
use crate::error::Error;
use crate::story;
use crate::transaction::{Lock, Transaction};

/// A part of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scene {
    /// The position in the story; the first one is 1.
    pub number: i64,
    /// What happens.
    pub text: String,
}

/// How a client ensures that the number of a scene is unique in its story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbering {
    /// It does not: two clients that read the highest number at once get the same one. **Broken**; if `(story, number)` is unique in the
    /// database, one of them gets an error instead.
    MaxPlusOne,
    /// `SELECT … FOR UPDATE` of the story: the second client waits, and then reads the highest number.
    RowLock,
    /// The database refuses the number, and the client reads again. Needs `UNIQUE (story, number)`.
    UniqueKey,
    /// Optimistic: a scene changes the version of its story, and a client that finds another version than it has read starts again.
    Version,
    /// SERIALIZABLE: the server detects the conflict, and a client that gets 40001 or 40P01 starts again.
    Serializable,
}

impl Numbering {
    fn rules(self) -> Rules {
        match self {
            Self::MaxPlusOne | Self::RowLock => Rules::ONCE,
            Self::UniqueKey => Rules::again_when(Error::is_unique_violation),
            Self::Version => Rules::again_when(Error::is_stale),
            Self::Serializable => Rules::SERIALIZABLE,
        }
    }
}

/// The table of scenes.
pub struct Scenes<'a>(&'a mut Engine);

impl<'a> Scenes<'a> {
    pub(crate) fn new(engine: &'a mut Engine) -> Self {
        Self(engine)
    }

    /// Adds a scene at the end of the story.
    ///
    /// # Errors
    ///
    /// If the story does not exist, if a statement exceeded its timeout, if the number was taken in the meantime and `numbering` does not
    /// handle that, or if other clients were faster at each attempt.
    pub fn generate(&mut self, story: i64, numbering: Numbering, text: &str) -> Result<Scene, Error> {
        self.0
            .run(numbering.rules(), |tx| {
                let story = match numbering {
                    Numbering::RowLock => story::lock(tx, story)?,
                    _ => story::lock_shared(tx, story)?,
                };
                let number = next_number(tx, story.id)?;
                point!("the number was chosen");
                if numbering == Numbering::Version {
                    story::next_version(tx, &story)?;
                }
                insert(tx, story.id, number, text)
            })
            .map_err(|why| why.when_trying(format!("generate a scene of story {story}")))
    }

    /// As [`generate`](Scenes::generate), with a character that appears in the scene, and with row locks: of the story, then of the
    /// character.
    ///
    /// # Errors
    ///
    /// If one of them does not exist, or if a statement exceeded its timeout.
    pub fn generate_with(&mut self, story: i64, text: &str, character: i64) -> Result<Scene, Error> {
        self.0
            .transaction(|tx| {
                story::lock(tx, story)?;
                point!("the story is locked");
                let number = next_number(tx, story)?;
                let scene = insert(tx, story, number, text)?;
                let update = "UPDATE character SET scenes = scenes + 1 WHERE id = $1 RETURNING id";
                tx.lock(Lock::Character, update, &[&character])?
                    .ok_or_else(|| Error::missing(format!("character {character}")))?;
                Ok(scene)
            })
            .map_err(|why| why.when_trying(format!("generate a scene of story {story} with character {character}")))
    }

    /// All scenes of the story, by number.
    ///
    /// # Errors
    ///
    /// If the server fails.
    pub fn of(&mut self, story: i64) -> Result<Vec<Scene>, Error> {
        let select = "SELECT number, text FROM scene WHERE story = $1 ORDER BY number, id";
        self.0
            .transaction(|tx| Ok(tx.rows(select, &[&story])?.iter().map(scene).collect()))
            .map_err(|why| why.when_trying(format!("read the scenes of story {story}")))
    }
}

/// A separate statement, after the one that may have waited for the lock: in READ COMMITTED each statement sees the data that were
/// committed when it began. In one statement with `FOR UPDATE`, the highest number would be the one from before the wait.
fn next_number(tx: &mut Transaction<'_>, story: i64) -> Result<i64, Error> {
    let select = "SELECT coalesce(max(number), 0) + 1 FROM scene WHERE story = $1";
    Ok(tx.row(select, &[&story])?.get(0))
}

fn insert(tx: &mut Transaction<'_>, story: i64, number: i64, text: &str) -> Result<Scene, Error> {
    let insert = "INSERT INTO scene (story, number, text) VALUES ($1, $2, $3) RETURNING number, text";
    Ok(scene(&tx.row(insert, &[&story, &number, &text])?))
}

fn scene(row: &Row) -> Scene {
    Scene { number: row.get("number"), text: row.get("text") }
}
