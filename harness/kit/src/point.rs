//! Named points in the code under test, at which a race can stop whoever comes by.

#[cfg(feature = "race")]
mod handler;

#[cfg(feature = "race")]
#[doc(hidden)]
pub use handler::{Stops, as_actor, is_racing, n_passed, racing, reach, reach_async};

/// A place in the code under test at which a [`Race`](crate::race::Race) decides who goes on.
///
/// Put one between what is read and what is written: `point!("after select")`, and in `async` code `point!(async "after select")`, which
/// awaits. Outside of a race that is one relaxed load; without the feature `race` it is nothing at all. That feature is for tests: a crate
/// depends on `swimlanes-kit` without it, and its tests on `swimlanes` with the feature `kit`, which switches it on there.
///
/// Who is not one of the actors of a race passes: a thread that an actor starts, for instance, or a task that it spawns.
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

/// A place in the code under test at which a race decides who goes on, if the feature `race` is on. It is not, and there is nothing:
///
/// ```
/// use swimlanes_kit::point;
///
/// // What does anything could not stand here; so this function does not compile with the feature.
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
