//! The fixture that a thread tears down, for the handlers of signals and of `exit`.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;

thread_local! {
    static NOTE: Cell<*const Note> = const { Cell::new(ptr::null()) };
}

struct Note {
    fixture: String,
}

/// While this exists, this thread tears down a fixture, which is named if the thread ends the process.
#[must_use = "the fixture is named while this lives"]
pub(crate) struct TeardownNote {
    _note: Box<Note>,
    /// It belongs to its thread.
    _thread: PhantomData<*const ()>,
}

impl TeardownNote {
    /// From now on this thread tears down this fixture.
    pub(super) fn of(fixture: String) -> Self {
        let note = Box::new(Note { fixture });
        NOTE.set(&raw const *note);
        Self { _note: note, _thread: PhantomData }
    }
}

impl Drop for TeardownNote {
    fn drop(&mut self) {
        NOTE.set(ptr::null());
    }
}

/// The fixture that this thread tears down. Async-signal-safe.
pub(crate) fn torn_down_here() -> Option<&'static str> {
    // SAFETY: the pointer is null, or that of a `TeardownNote` which this thread drops later than it uses the text: the callers end the
    // process.
    unsafe { NOTE.get().as_ref() }.map(|note| &*note.fixture)
}

/// The same, once. Async-signal-safe.
pub(super) fn take() -> Option<&'static str> {
    let fixture = torn_down_here();
    NOTE.set(ptr::null());
    fixture
}
