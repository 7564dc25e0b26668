//! Exactly-once creation: of all who get or create a thing, one creates it and the others find that one.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};

use crate::history::operation::Operation;
use crate::history::timeline::Timeline;
use crate::history::violation::Unexplained;

/// What came of getting or creating a thing.
///
/// ```
/// use swimlanes_kit::history::Creation;
///
/// let made: Creation<u64> = Creation::Created(7);
/// assert_eq!(*made.value(), 7);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Creation<V> {
    /// It was not there; this one made it.
    Created(V),
    /// It was there.
    Found(V),
}

impl<V> Creation<V> {
    /// What this actor got, its id say.
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

/// How the creation of a thing went wrong. Keys and values are as [`Debug`] writes them.
///
/// ```
/// use swimlanes_kit::history::{Creation::Created, CreationFault, Operation, created_once};
///
/// let operations = [Operation::new("a", "Alice", 0, 2, Created(1)), Operation::new("b", "Alice", 1, 3, Created(2))];
/// let unexplained = created_once(&operations).unwrap_err();
/// assert!(matches!(unexplained.what(), CreationFault::Twice { .. }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CreationFault {
    /// Two say that they made it.
    #[non_exhaustive]
    Twice {
        /// Which thing.
        key: String,
        /// Who.
        actors: [String; 2],
    },
    /// Two got different ones.
    #[non_exhaustive]
    Differs {
        /// Which thing.
        key: String,
        /// Who.
        actors: [String; 2],
        /// What each of them got.
        values: [String; 2],
    },
    /// One found it before another one began to make it.
    #[non_exhaustive]
    TooEarly {
        /// Which thing.
        key: String,
        /// Who found it, and who made it.
        actors: [String; 2],
    },
    /// It was found, and nobody made it.
    #[non_exhaustive]
    Nobody {
        /// Which thing.
        key: String,
        /// Who found it.
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
            Self::TooEarly { key, actors: [a, b] } => write!(f, "{a} had found {key} before {b} began to create it"),
            Self::Nobody { key, actor } => write!(f, "{actor} found {key}, which nobody had created"),
        }
    }
}

/// Checks for each call that one operation created what it names, and that all the others got the same.
///
/// An operation that did not end may be the one that created it. What is there before the actors begin is to be recorded as created, or all who find
/// it will be told that nobody did.
///
/// Takes time in proportion to `n log n`.
///
/// # Errors
///
/// The first key of which that is not true: two operations of it that do not fit together, or one that found what nobody made.
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
pub fn created_once<K, V>(operations: &[Operation<K, Creation<V>>]) -> Result<(), Unexplained<CreationFault>>
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

/// All of one key.
fn check_one<K, V>(operations: &[&Operation<K, Creation<V>>]) -> Result<(), Unexplained<CreationFault>>
where
    K: Debug,
    V: PartialEq + Debug,
{
    let ended: Vec<_> = operations.iter().filter_map(|o| o.result().map(|result| (*o, result))).collect();
    let Some(&(any, value)) = ended.first() else { return Ok(()) };
    let key = format!("{:?}", any.call());
    let mut creators = ended.iter().filter(|(_, result)| matches!(result, Creation::Created(_))).map(|(o, _)| *o);
    let (creator, second) = (creators.next(), creators.next());
    let names = |a: &Operation<K, _>, b: &Operation<K, _>| [a.actor().to_owned(), b.actor().to_owned()];
    let drawn = |a: &Operation<K, _>, b: &Operation<K, _>| Timeline::of([a, b]).heavy(&[a.began(), b.began()]);

    if let (Some(a), Some(b)) = (creator, second) {
        return Err(Unexplained::new(CreationFault::Twice { key, actors: names(a, b) }, drawn(a, b)));
    }
    if let Some((other, its)) = ended.iter().find(|(_, result)| result.value() != value.value()) {
        let values = [format!("{:?}", value.value()), format!("{:?}", its.value())];
        let fault = CreationFault::Differs { key, actors: names(any, other), values };
        return Err(Unexplained::new(fault, drawn(any, other)));
    }
    let wrong = match creator {
        Some(creator) => ended.iter().find(|(other, _)| other.precedes(creator)).map(|(early, _)| {
            let fault = CreationFault::TooEarly { key, actors: names(early, creator) };
            Unexplained::new(fault, drawn(early, creator))
        }),
        None => {
            // One that did not end may have made it, if it had begun by then.
            let may_have_made = |p: &Operation<K, _>, end| p.ended().is_none() && Some(p.began()) <= end;
            let is_unmade = |o: &Operation<K, _>| !operations.iter().any(|p| may_have_made(p, o.ended()));
            ended.iter().find(|(o, _)| is_unmade(o)).map(|(finder, _)| {
                let fault = CreationFault::Nobody { key, actor: finder.actor().to_owned() };
                Unexplained::new(fault, Timeline::of([*finder]).heavy(&[finder.began()]))
            })
        }
    };
    wrong.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::history::notation::{outcome, parsed};

    /// `made 1` and `found 1` are results.
    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let operations =
            parsed(text, str::to_owned, |result| match result.split_once(' ').expect("made or found, and a value") {
                ("made", value) => Creation::Created(value.to_owned()),
                (_, value) => Creation::Found(value.to_owned()),
            });
        expected.assert_eq(&outcome(created_once(&operations)));
    }

    #[test]
    fn one_makes_it_and_the_others_find_it() {
        check(
            "
            alice [Eve=made 1]            [Bob=found 5]
            bob        [Eve=found 1]
            carol          [Bob=made 5]
        ",
            expect!["fine"],
        );
    }

    #[test]
    fn two_make_it() {
        check(
            "
            alice [Eve=made 1]
            bob        [Eve=made 1]
        ",
            expect![[r#"
            alice  ┝ "Eve" → Created("1") ┥
            bob         ┝ "Eve" → Created("1") ┥
            alice and bob both created "Eve""#]],
        );
    }

    #[test]
    fn two_find_different_ones() {
        check(
            "
            alice [Eve=made 1]
            bob        [Eve=found 2]
        ",
            expect![[r#"
            alice  ┝ "Eve" → Created("1") ┥
            bob         ┝ "Eve" → Found("2") ━━┥
            for "Eve" alice got "1" and bob got "2""#]],
        );
    }

    #[test]
    fn it_is_found_before_it_is_made() {
        check(
            "
            alice                [Eve=made 1]
            bob   [Eve=found 1]
        ",
            expect![[r#"
            bob    ┝ "Eve" → Found("1") ┥
            alice                           ┝ "Eve" → Created("1") ┥
            bob had found "Eve" before alice began to create it"#]],
        );
    }

    #[test]
    fn nobody_made_it() {
        check(
            "
            alice [Eve=found 1]
            bob        [Eve=found 1]
        ",
            expect![[r#"
            alice  ┝ "Eve" → Found("1") ┥
            alice found "Eve", which nobody had created"#]],
        );
    }

    #[test]
    fn who_crashed_may_have_made_it_but_not_before_it_began() {
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
            bob found "Eve", which nobody had created"#]],
        );
    }
}
