//! 24 clients write one story, on threads without a race. Nothing is lost or duplicated; the waiting times are printed.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use hdrhistogram::Histogram;
use story_engine::{Creating, Engine, Error, Numbering, Updating};
use swimlanes::kit::clock::{Clock, SystemClock};
use swimlanes::kit::together::run_together;
use swimlanes::prelude::*;

use crate::fixtures::{Schema, TestResult};

const CLIENTS: usize = 24;

/// How often each client adds a line and a scene, and extracts all characters.
const TIMES: usize = 5;

const NAMES: [&str; 3] = ["Alice", "Dodo", "Hatter"];

/// A method for each kind of write.
#[derive(Debug, Clone, Copy)]
struct Ways(Updating, Numbering, Creating);

/// An action and its duration.
type Took = (String, Duration);

#[swimlanes::test(
    cases(
        locks = Ways(Updating::RowLock, Numbering::RowLock, Creating::AdvisoryLock),
        unique_keys = Ways(Updating::RowLock, Numbering::UniqueKey, Creating::UniqueKey),
        versions = Ways(Updating::Version, Numbering::Version, Creating::AdvisoryLock),
        serializable = Ways(Updating::Serializable, Numbering::Serializable, Creating::Serializable),
    ),
    slow,
    shared_resource("connections", n = 25),
    tags("integration", "mended", "slow", "load")
)]
fn load_of_24_clients_loses_and_duplicates_nothing(#[case] ways: Ways, db: Postgres) -> TestResult {
    let db = db.fresh_with_template(Schema::Strict.template())?;
    let mut onlooker = Engine::new(db.connect()?);
    let story = onlooker.stories().create("")?.id;
    let (sender, times) = channel();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let lock_sender = sender.clone();
            let on_lock =
                move |lock, took| lock_sender.send((format!("lock: {lock:?}"), took)).expect("the test listens");
            // A client that gives up loses nothing either, but would write fewer lines.
            Ok(Mutex::new((Engine::new(db.connect()?).tries(1000).on_lock(on_lock), sender.clone())))
        })
        .collect::<TestResult<_>>()?;
    drop(sender);

    let began = SystemClock.now();
    let written = run_together(CLIENTS, |number| {
        let (engine, sender) = &mut *clients[number].lock().expect("each client has its own");
        write(engine, story, ways, number, sender)
    });
    println!("{} writes in {:.1?}", CLIENTS * TIMES * (2 + NAMES.len()), SystemClock.now() - began);
    for client in written {
        client??;
    }
    nothing_is_lost_or_twice(&mut onlooker, story)?;
    drop(clients);
    print(times.into_iter())
}

fn write(engine: &mut Engine, story: i64, ways: Ways, client: usize, sender: &Sender<Took>) -> Result<(), Error> {
    let Ways(updating, numbering, creating) = ways;
    let mut began = SystemClock.now();
    let mut report = |what: &str| {
        let now = SystemClock.now();
        sender.send((format!("write: {what}"), now - began)).expect("the test listens");
        began = now;
    };
    for time in 0..TIMES {
        let line = format!("{client:02} for the {time}. time\n");
        engine.stories().update(story, updating, |text| text.push_str(&line))?;
        report("line");
        engine.scenes().generate(story, numbering, &line)?;
        report("scene");
        for name in NAMES {
            engine.characters().get_or_create(story, name, creating)?;
            report("character");
        }
    }
    Ok(())
}

fn nothing_is_lost_or_twice(onlooker: &mut Engine, story: i64) -> TestResult {
    let text = onlooker.stories().get(story)?.text;
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    let added = |client| (0..TIMES).map(move |time| format!("{client:02} for the {time}. time"));
    assert_eq!(lines, (0..CLIENTS).flat_map(added).collect::<Vec<_>>());
    let numbers: Vec<i64> = onlooker.scenes().of(story)?.iter().map(|scene| scene.number).collect();
    assert_eq!(numbers, (1..).take(CLIENTS * TIMES).collect::<Vec<i64>>());
    let mut names: Vec<String> = onlooker.characters().of(story)?.into_iter().map(|it| it.name).collect();
    names.sort_unstable();
    assert_eq!(names, NAMES);
    Ok(())
}

fn print(times: impl Iterator<Item = Took>) -> TestResult {
    let mut histograms: BTreeMap<String, Histogram<u64>> = BTreeMap::new();
    for (what, took) in times {
        let histogram = histograms.entry(what).or_insert_with(|| Histogram::new(3).expect("3 digits are allowed"));
        histogram.record(u64::try_from(took.as_micros())?)?;
    }
    println!("{:20}{:>6}{:>11}{:>11}{:>11}", "", "times", "p50", "p95", "p99");
    for (what, histogram) in histograms {
        let [p50, p95, p99] = [0.50, 0.95, 0.99].map(|q| Duration::from_micros(histogram.value_at_quantile(q)));
        println!("{what:20}{:6}{:>11}{:>11}{:>11}", histogram.len(), shown(p50), shown(p95), shown(p99));
    }
    Ok(())
}

fn shown(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}
