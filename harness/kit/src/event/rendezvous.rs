//! A rendezvous: no party continues before all expected parties have arrived, and an error names the missing ones.

use std::sync::Arc;
use std::time::Duration;

use crate::event::rendezvous_error::{RendezvousError, RendezvousFailure};
use crate::event::wait_cell::WaitCell;

/// Blocks each party that arrives until all have arrived.
///
/// Clones share one rendezvous. It completes once. It fails if a party times out, if an unexpected party arrives, or if a party arrives
/// twice. A failure is final for all: parties that wait and parties that arrive later get the same error.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::event::Rendezvous;
///
/// const LIMIT: Duration = Duration::from_secs(5);
/// let rendezvous = Rendezvous::new("both have read", ["alice", "bob"]);
/// std::thread::scope(|scope| {
///     scope.spawn(|| rendezvous.arrive("alice", LIMIT));
///     rendezvous.arrive("bob", LIMIT)
/// })?;
///
/// let rendezvous = Rendezvous::new("handover", ["alice", "bob"]);
/// let error = rendezvous.arrive("alice", Duration::ZERO).unwrap_err();
/// assert_eq!(error.missing(), ["bob"]);
/// # Ok::<(), swimlanes_kit::event::RendezvousError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rendezvous(Arc<SharedRendezvous>);

#[derive(Debug)]
struct SharedRendezvous {
    name: String,
    expected: Vec<String>,
    state: WaitCell<RendezvousState>,
}

#[derive(Debug)]
struct RendezvousState {
    /// For each expected party, in that order.
    is_present: Vec<bool>,
    error: Option<RendezvousError>,
}

impl RendezvousState {
    /// The result for all parties, once it is known.
    fn outcome(&self) -> Option<Result<(), RendezvousError>> {
        if self.is_complete() { Some(Ok(())) } else { self.error.clone().map(Err) }
    }

    fn is_complete(&self) -> bool {
        self.is_present.iter().all(|is_present| *is_present)
    }
}

impl Rendezvous {
    /// A rendezvous of these parties. The names appear in errors.
    ///
    /// # Panics
    ///
    /// If two parties have the same name.
    ///
    /// ```
    /// use swimlanes_kit::event::Rendezvous;
    ///
    /// let rendezvous = Rendezvous::new("all are connected", (0..8).map(|client| format!("client {client}")));
    /// # drop(rendezvous);
    /// ```
    #[must_use]
    pub fn new<N: Into<String>>(name: impl Into<String>, expected: impl IntoIterator<Item = N>) -> Self {
        let name = name.into();
        let expected: Vec<String> = expected.into_iter().map(Into::into).collect();
        for (ix, party) in expected.iter().enumerate() {
            assert!(!expected[..ix].contains(party), "rendezvous {name:?} expects {party} twice");
        }
        let state = WaitCell::new(RendezvousState { is_present: vec![false; expected.len()], error: None });
        Self(Arc::new(SharedRendezvous { name, expected, state }))
    }

    /// Registers the arrival of a party and blocks the thread until all have arrived.
    ///
    /// # Errors
    ///
    /// If not all parties arrive within the limit, if this party is unexpected or has arrived before, or if the rendezvous has already failed.
    ///
    /// ```
    /// use std::time::Duration;
    /// use swimlanes_kit::event::Rendezvous;
    ///
    /// let rendezvous = Rendezvous::new("handover", ["alice", "bob"]);
    /// let error = rendezvous.arrive("carol", Duration::from_secs(5)).unwrap_err();
    /// assert_eq!(error.unexpected(), Some("carol"));
    /// assert_eq!(rendezvous.arrive("alice", Duration::from_secs(5)), Err(error));
    /// ```
    pub fn arrive(&self, party: &str, limit: Duration) -> Result<(), RendezvousError> {
        self.register(party)?;
        self.0.state.wait_until(limit, RendezvousState::outcome).unwrap_or_else(|| self.time_out(limit))
    }

    /// Registers the arrival of a party and resolves when all have arrived. Needs no runtime.
    ///
    /// The first poll registers the arrival and starts the limit. Dropping the future before all have arrived withdraws the arrival.
    ///
    /// # Errors
    ///
    /// As [`Rendezvous::arrive`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use swimlanes_kit::event::Rendezvous;
    /// use swimlanes_kit::together::run_together_async;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let rendezvous = Rendezvous::new("handover", ["0", "1"]);
    /// let met = run_together_async(2, async |actor| {
    ///     rendezvous.arrive_async(&actor.to_string(), Duration::from_secs(5)).await
    /// })
    /// .await;
    /// assert_eq!(met, [Ok(Ok(())), Ok(Ok(()))]);
    /// # }
    /// ```
    pub async fn arrive_async(&self, party: &str, limit: Duration) -> Result<(), RendezvousError> {
        let slot = self.register(party)?;
        let _attendance = Attendance { shared: &self.0, slot };
        self.0.state.ready_within(limit, RendezvousState::outcome).await.unwrap_or_else(|| self.time_out(limit))
    }

    /// Marks the party as present and returns its slot.
    fn register(&self, party: &str) -> Result<usize, RendezvousError> {
        let slot = self.0.expected.iter().position(|expected| expected == party);
        self.0.state.change(|state| {
            if let Some(Err(error)) = state.outcome() {
                return Err(error);
            }
            match slot {
                None => Err(self.fail(state, RendezvousFailure::Unexpected(party.to_owned()))),
                Some(slot) if state.is_present[slot] => {
                    Err(self.fail(state, RendezvousFailure::Duplicate(party.to_owned())))
                }
                Some(slot) => {
                    state.is_present[slot] = true;
                    Ok(slot)
                }
            }
        })
    }

    fn time_out(&self, limit: Duration) -> Result<(), RendezvousError> {
        self.0
            .state
            .change(|state| state.outcome().unwrap_or_else(|| Err(self.fail(state, RendezvousFailure::Timeout(limit)))))
    }

    /// Makes the rendezvous fail for all parties; if it has already completed, for this one alone.
    fn fail(&self, state: &mut RendezvousState, failure: RendezvousFailure) -> RendezvousError {
        let (present, missing): (Vec<_>, Vec<_>) =
            self.0.expected.iter().cloned().zip(&state.is_present).partition(|(_, is_present)| **is_present);
        let names = |list: Vec<(String, &bool)>| list.into_iter().map(|(name, _)| name).collect();
        let error = RendezvousError::new(&self.0.name, failure, names(present), names(missing));
        state.error = Some(error.clone());
        error
    }
}

/// The slot of a future. Dropping it before the rendezvous has an outcome frees the slot.
struct Attendance<'r> {
    shared: &'r SharedRendezvous,
    slot: usize,
}

impl Drop for Attendance<'_> {
    fn drop(&mut self) {
        self.shared.state.change(|state| {
            if state.outcome().is_none() {
                state.is_present[self.slot] = false;
            }
        });
    }
}
