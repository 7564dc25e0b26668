//! Consecutive requests, through a gateway with a limited wait. The tests advance a manual clock.

use std::sync::Mutex;
use std::time::Duration;

use run_locks::{Error, Form, Mode, Road, Run, RunController, Status, Token, Waiting};
use swimlanes::kit::clock::{Clock, ManualClock, Sleep};
use swimlanes::prelude::*;

use crate::fixtures::{Place, TestResult};

const GATEWAY: Duration = Duration::from_secs(30);
const REQUESTS: u64 = 20;
/// How long the run is locked for each of them.
const WORK: Duration = Duration::from_millis(200);

/// Sends the requests, each after the answer to the previous one. Returns the number of each status, and of changes.
fn send(controller: &RunController, clock: &dyn Clock, waiting: Waiting) -> TestResult<Answers> {
    let road = Road::new(controller, clock, GATEWAY, waiting);
    let mut answers = Answers::default();
    for _ in 0..REQUESTS {
        let work = |run: &mut Run| {
            clock.sleep(WORK);
            run.steps += 1;
        };
        match road.request(work)? {
            Status::Done => answers.done += 1,
            Status::Locked => answers.locked += 1,
            Status::GatewayTimeout => answers.timed_out += 1,
        }
    }
    answers.steps = controller.read_ignoring_lock()?.steps;
    println!("{answers:?} after {:?}", clock.now());
    Ok(answers)
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Answers {
    done: u64,
    locked: u64,
    timed_out: u64,
    /// How often the run was changed.
    steps: u64,
}

#[swimlanes::test(tags("broken", "integration"))]
fn without_mitigation_requests_end_in_gateway_timeouts(place: Place) -> TestResult {
    let controller = place.controller(Form::Hash, "server")?;
    let clock = ManualClock::new();
    let answers = send(&controller, &clock, Waiting::EachSecond)?;
    assert!(answers.timed_out > 0, "{answers:?}");
    assert_eq!(answers.done + answers.timed_out, REQUESTS);
    assert!(answers.steps > answers.done, "some requests have changed the run without a reply: {answers:?}");
    Ok(())
}

/// Backoff alone does not help if the lock is released a minute later, but the answer comes in time.
#[swimlanes::test(tags("broken", "integration"))]
fn with_backoff_alone_requests_are_refused_in_time(place: Place, worker: Worker) -> TestResult {
    let controller = place.controller(Form::Hash, "server")?;
    let clock = ManualClock::new();
    let answers = send(&controller, &clock, Waiting::Backoff { seed: worker.seed() })?;
    assert!(answers.locked > 0 && answers.timed_out == 0, "{answers:?}");
    assert_eq!(answers.steps, answers.done, "who is refused has changed nothing");
    Ok(())
}

#[swimlanes::test(tags("mended", "integration"))]
fn with_mitigation_all_requests_pass(place: Place, worker: Worker) -> TestResult {
    let controller = place.controller(Form::Mended, "server")?;
    let clock = ManualClock::new();
    let answers = send(&controller, &clock, Waiting::Backoff { seed: worker.seed() })?;
    assert_eq!(answers, Answers { done: REQUESTS, steps: REQUESTS, ..Answers::default() });
    Ok(())
}

/// The work counts as well as the wait, and a late request has changed the run nevertheless.
#[swimlanes::test(
    cases(
        each_second_in_time = (Waiting::EachSecond, Duration::from_millis(29_999), Status::Done),
        each_second_too_late = (Waiting::EachSecond, GATEWAY, Status::GatewayTimeout),
        backoff_in_time = (Waiting::Backoff { seed: 1 }, Duration::from_millis(29_999), Status::Done),
        backoff_too_late = (Waiting::Backoff { seed: 1 }, GATEWAY, Status::GatewayTimeout),
    ),
    tags("mended", "integration")
)]
fn answer_after_the_gateway_timeout_counts_as_a_timeout(
    #[case] waiting: Waiting,
    #[case] work: Duration,
    #[case] expected: Status,
    place: Place,
) -> TestResult {
    let controller = place.controller(Form::Mended, "server")?;
    let clock = ManualClock::new();
    let change = |run: &mut Run| {
        clock.sleep(work);
        run.steps += 1;
    };
    assert_eq!(Road::new(&controller, &clock, GATEWAY, waiting).request(change)?, expected);
    assert_eq!(controller.read()?.steps, 1);
    Ok(())
}

#[swimlanes::test(
    cases(each_second = Waiting::EachSecond, backoff = Waiting::Backoff { seed: 1 }),
    tags("mended", "integration")
)]
fn errors_that_waiting_cannot_fix_are_not_retried(#[case] waiting: Waiting, place: Place) -> TestResult {
    let reader = place.process(Form::Mended, "server")?.get_instance(place.dir(), Mode::ReadOnly)?;
    let clock = ManualClock::new();
    let answer = Road::new(&reader, &clock, GATEWAY, waiting).request(|_| {});
    assert!(matches!(answer, Err(Error::ReadOnly { .. })), "{answer:?}");
    assert_eq!(clock.now(), Duration::ZERO);
    Ok(())
}

/// Another process, which holds the run for two seconds and releases it for one, again and again. It acts whenever the clock is read.
struct Neighbour<'a> {
    clock: ManualClock,
    controller: &'a RunController,
    /// Its token, and the time of its next action.
    state: Mutex<(Option<Token>, Duration)>,
}

impl Neighbour<'_> {
    fn act(&self, now: Duration) {
        let (locks, file) = (self.controller.locks(), self.controller.name());
        let mut state = self.state.lock().expect("no panic");
        let (token, due) = &mut *state;
        while *due <= now {
            let wait = match token.take() {
                Some(had) => {
                    assert!(locks.release(file, &had).expect("Redis is there"));
                    Duration::from_secs(1)
                }
                None => {
                    *token = locks.acquire(file, Duration::from_secs(600)).expect("Redis is there");
                    if token.is_some() { Duration::from_secs(2) } else { Duration::from_millis(50) }
                }
            };
            *due += wait;
        }
    }
}

impl Clock for Neighbour<'_> {
    fn now(&self) -> Duration {
        let now = self.clock.now();
        self.act(now);
        now
    }

    fn sleep(&self, time: Duration) {
        self.clock.sleep(time);
        self.now();
    }

    fn sleep_async(&self, time: Duration) -> Sleep<'_> {
        self.sleep(time);
        Box::pin(std::future::ready(()))
    }
}

/// It holds the run most of the time, but never as long as the gateway waits.
#[swimlanes::test(tags("mended", "integration"))]
fn requests_pass_beside_another_process(place: Place, worker: Worker) -> TestResult {
    let (controller, theirs) = (place.controller(Form::Mended, "server")?, place.controller(Form::Mended, "other")?);
    let neighbour = Neighbour { clock: ManualClock::new(), controller: &theirs, state: Mutex::default() };
    let answers = send(&controller, &neighbour, Waiting::Backoff { seed: worker.seed() })?;
    assert_eq!(answers, Answers { done: REQUESTS, steps: REQUESTS, ..Answers::default() });
    assert!(neighbour.now() > WORK * u32::try_from(REQUESTS)?, "it had to wait");
    Ok(())
}
