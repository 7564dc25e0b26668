//! The panics of test bodies: keeps the message and the location, and shows the standard library's report under the
//! name of the test.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

use crate::model::outcome::Panic;
use crate::os::{capture, sys};

type Hook = dyn Fn(&PanicHookInfo<'_>) + Sync + Send;

thread_local! {
    /// The test that runs on this thread. Without a destructor, so it can be read while the thread ends.
    static NAME: Cell<Option<&'static str>> = const { Cell::new(None) };
    /// The last panic that the hook saw on this thread.
    static SEEN: RefCell<Option<Panic>> = const { RefCell::new(None) };
}

/// Runs `body` as the test `name`. `Err` is the payload of its panic, and what the hook saw of it.
pub(crate) fn catch<T>(name: &'static str, body: impl FnOnce() -> T) -> Result<T, (Box<dyn Any + Send>, Panic)> {
    install();
    let before = NAME.replace(Some(name));
    SEEN.take();
    // Unwinding drops the values of the body. Other values belong to the user, who knows that tests panic.
    let result = panic::catch_unwind(AssertUnwindSafe(|| __rust_begin_short_backtrace(body)));
    NAME.set(before);
    let first_panic = SEEN.take();
    result.map_err(|payload| {
        let message = text_of(&*payload);
        // If the messages differ, the hook saw another panic: one that the body caught, or one on another thread.
        let location = first_panic
            .filter(|first_panic| first_panic.message == message)
            .and_then(|first_panic| first_panic.location);
        (payload, Panic { message, location })
    })
}

/// The standard library ends a short backtrace at a frame of this name; its callers are of no interest to the user.
#[inline(never)]
fn __rust_begin_short_backtrace<T>(body: impl FnOnce() -> T) -> T {
    let result = body();
    // Prevents a tail call, which would remove the frame.
    std::hint::black_box(());
    result
}

/// The test that runs on this thread.
pub(crate) fn watched() -> Option<&'static str> {
    NAME.get()
}

fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| on_panic(info, &*before)));
    });
}

fn on_panic(info: &PanicHookInfo<'_>, before: &Hook) {
    sys::block_probe(|| report(info, before));
}

fn report(info: &PanicHookInfo<'_>, before: &Hook) {
    let Some(name) = NAME.get() else { return before(info) };
    let location = info.location().map(ToString::to_string);
    let first_panic = Panic { message: text_of(info.payload()), location };
    // The value may be destroyed already while the thread ends.
    let _ = SEEN.try_with(|slot| slot.try_borrow_mut().map(|mut slot| *slot = Some(first_panic)));
    // Output that was printed before the panic comes before the report.
    capture::flush();
    // The report names the worker's thread, but the user knows the test. libtest names its threads after their tests.
    if let Some(report) = capture::divert(|| before(info)) {
        capture::write_error(&with_thread_name(report, name));
    }
}

fn with_thread_name(report: Vec<u8>, name: &str) -> Vec<u8> {
    let thread = std::thread::current();
    let ours = format!("thread '{}'", thread.name().unwrap_or("<unnamed>"));
    match report.windows(ours.len()).position(|window| window == ours.as_bytes()) {
        Some(at) => [&report[..at], format!("thread '{name}'").as_bytes(), &report[at + ours.len()..]].concat(),
        None => report,
    }
}

fn text_of(payload: &(dyn Any + Send)) -> Option<String> {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
}
