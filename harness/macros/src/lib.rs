//! The macros of swimlanes. They only write down what stands there; all meaning is in the library.

mod ast;
mod cases;
mod cfg;
mod dropped_tests;
mod entry;
mod error_item;
mod fixture;
mod generic_fixture;
mod inner_attrs;
mod key_value;
mod matrix;
mod parameters;
mod retry;
mod runtime;
mod test;
mod test_args;
mod time;
mod values;

use proc_macro::TokenStream;
use quote::quote;
use syn::ItemFn;
use syn::parse::Parser;

use error_item::error_item;
use test_args::TestArgs;

/// Makes the function a test that swimlanes runs.
///
/// The parameters are fixtures, taken by type: `Worker`, `WorkerDir`, `TestDir`, `Database`, `Port`, `BoundPort`, and
/// every type for which the suite implements `Fixture`, or that a function with [`macro@fixture`] returns. The test fails when it panics, or returns what would make
/// `main` fail. `async` functions run on a Tokio runtime of their own.
///
/// | argument | meaning |
/// |---|---|
/// | `cases(empty = ("", 0), one = ("1", 1))` | a test for each case, with these values for the parameters that have `#[case]` |
/// | `serial` | touches state of the whole process: no other test of this process runs meanwhile, and no other `serial` test of the run |
/// | `serial = "key"` | never overlaps another test with that key, in any process |
/// | `no_parallel` | needs the machine: nothing else of the run overlaps it, in any process |
/// | `shared_resource = "name"` | exclusive use of the name, in any process |
/// | `shared_resource("name", shared)` | many that share it, or one that has it for itself |
/// | `shared_resource("name", n = 2)` | two units of a counted resource, which `resource!` declares |
/// | `group = "name"` | the tests of a group run on one worker, one after the other |
/// | `tags("slow", "db")` | free labels, for filters |
/// | `timeout = "5s"` | how long the body may run, and before it its fixtures; what they make `once_per_run` or `once_per_worker` does not count |
/// | `retries = 2` | how often it is tried again after a failure |
/// | `backoff = "exponential:100ms..5s"` | how long it rests before: as `--retry-backoff` |
/// | `retry_on = "alone"` | where it is tried again, as `--retry-on`: on the `same` worker, `any` other, or last and `alone` |
/// | `slow` | longer than most: it starts early |
/// | `takes = "300ms"` | how long it takes, about: the longest start first |
/// | `isolation = "process"` | each attempt runs in a process of its own, whatever `--isolation` says; not under `none` |
/// | `flavor = "multi_thread"`, `worker_threads = 2` | the runtime of an async test; `"current_thread"` is the default |
/// | `start_paused = true` | the clock of the runtime is paused from the start; needs Tokio's feature `test-util`, and one thread |
/// | `unhandled_panic = "shutdown_runtime"` | a panic in a spawned task ends the test; `"ignore"` is the default; needs `--cfg tokio_unstable`, and one thread |
/// | `crate = "path"` | where swimlanes is, if the dependency has another name |
///
/// Below it, `#[ignore]`, `#[should_panic]`, `#[cfg]` and `#[cfg_attr]` mean what they mean for `#[test]`, and
/// serial_test's `#[serial]`, `#[parallel]`, `#[file_serial]` and `#[file_parallel]` what they mean there.
///
/// With `cases(…)` the function is several tests, each with its own name: `f::empty`, or `f::case_1`, by its number, if it has none.
/// A case is a tuple of the values for all parameters with `#[case]`, in their order, or if that is only one, its value. Before
/// a case can stand `#[ignore]` and `#[should_panic]`, which are for it alone; all else that is said holds for each. A parameter with
/// `#[values(1, 10)] n: u32` makes a test for each value: `f::n_1` and `f::n_10`, by the name of the parameter and the value, if all its
/// values are integers, `true` or `false`, paths (their last part) or short words in quotes, and by their numbers if not. Several such
/// parameters, and cases beside them, make a test for each combination: `f::empty::n_1`. The other parameters are fixtures.
///
/// A value can be any expression. It is a part of the test's body, of an `async` one, too: it is made for each attempt, after the
/// fixtures and on the runtime, its time is the test's, and the test fails if it panics. A `?` in it is one of the test's, and what it
/// borrows lives as long as the body.
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    match expand_test(arguments.into(), item.clone()) {
        Ok(expanded) => expanded.into(),
        Err(error) => error_item(&error, item).into(),
    }
}

