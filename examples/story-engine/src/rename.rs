//! Renaming a character, which takes the locks of two rows: here it is seen what the order of locks is for.

use swimlanes_kit::point;

use crate::error::Error;
use crate::story;
use crate::transaction::{Lock, Transaction};

/// In which order the locks of a story and of one of its characters are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockOrder {
    /// The documented one, which all others keep to.
    StoryFirst,
    /// The other one. **Broken**: of two who have one lock each and want the other one's, neither can go on.
    CharacterFirst,
}

pub(crate) fn rename(tx: &mut Transaction<'_>, character: i64, name: &str, order: LockOrder) -> Result<(), Error> {
    // Which story it is never changes, so that can be read without a lock.
    let row = tx.find("SELECT story FROM character WHERE id = $1", &[&character])?;
    let story: i64 = row.ok_or_else(|| missing(character))?.get(0);
    let (story, before) = match order {
        LockOrder::StoryFirst => {
            let story = story::lock(tx, story)?;
            point!("the story is locked");
            (story, lock_and_rename(tx, character, name)?)
        }
        LockOrder::CharacterFirst => {
            let before = lock_and_rename(tx, character, name)?;
            point!("the character is locked");
            (story::lock(tx, story)?, before)
        }
    };
    story::write(tx, story.id, &story.text.replace(&before, name))
}

/// Answers the name that it had.
fn lock_and_rename(tx: &mut Transaction<'_>, character: i64, name: &str) -> Result<String, Error> {
    let row = tx.lock(Lock::Character, "SELECT name FROM character WHERE id = $1 FOR UPDATE", &[&character])?;
    let before: String = row.ok_or_else(|| missing(character))?.get(0);
    tx.write("UPDATE character SET name = $2 WHERE id = $1", &[&character, &name])?;
    Ok(before)
}

fn missing(character: i64) -> Error {
    Error::missing(format!("character {character}"))
}
