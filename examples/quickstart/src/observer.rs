//! The observer of orders: one for the whole process, like a logger.

use std::sync::{Arc, PoisonError, RwLock};

/// A completed order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The number of the order.
    pub number: i64,
    /// The ordered item.
    pub item: String,
    /// The number of pieces.
    pub count: u32,
}

type Observer = Arc<dyn Fn(&Order) + Send + Sync>;

static OBSERVER: RwLock<Option<Observer>> = RwLock::new(None);

/// Calls `observer` after each order of this process, until the returned value is dropped. Replaces an earlier observer.
pub fn observe(observer: impl Fn(&Order) + Send + Sync + 'static) -> Observation {
    *OBSERVER.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(observer));
    Observation(())
}

/// While it lives, orders are observed.
#[derive(Debug)]
#[must_use = "dropping it ends the observation"]
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
