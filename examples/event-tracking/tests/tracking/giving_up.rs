//! A client that is always slower than another one: the error that it finally gets, and that it can continue. No threads, and a clock that
//! takes no time: the other client acts each time after this one has read the notifications.

use std::time::Duration;

use event_tracking::{Error, Event, Instance, Kind, Notification, Recorder, Store, Tracking};
use swimlanes::kit::clock::{Clock, ManualClock};
use swimlanes::kit::retry::{Reason, Retry};

use crate::TestResult;
use crate::stage::{On, Stage, Stages};

#[swimlanes::test(
    tags("mended", "integration"),
    cases(postgres = On::Postgres, sqlite = On::Sqlite, in_process = On::InProcess)
)]
fn retry_error_contains_the_original_error_and_the_attempts(#[case] on: On, stages: Stages) -> TestResult {
    let (stage, clock) = (stages.on(on)?, ManualClock::new());
    let retry = Retry::new().max_attempts(5).initial_delay(Duration::from_millis(10)).seed(7).clock(&clock);
    let mut client = outpaced(&stage, 5)?;
    client.place("mine")?;

    let gave_up = client.catch_up_with(&retry).expect_err("the other one is always quicker");
    assert_eq!((gave_up.attempts(), gave_up.reason()), (5, Reason::MaxAttempts));
    assert_eq!(gave_up.error().kind(), Kind::UniqueViolation);
    let message = gave_up.to_string();
    assert!(message.contains(stage.violation()) && message.ends_with(", after 5 attempts"), "{message}");
    assert_eq!(gave_up.into_error().to_string() + ", after 5 attempts", message);
    let longest = Duration::from_millis(10 + 20 + 40 + 80);
    assert!(clock.now() > Duration::ZERO && clock.now() <= longest, "it has rested {:?}", clock.now());

    // The state is consistent: the same client continues where the other one has stopped.
    assert_eq!(client.catch_up_with(&retry)?, [6]);
    stage.check(6)
}

#[swimlanes::test(
    tags("mended", "integration"),
    cases(postgres = On::Postgres, sqlite = On::Sqlite, in_process = On::InProcess)
)]
fn success_of_the_last_attempt_counts(#[case] on: On, stages: Stages) -> TestResult {
    let (stage, clock) = (stages.on(on)?, ManualClock::new());
    let mut client = outpaced(&stage, 4)?;
    client.place("mine")?;
    assert_eq!(client.catch_up_with(&Retry::new().max_attempts(5).clock(&clock))?, [5]);
    stage.check(5)
}

#[swimlanes::test(
    tags("broken", "integration"),
    cases(postgres = On::Postgres, sqlite = On::Sqlite, in_process = On::InProcess)
)]
fn broken_form_fails_although_the_order_is_placed(#[case] on: On, stages: Stages) -> TestResult {
    let stage = stages.on(on)?;
    let mut client = outpaced(&stage, 1)?;
    client.place("mine")?;
    let error = client.catch_up().expect_err("the other one was quicker");
    assert!(error.to_string().contains(stage.violation()), "{error}");
    let error =
        client.place("mine").expect_err("a client that places the order again after the error finds that it exists");
    assert_eq!(error.kind(), Kind::UniqueViolation);
    Ok(())
}

#[swimlanes::test(tags("mended"))]
fn errors_without_a_conflict_are_not_retried() -> TestResult {
    let (store, clock) = (Store::default(), ManualClock::new());
    let mut nothing_begun = Store::default().recorder();
    let recorder =
        Interrupted { recorder: Box::new(store.recorder()), interrupt: Box::new(move || nothing_begun.commit()) };
    let mut client = Instance::new(Box::new(recorder));
    client.place("mine")?;
    let gave_up = client.catch_up_with(&Retry::new().clock(&clock)).expect_err("it never goes well");
    assert_eq!((gave_up.attempts(), gave_up.reason()), (1, Reason::NotRetryable));
    assert_eq!(gave_up.to_string(), "cannot commit: no transaction has begun, after 1 attempt");
    assert_eq!(clock.now(), Duration::ZERO);
    Ok(())
}

/// A client that finds this many times that another one was faster, which then places its own order.
fn outpaced(stage: &Stage, times: u32) -> TestResult<Instance> {
    let (mut rival, mut placed) = (stage.client()?, 0);
    let interrupt = move || {
        if placed < times {
            placed += 1;
            rival.catch_up()?;
            rival.place(&format!("rival's {placed}"))?;
        }
        Ok(())
    };
    Ok(Instance::new(Box::new(Interrupted { recorder: stage.recorder()?, interrupt: Box::new(interrupt) })))
}

/// A recorder that something happens to after it has read notifications.
pub(crate) struct Interrupted {
    pub(crate) recorder: Box<dyn Recorder>,
    pub(crate) interrupt: Box<dyn FnMut() -> Result<(), Error> + Send>,
}

impl Recorder for Interrupted {
    fn notifications(&mut self, application_name: &str, after: i64, limit: i64) -> Result<Vec<Notification>, Error> {
        let found = self.recorder.notifications(application_name, after, limit)?;
        (self.interrupt)()?;
        Ok(found)
    }

    fn begin(&mut self) -> Result<(), Error> {
        self.recorder.begin()
    }

    fn commit(&mut self) -> Result<(), Error> {
        self.recorder.commit()
    }

    fn rollback(&mut self) -> Result<(), Error> {
        self.recorder.rollback()
    }

    fn insert_event(&mut self, application_name: &str, event: &Event) -> Result<(), Error> {
        self.recorder.insert_event(application_name, event)
    }

    fn insert_tracking(&mut self, tracking: &Tracking) -> Result<(), Error> {
        self.recorder.insert_tracking(tracking)
    }

    fn max_tracking_id(&mut self, application_name: &str) -> Result<i64, Error> {
        self.recorder.max_tracking_id(application_name)
    }

    fn tracked(&mut self, application_name: &str) -> Result<Vec<i64>, Error> {
        self.recorder.tracked(application_name)
    }

    fn last_version(&mut self, application_name: &str, originator_id: &str) -> Result<i64, Error> {
        self.recorder.last_version(application_name, originator_id)
    }
}
