//! One operation of a history, as plain data.

/// A call of an actor, with its start and, if it ended, its end and result.
///
/// A [`History`](super::History) creates operations. Create them by hand to test a checker or a model.
///
/// ```
/// use swimlanes_kit::history::Operation;
///
/// let write = Operation::new("alice", "write 1", 0, 2, ());
/// let read = Operation::new("bob", "read", 3, 4, ());
/// assert!(write.precedes(&read));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation<C, R> {
    actor: String,
    call: C,
    started_at: u64,
    end: Option<(u64, R)>,
}

impl<C, R> Operation<C, R> {
    /// An operation that has ended.
    ///
    /// # Panics
    ///
    /// If it ends before it starts.
    ///
    /// ```
    /// use swimlanes_kit::history::Operation;
    ///
    /// assert_eq!(Operation::new("alice", "read", 3, 8, 1).result(), Some(&1));
    /// ```
    #[must_use]
    pub fn new(actor: impl Into<String>, call: C, started_at: u64, ended_at: u64, result: R) -> Self {
        let mut operation = Self::in_flight(actor, call, started_at);
        operation.end(ended_at, result);
        operation
    }

    /// An operation without an end: it may have taken effect at any time since its start, or not at all.
    ///
    /// ```
    /// use swimlanes_kit::history::Operation;
    ///
    /// let operation: Operation<&str, u64> = Operation::in_flight("alice", "read", 3);
    /// assert_eq!(operation.result(), None);
    /// ```
    #[must_use]
    pub fn in_flight(actor: impl Into<String>, call: C, started_at: u64) -> Self {
        Self { actor: actor.into(), call, started_at, end: None }
    }

    /// The name of the actor.
    ///
    /// ```
    /// # use swimlanes_kit::history::Operation;
    /// assert_eq!(Operation::new("alice", "read", 3, 8, 1).actor(), "alice");
    /// ```
    #[must_use]
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// The call.
    ///
    /// ```
    /// # use swimlanes_kit::history::Operation;
    /// assert_eq!(*Operation::new("alice", "read", 3, 8, 1).call(), "read");
    /// ```
    #[must_use]
    pub fn call(&self) -> &C {
        &self.call
    }

    /// The tick of the start.
    ///
    /// ```
    /// # use swimlanes_kit::history::Operation;
    /// assert_eq!(Operation::new("alice", "read", 3, 8, 1).started_at(), 3);
    /// ```
    #[must_use]
    pub fn started_at(&self) -> u64 {
        self.started_at
    }

    /// The tick of the end, if it has ended.
    ///
    /// ```
    /// # use swimlanes_kit::history::Operation;
    /// assert_eq!(Operation::new("alice", "read", 3, 8, 1).ended_at(), Some(8));
    /// ```
    #[must_use]
    pub fn ended_at(&self) -> Option<u64> {
        self.end.as_ref().map(|(tick, _)| *tick)
    }

    /// The result, if it has ended.
    ///
    /// ```
    /// # use swimlanes_kit::history::Operation;
    /// assert_eq!(Operation::new("alice", "read", 3, 8, 1).result(), Some(&1));
    /// ```
    #[must_use]
    pub fn result(&self) -> Option<&R> {
        self.end.as_ref().map(|(_, result)| result)
    }

    /// Whether this operation ended before the other one started. Two operations overlap if neither precedes the other.
    ///
    /// ```
    /// # use swimlanes_kit::history::Operation;
    /// let [a, b, c] = [(0, 2), (1, 4), (3, 5)].map(|(began, ended)| Operation::new("alice", (), began, ended, ()));
    /// assert!(a.precedes(&c));
    /// assert!(!a.precedes(&b) && !b.precedes(&a));
    /// ```
    #[must_use]
    pub fn precedes(&self, other: &Self) -> bool {
        self.ended_at().is_some_and(|ended| ended < other.started_at)
    }

    pub(super) fn end(&mut self, tick: u64, result: R) {
        assert!(
            self.started_at <= tick,
            "an operation that started at tick {} cannot end at tick {tick}",
            self.started_at
        );
        self.end = Some((tick, result));
    }
}
