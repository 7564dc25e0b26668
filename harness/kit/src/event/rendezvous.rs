//! A meeting of all who are expected: nobody goes on before everybody is there, and who is missing is named.

use std::sync::Arc;
use std::time::Duration;

use crate::event::rendezvous_error::{Missing, Why};
use crate::event::wait_cell::Watched;

/// Holds everybody who arrives until all are there.
///
/// Clones are the same meeting. It takes place once. When it fails, because somebody's limit is over, a stranger comes or somebody comes
/// twice, it has failed for all: who waits now and who arrives later learn the same.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::event::Rendezvous;
///
/// const LIMIT: Duration = Duration::from_secs(5);
/// let meeting = Rendezvous::new("both have read", ["alice", "bob"]);
/// std::thread::scope(|scope| {
///     scope.spawn(|| meeting.arrive("alice", LIMIT));
///     meeting.arrive("bob", LIMIT)
/// })?;
///
/// let meeting = Rendezvous::new("handover", ["alice", "bob"]);
/// let missing = meeting.arrive("alice", Duration::ZERO).unwrap_err();
/// assert_eq!(missing.missing(), ["bob"]);
/// # Ok::<(), swimlanes_kit::event::Missing>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rendezvous(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    name: String,
    expected: Vec<String>,
    meeting: Watched<Meeting>,
}

#[derive(Debug)]
struct Meeting {
    /// For each who is expected, in that order.
    is_there: Vec<bool>,
    failed: Option<Missing>,
}

impl Meeting {
    /// What everybody learns, if that is known yet.
    fn answer(&self) -> Option<Result<(), Missing>> {
        if self.is_complete() { Some(Ok(())) } else { self.failed.clone().map(Err) }
    }

    fn is_complete(&self) -> bool {
        self.is_there.iter().all(|is_there| *is_there)
    }
}

impl Rendezvous {
    /// A meeting of these. The names are for those who wait in vain.
    ///
    /// # Panics
    ///
    /// If a name is expected twice.
    ///
    /// ```
    /// use swimlanes_kit::event::Rendezvous;
    ///
    /// let meeting = Rendezvous::new("all are connected", (0..8).map(|client| format!("client {client}")));
    /// # drop(meeting);
    /// ```
    #[must_use]
    pub fn new<N: Into<String>>(name: impl Into<String>, expected: impl IntoIterator<Item = N>) -> Self {
        let name = name.into();
        let expected: Vec<String> = expected.into_iter().map(Into::into).collect();
        for (ix, who) in expected.iter().enumerate() {
            assert!(!expected[..ix].contains(who), "rendezvous {name:?} expects {who} twice");
        }
        let meeting = Watched::new(Meeting { is_there: vec![false; expected.len()], failed: None });
        Self(Arc::new(Shared { name, expected, meeting }))
    }

    /// Says that somebody is there, and comes back when all are. Blocks the thread meanwhile.
    ///
    /// # Errors
    ///
    /// If not all are there when the limit is over, if this one is not expected or has come before, and if the meeting has failed already.
    ///
    /// ```
    /// use std::time::Duration;
    /// use swimlanes_kit::event::Rendezvous;
    ///
    /// let meeting = Rendezvous::new("handover", ["alice", "bob"]);
    /// let missing = meeting.arrive("carol", Duration::from_secs(5)).unwrap_err();
    /// assert_eq!(missing.stranger(), Some("carol"));
    /// assert_eq!(meeting.arrive("alice", Duration::from_secs(5)), Err(missing));
    /// ```
    pub fn arrive(&self, who: &str, limit: Duration) -> Result<(), Missing> {
        self.come(who)?;
        self.0.meeting.wait_until(limit, Meeting::answer).unwrap_or_else(|| self.give_up(limit))
    }

    /// Says that somebody is there, and is ready when all are. Needs no runtime.
    ///
    /// Nobody is there, and no limit begins, before it is first polled. Who drops it before all are there has gone away again, and is missing.
    ///
    /// # Errors
    ///
    /// As of [`Rendezvous::arrive`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use swimlanes_kit::event::Rendezvous;
    /// use swimlanes_kit::together::together_async;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let meeting = Rendezvous::new("handover", ["0", "1"]);
    /// let met = together_async(2, async |actor| {
    ///     meeting.arrive_async(&actor.to_string(), Duration::from_secs(5)).await
    /// })
    /// .await;
    /// assert_eq!(met, [Ok(Ok(())), Ok(Ok(()))]);
    /// # }
    /// ```
    pub async fn arrive_async(&self, who: &str, limit: Duration) -> Result<(), Missing> {
        let place = self.come(who)?;
        let _stay = Stay { shared: &self.0, place };
        self.0.meeting.ready_within(limit, Meeting::answer).await.unwrap_or_else(|| self.give_up(limit))
    }

    /// Takes a place, and answers which.
    fn come(&self, who: &str) -> Result<usize, Missing> {
        let place = self.0.expected.iter().position(|expected| expected == who);
        self.0.meeting.change(|meeting| {
            if let Some(Err(failed)) = meeting.answer() {
                return Err(failed);
            }
            match place {
                None => Err(self.fail(meeting, Why::Stranger(who.to_owned()))),
                Some(place) if meeting.is_there[place] => Err(self.fail(meeting, Why::Twice(who.to_owned()))),
                Some(place) => {
                    meeting.is_there[place] = true;
                    Ok(place)
                }
            }
        })
    }

    fn give_up(&self, limit: Duration) -> Result<(), Missing> {
        self.0.meeting.change(|meeting| meeting.answer().unwrap_or_else(|| Err(self.fail(meeting, Why::Late(limit)))))
    }

    /// The meeting has failed for everybody; or, if it has taken place already, for this one alone.
    fn fail(&self, meeting: &mut Meeting, why: Why) -> Missing {
        let (there, missing): (Vec<_>, Vec<_>) =
            self.0.expected.iter().cloned().zip(&meeting.is_there).partition(|(_, is_there)| **is_there);
        let names = |list: Vec<(String, &bool)>| list.into_iter().map(|(name, _)| name).collect();
        let missing = Missing::new(&self.0.name, why, names(there), names(missing));
        meeting.failed = Some(missing.clone());
        missing
    }
}

/// The place of a future, which it leaves when it is dropped before the meeting has an answer.
struct Stay<'r> {
    shared: &'r Shared,
    place: usize,
}

impl Drop for Stay<'_> {
    fn drop(&mut self) {
        self.shared.meeting.change(|meeting| {
            if meeting.answer().is_none() {
                meeting.is_there[self.place] = false;
            }
        });
    }
}