/// Makes the function one that makes fixtures: each test, and each other such function, can take what it returns as a parameter.
///
/// The type is the key: there is one such function for each type. Where the function returns a `Result`, the value in it is the
/// fixture, and an error fails the tests that need it. The parameters are other fixtures. `async` functions run on the runtime of the
/// test, or on one of the worker or the run.
///
/// | argument | meaning |
/// |---|---|
/// | `scope = "test"` | made for each attempt of each test that needs it, which takes it by value: `T`. By reference, `&T`, all that need it in one attempt share one. So it is if nothing is said |
/// | `scope = "worker"` | made once for each worker, when its first test asks; tests take it by reference: `&T` |
/// | `scope = "run"` | made once for the run, in each process that runs tests; tests take it by reference: `&T` |
/// | `data` | with `scope = "run"`: the value is plain data that serde can write and read, such as a URL, and all processes of the run share it |
/// | `teardown = path` | ends a value: a function, `async` or not, that takes it by value and returns nothing or a `Result`; otherwise it is dropped. Of the scope "test" that is for a value that is taken by reference |
/// | `crate = "path"` | where swimlanes is, if the dependency has another name |
///
/// With `data` the function runs in a process of its own, which keeps what is behind the value, a server for instance: whoever needs it first
/// starts that process, the others get the value handed over, under cargo-nextest too, and when the last process of the run has gone,
/// killed or not, what was kept is torn down and every process that it has started is ended. What the function takes is made there, too.
/// Under cargo-nextest nobody hears of a teardown that fails. On other systems than Linux each process makes its own.
///
/// The function can have type parameters and constants, if its type is one of this crate with all of them in it: `fn table<T: Entity>(schema:
/// &Schema<T>) -> Table<T>` makes a `Table<User>` for those that take one, and a `Table<Order>`. `Setup::shared` does not find these.
///
/// Values end in the opposite order, also after a failure, and before what they were made of. One that is made for a worker or the run
/// does not count against the time limit of the test that happens to come first; if it fails, that is told with the test that came
/// first, and the others that need it fail without another try. What cannot work is refused before any test runs: two functions for
/// one type, a type that no function makes, a circle, and a value that would outlive what it is made of.
#[proc_macro_attribute]
pub fn fixture(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    match expand_fixture(&arguments.into(), item.clone()) {
        Ok(expanded) => expanded.into(),
        Err(error) => error_item(&error, item).into(),
    }
}

/// The `main` of a test target: runs every `#[swimlanes::test]` of the crate.
///
/// The target needs `harness = false` in Cargo.toml. For the unit tests of a library, `harness = false` is set under `[lib]`, and the
/// root of the crate has `#[cfg(test)] swimlanes::main!();`.
///
/// # Tests that would be lost
///
/// The compiler drops functions with `#[test]` from a target that has `harness = false`: they never run. So this macro reads the source
/// files of the target and lists each function that is dropped, with file and line: in a warning of the compiler, at the end
/// of each run, and on stderr with `--list`. A target with such functions and no other test fails.
///
/// The list has functions with `#[test]`, `#[rstest]`, `#[quickcheck]`, `#[property_test]`, `#[parameterized]` where `test` is not imported
/// from swimlanes, with `#[test_case]`, `#[gtest]`, `#[bench]`, and with every `#[….::test]` of another crate (`#[tokio::test]`,
/// `#[test_log::test]`); also those in `proptest! {}`, `quickcheck! {}`,
/// `cfg_if! {}` and other macros that are called where an item can be. It respects `#[cfg]`, `#[cfg_attr]`, `#[path]` and `include!`.
/// It cannot see tests that only the expansion of another macro contains. In editors that do not say in which file a macro is called,
/// it looks for none.
///
/// One line in the root of the crate makes every `#[test]` a test of swimlanes, also those of `#[rstest]`, `proptest!` and `quickcheck!`:
/// `#[macro_use(test)] extern crate swimlanes;`. For a single module it is `use swimlanes::test;`. A child module with `use super::*;` needs
/// that line, too: with the glob import alone, `test` is ambiguous there (E0659).
///
/// | argument | meaning |
/// |---|---|
/// | `allow_plain_tests` | looks for no dropped functions |
/// | `crate = path` | where swimlanes is, if the dependency has another name |
#[proc_macro]
pub fn main(arguments: TokenStream) -> TokenStream {
    match syn::parse::<entry::MainArgs>(arguments) {
        Ok(arguments) => entry::main(&arguments, entry::root().as_deref()).into(),
        Err(error) => {
            let error = error.into_compile_error();
            // A `main` all the same, so that the only complaint is ours.
            quote! { #error fn main() {} }.into()
        }
    }
}

fn expand_fixture(
    arguments: &proc_macro2::TokenStream,
    item: proc_macro2::TokenStream,
) -> syn::Result<proc_macro2::TokenStream> {
    let function: ItemFn = syn::parse2(item).map_err(|error| {
        syn::Error::new(error.span(), "`#[swimlanes::fixture]` accepts only a function with a body")
    })?;
    let args: fixture::FixtureArgs = syn::parse2(arguments.clone())?;
    fixture::fixture(&args, arguments, function)
}

fn expand_test(
    arguments: proc_macro2::TokenStream,
    item: proc_macro2::TokenStream,
) -> syn::Result<proc_macro2::TokenStream> {
    let function: ItemFn = syn::parse2(item)
        .map_err(|error| syn::Error::new(error.span(), "`#[swimlanes::test]` accepts only a function with a body"))?;
    let args = TestArgs::parse.parse2(arguments.clone())?;
    if let Some(again) = test::reapply_after_cfg(&arguments, &args, &function) {
        return Ok(again);
    }
    test::test(args, function)
}
