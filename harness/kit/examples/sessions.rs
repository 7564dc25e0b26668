//! A race in a few lines: check whether a session exists, and insert it if not.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use swimlanes_kit::point;
use swimlanes_kit::race::Race;

/// A table with a primary key.
#[derive(Default)]
struct Sessions(Mutex<BTreeMap<String, usize>>);

impl Sessions {
    fn is_there(&self, id: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(id)
    }

    fn insert(&self, id: &str, owner: usize) -> Result<(), String> {
        let before = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), owner);
        before.map_or(Ok(()), |_| Err(format!("duplicate key \"session_id: {id}\" violates primary key constraint")))
    }
}

fn start_session(sessions: &Sessions, id: &str, owner: usize) -> Result<(), String> {
    if !sessions.is_there(id) {
        point!("after select");
        sessions.insert(id, owner)?;
    }
    Ok(())
}

fn main() {
    let sessions = Sessions::default();
    let race = Race::new(4).rounds(20).seed(7);
    let report = race.run(|actor| start_session(&sessions, &format!("s{}", actor.round()), actor.number()));
    print!("{report}");
}
