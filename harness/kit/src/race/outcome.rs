//! The outcome of an actor or a hook, as the report needs it: success, or the text of an error.

use std::error::Error;
use std::iter::successors;

/// What actors, and the hooks of a [`Race`](crate::race::Race), may return: nothing, or a `Result` whose error is an error, a text, or a
/// `Box<dyn Error + Send + Sync>`.
///
/// ```
/// use swimlanes_kit::race::ActorResult;
///
/// assert_eq!(().into_error(), None);
/// assert_eq!(Ok::<i32, String>(1).into_error(), None);
/// assert_eq!(Err::<(), _>("duplicate key").into_error().as_deref(), Some("duplicate key"));
/// ```
#[diagnostic::on_unimplemented(
    message = "an actor or a hook of a race cannot return `{Self}`",
    label = "nothing, or a `Result` whose error is an `Error + Send + Sync`, a text, or a `Box<dyn Error + Send + Sync>`"
)]
pub trait ActorResult {
    /// The text of the error, if there is one, with those of its causes.
    fn into_error(self) -> Option<String>;
}

impl ActorResult for () {
    fn into_error(self) -> Option<String> {
        None
    }
}

impl<T, E: Into<Box<dyn Error + Send + Sync>>> ActorResult for Result<T, E> {
    fn into_error(self) -> Option<String> {
        self.err().map(|error| with_causes(&*error.into()))
    }
}

/// The error and its causes. The message of some database clients is only "db error", and the details are in the cause.
fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    for cause in successors(error.source(), |&cause| cause.source()) {
        let cause = cause.to_string();
        // Many errors already contain the text of their cause.
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    #[derive(Debug)]
    struct ChainedError(&'static str, Option<Box<ChainedError>>);

    impl fmt::Display for ChainedError {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for ChainedError {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|cause| cause as &dyn Error)
        }
    }

    #[track_caller]
    fn check(texts: &[&'static str], expected: &str) {
        let chain = |cause, text: &&'static str| Some(Box::new(ChainedError(text, cause)));
        let error = texts.iter().rev().fold(None, chain).expect("an error");
        assert_eq!(Err::<(), _>(*error).into_error().as_deref(), Some(expected));
    }

    #[test]
    fn error_text_includes_causes() {
        check(&["db error"], "db error");
        check(&["db error", "duplicate key", "17"], "db error: duplicate key: 17");
    }

    #[test]
    fn repeated_cause_is_omitted() {
        check(
            &["cannot insert: duplicate key", "duplicate key", "on disk 1"],
            "cannot insert: duplicate key: on disk 1",
        );
    }
}
