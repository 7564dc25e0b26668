//! Checks exactly-once creation: of all actors that get or create an object, one creates it and the others find that one.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};

use crate::history::operation::Operation;
use crate::history::timeline::Timeline;
use crate::history::violation::Violation;

/// The result of get-or-create.
///
/// ```
/// use swimlanes_kit::history::Creation;
///
/// let creation: Creation<u64> = Creation::Created(7);
/// assert_eq!(*creation.value(), 7);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Creation<V> {
    /// The object did not exist, and this operation created it.
    Created(V),
    /// The object existed.
    Found(V),
}

impl<V> Creation<V> {
    /// The object that the actor got, for example its id.
    ///
    /// ```
    /// # use swimlanes_kit::history::Creation;
    /// assert_eq!(*Creation::Found("id-1").value(), "id-1");
    /// ```
    #[must_use]
    pub fn value(&self) -> &V {
        match self {
            Self::Created(value) | Self::Found(value) => value,
        }
    }
}

/// A fault in the creation of an object. Keys and values are formatted with [`Debug`].
///
/// ```
/// use swimlanes_kit::history::{Creation::Created, CreationFault, Operation, created_once};
///
/// let operations = [Operation::new("a", "Alice", 0, 2, Created(1)), Operation::new("b", "Alice", 1, 3, Created(2))];
/// let violation = created_once(&operations).unwrap_err();
/// assert!(matches!(violation.what(), CreationFault::Twice { .. }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CreationFault {
    /// Two actors created it.
    #[non_exhaustive]
    Twice {
        /// The key of the object.
        key: String,
        /// The two actors.
        actors: [String; 2],
    },
    /// Two actors got different objects.
    #[non_exhaustive]
    Differs {
        /// The key of the object.
        key: String,
        /// The two actors.
        actors: [String; 2],
        /// The values that they got.
        values: [String; 2],
    },
    /// One actor found it before another one started to create it.
    #[non_exhaustive]
    TooEarly {
        /// The key of the object.
        key: String,
        /// The actor that found it, and the one that created it.
        actors: [String; 2],
    },
    /// It was found, but no operation created it.
    #[non_exhaustive]
    NotCreated {
        /// The key of the object.
        key: String,
        /// The actor that found it.
        actor: String,
    },
}

impl fmt::Display for CreationFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Twice { key, actors: [a, b] } => write!(f, "{a} and {b} both created {key}"),
            Self::Differs { key, actors: [a, b], values: [one, other] } => {
                write!(f, "for {key} {a} got {one} and {b} got {other}")
            }
            Self::TooEarly { key, actors: [a, b] } => write!(f, "{a} had found {key} before {b} started to create it"),
            Self::NotCreated { key, actor } => write!(f, "{actor} found {key}, but no operation created it"),
        }
    }
}

/// Checks for each key that one operation created its object, and that all others got the same object.
///
/// An operation without an end may be the one that created it. Record objects that exist before the actors start as created; otherwise
/// finding them counts as a fault.
///
/// Takes `O(n log n)` time.
///
/// # Errors
///
/// The fault of the first such key, with the operations that show it.
///
/// ```
/// use swimlanes_kit::history::{Creation, History, created_once};
///
/// let history = History::new();
/// let (alice, bob) = (history.begin("alice", "Eve"), history.begin("bob", "Eve"));
/// alice.end(Creation::Created(1));
/// bob.end(Creation::Created(2));
/// assert_eq!(created_once(&history.operations()).unwrap_err().to_string(), r#"
/// alice  ┝ "Eve" → Created(1) ┥
/// bob      ┝ "Eve" → Created(2) ┥
/// alice and bob both created "Eve"
/// "#.trim());
/// ```
pub fn created_once<K, V>(operations: &[Operation<K, Creation<V>>]) -> Result<(), Violation<CreationFault>>
where
    K: Ord + Debug,
    V: PartialEq + Debug,
{
    let mut by_key: BTreeMap<&K, Vec<&Operation<K, Creation<V>>>> = BTreeMap::new();
    for operation in operations {
        by_key.entry(operation.call()).or_default().push(operation);
    }
    by_key.into_values().try_for_each(|of_one| check_one(&of_one))
}

