//! Scenes: numbered 1, 2, 3, … within their story, also when two are generated at once.

use postgres::Row;
use swimlanes_kit::point;

use crate::engine::{Engine, Rules};
use crate::error::Error;
use crate::story;
use crate::transaction::{Lock, Transaction};

/// A part of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scene {
    /// Its place in the story; the first one is 1.
    pub number: i64,
    /// What happens.
    pub text: String,
}

/// How it is made sure that a scene gets a number that no other one of the story has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbering {
    /// It is not: two who look for the highest number at once find the same. **Broken**; where `(story, number)` is unique in the
    /// database, one of them gets an error instead of the number of the other one.
    MaxPlusOne,
    /// `SELECT … FOR UPDATE` of the story: who comes second waits, and then looks for the highest number.
    RowLock,
    /// The database refuses the number, and who is told so looks again. Nothing without `UNIQUE (story, number)`.
    UniqueKey,
    /// Optimistic: a scene changes the version of its story, and who finds another one than was read begins again.
    Version,
    /// SERIALIZABLE: the server finds out, and who is told 40001 or 40P01 begins again.
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
    /// When there is no such story, when a statement took longer than it may, when the number was taken meanwhile and that does not
    /// matter to `numbering`, and when others were faster at each try.
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

    /// The same, with a character who appears in it, and with row locks: of the story, then of the character.
    ///
    /// # Errors
    ///
    /// When one of them does not exist, and when a statement took longer than it may.
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
    /// When the server does not answer.
    pub fn of(&mut self, story: i64) -> Result<Vec<Scene>, Error> {
        let select = "SELECT number, text FROM scene WHERE story = $1 ORDER BY number, id";
        self.0
            .transaction(|tx| Ok(tx.rows(select, &[&story])?.iter().map(scene).collect()))
            .map_err(|why| why.when_trying(format!("read the scenes of story {story}")))
    }
}

/// A statement of its own, after the one that may have waited for the lock: in READ COMMITTED each statement sees what was committed when
/// it began. In one statement with `FOR UPDATE`, the highest number would be the one from before the wait.
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
