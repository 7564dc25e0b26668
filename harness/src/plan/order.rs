//! Puts the cases into the order of the run.

use crate::model::config::Order;
use crate::model::seed::Seed;

/// Reorders cases that are in the order of the source.
pub(crate) fn arrange<T>(cases: &mut [T], order: Order, seed: Seed) {
    match order {
        Order::Planned => {}
        Order::Reversed => cases.reverse(),
        Order::Shuffled => seed.shuffle(cases),
    }
}
