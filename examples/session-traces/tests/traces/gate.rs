//! The write semaphore alone: one client at a time, in the order of their arrival, and a client that has ended does not block the others.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use session_traces::{Gate, Pass};
use swimlanes::kit::wait::wait_for;

use crate::fixtures::TestResult;

const LIMIT: Duration = Duration::from_secs(10);

/// Polls once. Returns the pass, if it is available.
fn ask(entering: Pin<&mut impl Future<Output = Pass>>) -> Option<Pass> {
    match entering.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(pass) => Some(pass),
        Poll::Pending => None,
    }
}

#[swimlanes::test(tags("mended"))]
fn clients_enter_in_the_order_of_arrival() {
    let gate = Gate::new();
    let (mut second, mut third) = (pin!(gate.enter_async()), pin!(gate.enter_async()));
    let first = gate.enter();
    assert!(ask(second.as_mut()).is_none() && ask(third.as_mut()).is_none());
    assert_eq!(gate.waiting(), 2);
    drop(first);
    assert!(ask(third.as_mut()).is_none());
    let pass = ask(second.as_mut()).expect("it is its turn");
    drop(pass);
    assert!(ask(third.as_mut()).is_some());
}

/// So a race knows at once that a client can continue, even if the client has not noticed that.
#[swimlanes::test(tags("mended"))]
fn client_with_a_granted_pass_is_not_waiting() {
    let gate = Gate::new();
    let mut second = pin!(gate.enter_async());
    let first = gate.enter();
    assert!(ask(second.as_mut()).is_none());
    drop(first);
    assert_eq!(gate.waiting(), 0);
    assert!(ask(pin!(gate.enter_async())).is_none(), "the pass is the second one's");
}

#[swimlanes::test(tags("mended"))]
fn dropped_waiting_task_does_not_block_the_queue() {
    let gate = Gate::new();
    let first = gate.enter();
    let mut third = pin!(gate.enter_async());
    {
        let mut second = pin!(gate.enter_async());
        assert!(ask(second.as_mut()).is_none() && ask(third.as_mut()).is_none());
    }
    drop(first);
    assert!(ask(third.as_mut()).is_some());
}

#[swimlanes::test(tags("mended"))]
fn pass_of_a_dropped_task_goes_to_the_next() {
    let gate = Gate::new();
    let first = gate.enter();
    let mut third = pin!(gate.enter_async());
    {
        let mut second = pin!(gate.enter_async());
        assert!(ask(second.as_mut()).is_none() && ask(third.as_mut()).is_none());
        drop(first);
    }
    assert!(ask(third.as_mut()).is_some());
}

#[swimlanes::test(tags("mended"), timeout = "1m")]
fn threads_and_tasks_wait_in_one_queue() -> TestResult {
    let gate = Gate::new();
    let mut task = pin!(gate.enter_async());
    let first = gate.enter();
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| drop(gate.enter()));
        wait_for(LIMIT, || if gate.waiting() == 1 { Ok(()) } else { Err(gate.waiting()) })?;
        assert!(ask(task.as_mut()).is_none());
        drop(first);
        thread.join().map_err(|_| "the thread panicked")?;
        assert!(ask(task.as_mut()).is_some());
        Ok(())
    })
}
