//! Which test does the calling thread work for?

use crate::model::current_test::CurrentTest;
use crate::os::sys::streams;

/// The test that the calling thread works for: on the thread of a test, and on the threads that it starts, its name, its attempt and
/// its worker; `None` on every other thread.
///
/// Helpers that do not get the test as a parameter, such as a logger or a factory of names, use it to find out which test they work
/// for:
///
/// ```
/// # mod suite {
/// /// A name for a bucket that no other running test uses.
/// fn bucket() -> String {
///     match swimlanes::current_test() {
///         Some(test) => format!("{}-{}", test.name().replace("::", "-"), test.worker()),
///         None => "shared".to_owned(),
///     }
/// }
///
/// #[swimlanes::test]
/// fn uploads() {
///     let elsewhere = std::thread::spawn(bucket).join().unwrap();
///     assert_eq!(elsewhere, bucket());
/// }
/// # }
/// ```
///
/// # Limits
///
/// - A thread that outlives its test still returns that test.
/// - A thread pool that several tests share belongs to the test that started its threads.
/// - In a child that a test forks, the answer is `None`.
/// - Threads are followed on Linux with the GNU C library. On other systems the answer on a thread that a test starts is `None`.
/// - Inside a fixture with scope `"worker"` or `"process"`, the answer is the test that asked for the fixture first. Inside one with
///   scope `"run"` it is `None`, since another process makes the value.
#[must_use]
pub fn current_test() -> Option<CurrentTest> {
    streams::current_test()
}
