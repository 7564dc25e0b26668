//! Who hears of each order: one observer for the whole process, as there is one logger.

use std::sync::{Arc, PoisonError, RwLock};

/// An order that went through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The number of the order.
    pub number: i64,
    /// What was ordered.
    pub item: String,
    /// How many.
    pub count: u32,
}

type Observer = Arc<dyn Fn(&Order) + Send + Sync>;

static OBSERVER: RwLock<Option<Observer>> = RwLock::new(None);

/// Calls `observer` after each order of this process, in place of an earlier observer, until the answer is dropped.
pub fn observe(observer: impl Fn(&Order) + Send + Sync + 'static) -> Observation {
    *OBSERVER.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(observer));
    Observation(())
}

/// As long as it lives, orders are observed.
#[derive(Debug)]
#[must_use = "nobody observes any more when it is dropped"]
pub struct Observation(());

impl Drop for Observation {
    fn drop(&mut self) {
        *OBSERVER.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

pub(crate) fn tell(order: &Order) {
    let observer = OBSERVER.read().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(observer) = observer {
        observer(order);
    }
}
