//! One operation of a history, as plain data.

/// What an actor called, when it began, and, if it ended, when and with what result.
///
/// A [`History`](super::History) makes them; by hand they are made for the tests of a checker or a model.
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
    began: u64,
    end: Option<(u64, R)>,
}

impl<C, R> Operation<C, R> {
    /// One that ended.
    ///
    /// # Panics
    ///
    /// If it ended before it began.
    ///
    /// ```
    /// use swimlanes_kit::history::Operation;
    ///
    /// assert_eq!(Operation::new("alice", "read", 3, 8, 1).result(), Some(&1));
    /// ```
    #[must_use]
    pub fn new(actor: impl Into<String>, call: C, began: u64, ended: u64, result: R) -> Self {
        let mut operation = Self::pending(actor, call, began);
        operation.end(ended, result);
        operation
    }

    /// One that did not end: it may have taken effect at any time since it began, or not at all.
    ///
    /// ```
    /// use swimlanes_kit::history::Operation;
    ///
    /// let operation: Operation<&str, u64> = Operation::pending("alice", "read", 3);
    /// assert_eq!(operation.result(), None);
    /// ```
    #[must_use]
    pub fn pending(actor: impl Into<String>, call: C, began: u64) -> Self {
        Self { actor: actor.into(), call, began, end: None }
    }

    /// Who did it.
    ///
    /// ```
    /// # use swimlanes_kit::history::Operation;
    /// assert_eq!(Operation::new("alice", "read", 3, 8, 1).actor(), "alice");
    /// ```
    #[must_use]
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// What was called.
    ///
    /// ```
    /// # use swimlanes_kit::history::Operation;
    /// assert_eq!(*Operation::new("alice", "read", 3, 8, 1).call(), "read");
    /// ```
    #[must_use]
    pub fn call(&self) -> &C {
        &self.call
    }

    /// The tick at which it began.
    ///
    /// ```
    /// # use swimlanes_kit::history::Operation;
    /// assert_eq!(Operation::new("alice", "read", 3, 8, 1).began(), 3);
    /// ```
    #[must_use]
    pub fn began(&self) -> u64 {
        self.began
    }

    /// The tick at which it ended, if it did.
    ///
    /// ```
    /// # use swimlanes_kit::history::Operation;
    /// assert_eq!(Operation::new("alice", "read", 3, 8, 1).ended(), Some(8));
    /// ```
    #[must_use]
    pub fn ended(&self) -> Option<u64> {
        self.end.as_ref().map(|(tick, _)| *tick)
    }

    /// What came back, if it ended.
    ///
    /// ```
    /// # use swimlanes_kit::history::Operation;
    /// assert_eq!(Operation::new("alice", "read", 3, 8, 1).result(), Some(&1));
    /// ```
    #[must_use]
    pub fn result(&self) -> Option<&R> {
        self.end.as_ref().map(|(_, result)| result)
    }

    /// Had it ended when the other one began? Two of which neither precedes the other overlap.
    ///
    /// ```
    /// # use swimlanes_kit::history::Operation;
    /// let [a, b, c] = [(0, 2), (1, 4), (3, 5)].map(|(began, ended)| Operation::new("alice", (), began, ended, ()));
    /// assert!(a.precedes(&c));
    /// assert!(!a.precedes(&b) && !b.precedes(&a));
    /// ```
    #[must_use]
    pub fn precedes(&self, other: &Self) -> bool {
        self.ended().is_some_and(|ended| ended < other.began)
    }

    pub(super) fn end(&mut self, tick: u64, result: R) {
        assert!(self.began <= tick, "an operation that began at tick {} cannot end at tick {tick}", self.began);
        self.end = Some((tick, result));
    }
}