/// Checks the operations of one key.
fn check_one<K, V>(operations: &[&Operation<K, Creation<V>>]) -> Result<(), Violation<CreationFault>>
where
    K: Debug,
    V: PartialEq + Debug,
{
    let with_end: Vec<_> = operations.iter().filter_map(|o| o.result().map(|result| (*o, result))).collect();
    let Some(&(any, value)) = with_end.first() else { return Ok(()) };
    let key = format!("{:?}", any.call());
    let mut creators = with_end.iter().filter(|(_, result)| matches!(result, Creation::Created(_))).map(|(o, _)| *o);
    let (creator, second) = (creators.next(), creators.next());
    let names = |a: &Operation<K, _>, b: &Operation<K, _>| [a.actor().to_owned(), b.actor().to_owned()];
    let timeline =
        |a: &Operation<K, _>, b: &Operation<K, _>| Timeline::of([a, b]).highlight(&[a.started_at(), b.started_at()]);

    if let (Some(a), Some(b)) = (creator, second) {
        return Err(Violation::new(CreationFault::Twice { key, actors: names(a, b) }, timeline(a, b)));
    }
    if let Some((other, its)) = with_end.iter().find(|(_, result)| result.value() != value.value()) {
        let values = [format!("{:?}", value.value()), format!("{:?}", its.value())];
        let fault = CreationFault::Differs { key, actors: names(any, other), values };
        return Err(Violation::new(fault, timeline(any, other)));
    }
    let fault = match creator {
        Some(creator) => with_end.iter().find(|(other, _)| other.precedes(creator)).map(|(early, _)| {
            let fault = CreationFault::TooEarly { key, actors: names(early, creator) };
            Violation::new(fault, timeline(early, creator))
        }),
        None => {
            // An operation without an end may have created it, if it had started by then.
            let may_have_created = |p: &Operation<K, _>, end| p.ended_at().is_none() && Some(p.started_at()) <= end;
            let has_no_creator = |o: &Operation<K, _>| !operations.iter().any(|p| may_have_created(p, o.ended_at()));
            with_end.iter().find(|(o, _)| has_no_creator(o)).map(|(finder, _)| {
                let fault = CreationFault::NotCreated { key, actor: finder.actor().to_owned() };
                Violation::new(fault, Timeline::of([*finder]).highlight(&[finder.started_at()]))
            })
        }
    };
    fault.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::history::notation::{outcome, parse};

    /// `created 1` and `found 1` are results.
    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let operations =
            parse(text, str::to_owned, |result| match result.split_once(' ').expect("created or found, and a value") {
                ("created", value) => Creation::Created(value.to_owned()),
                (_, value) => Creation::Found(value.to_owned()),
            });
        expected.assert_eq(&outcome(created_once(&operations)));
    }

    #[test]
    fn one_creator_and_many_finders_are_valid() {
        check(
            "
            alice [Eve=created 1]            [Bob=found 5]
            bob        [Eve=found 1]
            carol          [Bob=created 5]
        ",
            expect!["fine"],
        );
    }

    #[test]
    fn two_creators_are_a_violation() {
        check(
            "
            alice [Eve=created 1]
            bob        [Eve=created 1]
        ",
            expect![[r#"
            alice  ┝ "Eve" → Created("1") ┥
            bob         ┝ "Eve" → Created("1") ┥
            alice and bob both created "Eve""#]],
        );
    }

    #[test]
    fn different_objects_are_a_violation() {
        check(
            "
            alice [Eve=created 1]
            bob        [Eve=found 2]
        ",
            expect![[r#"
                alice  ┝ "Eve" → Created("1") ┥
                bob         ┝ "Eve" → Found("2") ━┥
                for "Eve" alice got "1" and bob got "2""#]],
        );
    }

    #[test]
    fn finding_before_creation_is_a_violation() {
        check(
            "
            alice                [Eve=created 1]
            bob   [Eve=found 1]
        ",
            expect![[r#"
            bob    ┝ "Eve" → Found("1") ┥
            alice                           ┝ "Eve" → Created("1") ┥
            bob had found "Eve" before alice started to create it"#]],
        );
    }

    #[test]
    fn finding_without_creation_is_a_violation() {
        check(
            "
            alice [Eve=found 1]
            bob        [Eve=found 1]
        ",
            expect![[r#"
            alice  ┝ "Eve" → Found("1") ┥
            alice found "Eve", but no operation created it"#]],
        );
    }

    #[test]
    fn crashed_actor_may_have_created_the_object_but_not_before_its_start() {
        check(
            "
            alice [Eve..
            bob        [Eve=found 1]
        ",
            expect!["fine"],
        );
        check(
            "
            alice                    [Eve..
            bob   [Eve=found 1]
        ",
            expect![[r#"
            bob  ┝ "Eve" → Found("1") ┥
            bob found "Eve", but no operation created it"#]],
        );
    }
}
