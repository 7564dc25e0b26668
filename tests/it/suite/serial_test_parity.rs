//! The attributes of serial_test have the same meaning on swimlanes: both harnesses must let the same pairs of tests overlap.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::thread;

use crate::support::suite_runner::fixture;
use crate::test;

#[path = "../../examples/serial_test_parity/meeting.rs"]
mod meeting;
#[path = "../../examples/serial_test_parity/pairs.rs"]
mod pairs;

/// The results of both functions of each pair on serial_test itself.
fn oracle() -> BTreeMap<&'static str, [&'static str; 2]> {
    let mut found = BTreeMap::new();
    macro_rules! ask {
        ($($pair:ident: [$(#[$one:meta])*] [$(#[$other:meta])*];)*) => {
            $(
                {
                    #[allow(unused_imports)]
                    use serial_test::{file_serial, parallel, serial};

                    static MEETING: meeting::Meeting = meeting::Meeting::new();

                    static ONE: OnceLock<&str> = OnceLock::new();
                    static OTHER: OnceLock<&str> = OnceLock::new();

                    $(#[$one])*
                    fn one() {
                        ONE.set(MEETING.attend()).expect("called once");
                    }

                    $(#[$other])*
                    fn other() {
                        OTHER.set(MEETING.attend()).expect("called once");
                    }

                    let threads = [thread::spawn(one), thread::spawn(other)];
                    threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
                    let answers = [&ONE, &OTHER].map(|answer| *answer.get().expect("it was called"));
                    found.insert(stringify!($pair), answers);
                }
            )*
        };
    }
    pairs::pairs!(ask);
    found
}

#[test]
fn the_same_pairs_can_overlap() {
    for (pair, theirs) in oracle() {
        let answer = fixture("serial_test_parity").args(&["-n2", "--show-output", &format!("{pair}::")]).run();
        let found = |name: &str| {
            let block = answer.stdout.split(&format!("---- {pair}::{name} stdout ----\n")).nth(1).expect("a block");
            block.lines().next().expect("a line").to_owned()
        };
        assert_eq!([found("one"), found("other")], theirs, "{pair}");
    }
}
