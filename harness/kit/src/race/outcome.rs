//! What became of an actor, as the report needs it: nothing to say, or the text of an error.

use std::fmt::Display;

/// What actors, and the hooks of a [`Race`](crate::race::Race), may return: nothing, or a `Result` whose error can be shown.
///
/// ```
/// use swimlanes_kit::race::ActorResult;
///
/// assert_eq!(().into_error(), None);
/// assert_eq!(Ok::<i32, String>(1).into_error(), None);
/// assert_eq!(Err::<(), _>("duplicate key").into_error().as_deref(), Some("duplicate key"));
/// ```
pub trait ActorResult {
    /// The text of the error, if there is one; of an error of the crate anyhow, with its causes.
    fn into_error(self) -> Option<String>;
}

impl ActorResult for () {
    fn into_error(self) -> Option<String> {
        None
    }
}

impl<T, E: Display> ActorResult for Result<T, E> {
    fn into_error(self) -> Option<String> {
        self.err().map(|error| format!("{error:#}"))
    }
}
