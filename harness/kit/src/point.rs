//! Named points in the code under test, at which a race can stop an actor.

#[cfg(feature = "race")]
mod handler;

#[cfg(feature = "race")]
#[doc(hidden)]
pub use handler::{PointHandler, as_actor, enable_points, is_racing, n_passed_outside, reach, reach_async};

/// A place in the code under test at which a [`Race`](crate::race::Race) decides which actor continues.
///
/// Put one between a read and the write that depends on it: `point!("after select")`, or `point!(async "after select")` in `async` code,
/// which awaits. Outside of a race a point costs one relaxed load; without the feature `race` it expands to nothing. That feature is for
/// tests: a crate depends on `swimlanes-kit` without it, and its tests on `swimlanes` with the feature `kit`, which enables it there.
///
/// A point stops only the actors of a race. A thread that an actor starts, or a task that it spawns, passes.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use swimlanes_kit::point;
///
/// static STOCK: AtomicU64 = AtomicU64::new(5);
///
/// fn sell() {
///     let stock = STOCK.load(Ordering::SeqCst);
///     point!("after read");
///     STOCK.store(stock - 1, Ordering::SeqCst);
/// }
///
/// async fn sell_async() {
///     let stock = STOCK.load(Ordering::SeqCst);
///     point!(async "after read");
///     STOCK.store(stock - 1, Ordering::SeqCst);
/// }
/// # sell();
/// # drop(sell_async());
/// ```
#[cfg(feature = "race")]
#[macro_export]
macro_rules! point {
    (async $name:literal) => {
        if $crate::point::is_racing() {
            $crate::point::reach_async($name).await
        }
    };
    ($name:literal) => {
        if $crate::point::is_racing() {
            $crate::point::reach($name)
        }
    };
}

/// A place in the code under test at which a race decides which actor continues. The feature `race` is off, so a point expands to nothing:
///
/// ```
/// use swimlanes_kit::point;
///
/// // A `const fn` cannot call a point that does something, so this function compiles only without the feature.
/// const fn half(n: u32) -> u32 {
///     point!("before the half");
///     n / 2
/// }
/// assert_eq!(half(4), 2);
///
/// // It is an expression with and without.
/// match half(4) {
///     0 => point!("nothing left"),
///     _ => (),
/// }
/// ```
#[cfg(not(feature = "race"))]
#[macro_export]
macro_rules! point {
    (async $name:literal) => {
        ()
    };
    ($name:literal) => {
        ()
    };
}
