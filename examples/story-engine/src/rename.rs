//! Renames a character, which takes the locks of two rows: this shows the purpose of the lock order.

use swimlanes_kit::point;

use crate::error::Error;
use crate::story;
use crate::transaction::{Lock, Transaction};

/// The order of the locks of a story and of one of its characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockOrder {
    /// The documented order, which all others use.
    StoryFirst,
    /// The reverse order. **Broken**: two clients that each hold one lock and need the other one block each other.
    CharacterFirst,
}

pub(crate) fn rename(tx: &mut Transaction<'_>, character: i64, name: &str, order: LockOrder) -> Result<(), Error> {
    // The story of a character never changes, so it can be read without a lock.
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

/// Returns the old name.
fn lock_and_rename(tx: &mut Transaction<'_>, character: i64, name: &str) -> Result<String, Error> {
    let row = tx.lock(Lock::Character, "SELECT name FROM character WHERE id = $1 FOR UPDATE", &[&character])?;
    let before: String = row.ok_or_else(|| missing(character))?.get(0);
    tx.write("UPDATE character SET name = $2 WHERE id = $1", &[&character, &name])?;
    Ok(before)
}

fn missing(character: i64) -> Error {
    Error::missing(format!("character {character}"))
}
