//! The values that the functions of fixtures have made for an attempt, a worker or the run, and how they end: the last one first.

use std::any::{Any, TypeId};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use once_cell::sync::OnceCell;

use crate::model::carried;
use crate::model::error::FixtureResult;
use crate::model::function::Function;
use crate::model::skip;
use crate::model::store::Store;

pub(crate) type Lasting = Arc<carried::Lasting>;
type OfTest = Rc<Box<dyn Any>>;

/// For which test it could not be made.
struct Failed(String);

/// A value that was made, or is being made, or could not be.
#[derive(Default)]
struct Place {
    made: OnceCell<Result<Lasting, Failed>>,
    /// Whose making of it has panicked.
    panicked: OnceCell<String>,
}

/// Whose a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It was made here, so it ends here.
    Here,
    /// It is a copy of one that another process has.
    Elsewhere,
}

/// What functions have made for a worker or the run.
#[derive(Default)]
pub(crate) struct Lastings {
    places: Mutex<Vec<(TypeId, Arc<Place>)>>,
    /// In the order in which they were there.
    whole: Mutex<Vec<(&'static Function, Lasting, Origin)>>,
}

impl Lastings {
    /// The value of this function, made by `make` if there is none yet. Who asks meanwhile waits. A failure stays one: it is told
    /// with its message for the test that came first, and the others hear which one that was.
    pub(crate) fn get_or_make(
        &self,
        function: &'static Function,
        test: &str,
        make: impl FnOnce() -> FixtureResult<(carried::Lasting, Origin)>,
    ) -> FixtureResult<Lasting> {
        let place = self.place((function.makes)().id);
        let mut own_failure = None;
        let made = place.made.get_or_init(|| {
            if let Some(test) = place.panicked.get() {
                return Err(Failed(test.clone()));
            }
            let making = Making { place: &place, test, is_over: Cell::new(false) };
            let made = make();
            making.is_over.set(true);
            match made {
                Ok((value, origin)) => {
                    let value = Arc::new(value);
                    lock(&self.whole).push((function, Arc::clone(&value), origin));
                    Ok(value)
                }
                Err(cause) => {
                    own_failure = Some(cause);
                    Err(Failed(test.to_owned()))
                }
            }
        });
        match (made, own_failure) {
            (Ok(value), _) => Ok(Arc::clone(value)),
            (Err(_), Some(cause)) => Err(cause),
            (Err(Failed(test)), None) => {
                Err(format!("that failed for the test `{test}`, and is not tried again").into())
            }
        }
    }

    /// Whether nothing was made.
    pub(crate) fn is_empty(&self) -> bool {
        lock(&self.whole).is_empty()
    }

    /// The value of this function, if it was made already.
    pub(crate) fn get(&self, function: &Function) -> Option<Lasting> {
        let whole = lock(&self.whole);
        whole.iter().find(|(other, ..)| other.is(function)).map(|(_, value, _)| Arc::clone(value))
    }

    /// What was made, the last one first. Nothing is left.
    pub(crate) fn take(&self) -> Vec<(&'static Function, Lasting, Origin)> {
        lock(&self.places).clear();
        let mut whole = std::mem::take(&mut *lock(&self.whole));
        whole.reverse();
        whole
    }

    fn place(&self, key: TypeId) -> Arc<Place> {
        let mut places = lock(&self.places);
        if let Some((_, place)) = places.iter().find(|(other, _)| *other == key) {
            return Arc::clone(place);
        }
        let place = Arc::default();
        places.push((key, Arc::clone(&place)));
        place
    }
}

/// The list is whole at every moment the lock is free, so a panic elsewhere cannot have broken it.
fn lock<T>(list: &Mutex<T>) -> MutexGuard<'_, T> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Making<'a> {
    place: &'a Place,
    test: &'a str,
    is_over: Cell<bool>,
}

impl Drop for Making<'_> {
    fn drop(&mut self) {
        // Who only skips its own test says nothing of others.
        if !self.is_over.get() && !skip::is_on_its_way() {
            let _ = self.place.panicked.set(self.test.to_owned());
        }
    }
}

/// What functions have made for one attempt, on its thread.
#[derive(Default)]
pub(crate) struct OfAttempt {
    /// Where the asynchronous parts of it live.
    pub(crate) runtime: Store,
    whole: RefCell<Vec<(&'static Function, OfTest)>>,
    on_failure: RefCell<Vec<Box<dyn FnOnce()>>>,
}

impl OfAttempt {
    /// The one that is shared in this attempt.
    pub(crate) fn get_or_make(
        &self,
        function: &'static Function,
        make: impl FnOnce() -> FixtureResult<Box<dyn Any>>,
    ) -> FixtureResult<OfTest> {
        let is_it = |(other, _): &&(&Function, _)| other.is(function);
        if let Some((_, value)) = self.whole.borrow().iter().find(is_it) {
            return Ok(Rc::clone(value));
        }
        let value = Rc::new(make()?);
        self.whole.borrow_mut().push((function, Rc::clone(&value)));
        Ok(value)
    }

    /// To be done if it does not pass, while what it writes is still the test's.
    #[cfg(any(feature = "postgres", feature = "redis"))]
    pub(crate) fn on_failure(&self, show: impl FnOnce() + 'static) {
        self.on_failure.borrow_mut().push(Box::new(show));
    }

    /// It has not passed.
    pub(crate) fn has_failed(&self) {
        self.on_failure.take().into_iter().for_each(|show| show());
    }

    /// As of nearly every attempt. What ends it takes its time in a debug build.
    pub(crate) fn is_empty(&self) -> bool {
        self.whole.borrow().is_empty() && self.runtime.is_empty()
    }

    /// What was made, the last one first. Nothing is left.
    pub(crate) fn take(&self) -> Vec<(&'static Function, OfTest)> {
        let mut whole = self.whole.take();
        whole.reverse();
        whole
    }
}
