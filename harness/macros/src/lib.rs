//! The macros of swimlanes. They expand to data that the library interprets, and decide nothing about a run.

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
/// The parameters are fixtures, which are found by their types: `Worker`, `WorkerDir`, `TestDir`, `Database`, `Port`, `BoundPort`, every type
/// for which the suite implements `Fixture`, and every type that a function with [`macro@fixture`] returns. The test fails when it panics, or
/// when it returns a value with which `main` would fail. An `async` function runs on its own Tokio runtime, and needs the feature `tokio`.
///
/// | argument | meaning |
/// |---|---|
/// | `cases(empty = ("", 0), one = ("1", 1))` | one test for each case, which gives the parameters with `#[case]` these values |
/// | `serial` | changes state of the process: no other test of this process, and no other `serial` test of the run, runs at the same time |
/// | `serial = "key"` | never overlaps another test with that key, in any process |
/// | `no_parallel` | needs the whole machine: no other test of the run overlaps it, in any process |
/// | `shared_resource = "name"` | exclusive use of the resource, in any process |
/// | `shared_resource("name", read)` | shared use: it overlaps other shared uses, but no exclusive one; `shared` means the same |
/// | `shared_resource("name", n = 2)` | two units of a counted resource, which `resource!` declares |
/// | `group = "name"` | the tests of a group run on one worker, one after the other |
/// | `tags("slow", "db")` | labels for filters |
/// | `timeout = "5s"` | the timeout of the fixtures, and separately of the body; the time in which fixtures of a worker, a process or the run are set up does not count |
/// | `retries = 2` | the number of further attempts after a failure |
/// | `backoff = "exponential:100ms..5s"` | the delay before a retry, as in `--retry-backoff` |
/// | `retry_on = "alone"` | where a retry runs, as in `--retry-on`: on the `same` worker, in a new `process`, on `any` worker, or last and `alone` |
/// | `slow` | takes longer than most tests, so it starts early |
/// | `takes = "300ms"` | the expected duration: tests with the longest start first |
/// | `isolation = "process"` | each attempt runs in its own process, with any `--isolation` except `none` |
/// | `thread = "fresh"` | each attempt runs on a new thread with the name of the test, as with `--fresh-threads` |
/// | `flavor = "multi_thread"`, `worker_threads = 2` | the runtime of an async test; the default is `"current_thread"` |
/// | `start_paused = true` | the clock of the runtime starts paused; needs Tokio's feature `test-util`, and one thread |
/// | `unhandled_panic = "shutdown_runtime"` | a panic in a spawned task ends the test; the default is `"ignore"`; needs `--cfg tokio_unstable`, and one thread |
/// | `crate = "path"` | the path of swimlanes, if the dependency has another name |
///
/// Below this attribute, `#[ignore]`, `#[should_panic]`, `#[cfg]` and `#[cfg_attr]` have the same meaning as for `#[test]`, and `#[serial]`,
/// `#[parallel]`, `#[file_serial]` and `#[file_parallel]` have the same meaning as in serial_test.
///
/// # Cases and values
///
/// With `cases(…)` the function is several tests, each with its own name: `f::empty`, or `f::case_1` for a case without a name. A case is a
/// tuple of the values for all parameters with `#[case]`, in their order, or a single value for a single parameter. `#[ignore]` and
/// `#[should_panic]` before a case apply to that case alone; all other arguments and attributes apply to each case.
///
/// A parameter with `#[values(1, 10)] n: u32` makes one test for each value: `f::n_1` and `f::n_10`. The names contain the values if all of
/// them are integers, `true` or `false`, paths (the last segment) or short words in quotes, and otherwise their numbers. Several such
/// parameters, or such parameters and cases, make one test for each combination: `f::empty::n_1`. All other parameters are fixtures.
///
/// A value can be any expression. It is evaluated as a part of the body: in each attempt, after the fixtures, on the runtime of an `async`
/// test. Its time counts toward the timeout of the test, the test fails if it panics, a `?` in it returns from the test, and the values
/// that it borrows live as long as the body.
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    match expand_test(arguments.into(), item.clone()) {
        Ok(expanded) => expanded.into(),
        Err(error) => error_item(&error, item).into(),
    }
}

/// Makes the function a fixture: each test, and each other fixture, can take its return value as a parameter.
///
/// The type is the key, so each type has only one such function. If the function returns a `Result`, the fixture is the value in it, and an
/// error fails the tests that need it. The parameters are other fixtures. An `async` function runs on the runtime of the test, or on one of
/// the worker or the process.
///
/// | argument | meaning |
/// |---|---|
/// | `scope = "test"` | set up for each attempt of each test that needs it. By value, `T`, each parameter gets its own; by reference, `&T`, all parameters of one attempt share one. This is the default |
/// | `scope = "worker"` | set up once for each worker, when its first test needs it; tests take it by reference: `&T` |
/// | `scope = "process"` | set up once for each process that runs tests; tests take it by reference: `&T`. With `--isolation thread` that is once for the run, unless a test crashes the process; under cargo-nextest it is once for each test |
/// | `scope = "run"` | set up once for the run, in every isolation mode and under cargo-nextest; each process gets a copy, so serde must be able to write and read the value, such as a URL; tests take it by reference: `&T` |
/// | `autouse` | set up for each test of its module, and of the modules in it, although the test does not take it. The function may return nothing |
/// | `autouse = "suite"` | set up for each test of the suite, wherever the function is, such as in `mod common` |
/// | `teardown = path` | tears a value down: a function, `async` or not, that takes it by value or by reference and returns nothing or a `Result`. Without it the value is dropped. A function that takes a reference also runs while a test that hangs still uses the value. With the scope "test" it applies to values that are taken by reference |
/// | `crate = "path"` | the path of swimlanes, if the dependency has another name |
///
/// With `scope = "run"` the function runs in its own process, which keeps the resources that the value refers to, such as a server. The
/// first test that needs the value starts that process; all others receive the value, under cargo-nextest too. When the last process of the
/// run has ended, even if it was killed, the value is torn down, and every process that the function started is stopped. The fixtures that
/// the function takes are set up in that process too. Under cargo-nextest a failed teardown is not reported. On systems other than Linux
/// each process sets up its own value.
///
/// An `autouse` fixture is set up before the fixtures that the test takes. Among several, the one with the larger scope is first, then the
/// one in the outer module, then the one that is first in the source. A test can take its value by reference, as any other fixture.
/// Tests that a program makes at run time get the `autouse` fixtures of the module that their name begins with. A generic function cannot
/// be `autouse`.
///
/// The function can have type parameters and constants if it returns a type of this crate that contains all of them: `fn table<T:
/// Entity>(schema: &Schema<T>) -> Table<T>` provides a `Table<User>` and a `Table<Order>`. `FixtureContext::get_ref` does not find such fixtures.
///
/// Values are torn down in reverse order, also after a failure, and before the fixtures that they were made from. The setup of a fixture of
/// a worker, a process or the run does not count toward the timeout of the test that needs it first. If it fails, the failure is reported with that test,
/// and the others that need it fail without another attempt. These errors are reported before any test runs: two functions for one type, a
/// type that no function provides, a cycle, and a value that would outlive a fixture that it is made from.
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
/// The target needs `harness = false` in Cargo.toml. For the unit tests of a library, set `harness = false` under `[lib]`, and write
/// `#[cfg(test)] swimlanes::main!();` in the root of the crate.
///
/// # Dropped tests
///
/// **Warning:** the compiler drops functions with `#[test]` from a target with `harness = false`, so they never run. Therefore this macro
/// reads the source files of the target and lists each dropped test, with file and line: in a compiler warning, at the end of each run, and
/// on stderr with `--list`. A target with dropped tests and no other test fails.
///
/// The list contains functions with `#[test]`, `#[rstest]`, `#[quickcheck]`, `#[property_test]` and `#[parameterized]` where `test` is not
/// imported from swimlanes, functions with `#[test_case]`, `#[gtest]` and `#[bench]`, and functions with a `#[….::test]` of another crate
/// (`#[tokio::test]`, `#[test_log::test]`). It includes those in `proptest! {}`, `quickcheck! {}`, `cfg_if! {}` and other macros that are
/// called where an item can be. It respects `#[cfg]`, `#[cfg_attr]`, `#[path]` and `include!`. It does not contain tests that only the
/// expansion of another macro contains. In editors that do not know the file of a macro call, the list is empty.
///
/// One line in the root of the crate makes every `#[test]` a test of swimlanes, including those of `#[rstest]`, `proptest!` and `quickcheck!`:
/// `#[macro_use(test)] extern crate swimlanes;`. For a single module, write `use swimlanes::test;`. A child module with `use super::*;` needs
/// that line too: with the glob import alone, `test` is ambiguous there (E0659).
///
/// | argument | meaning |
/// |---|---|
/// | `allow_plain_tests` | does not look for dropped tests |
/// | `crate = path` | the path of swimlanes, if the dependency has another name |
#[proc_macro]
pub fn main(arguments: TokenStream) -> TokenStream {
    match syn::parse::<entry::MainArgs>(arguments) {
        Ok(arguments) => entry::main(&arguments, entry::root().as_deref()).into(),
        Err(error) => {
            let error = error.into_compile_error();
            // The expansion has a `main`, so that the compiler reports no other error.
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
