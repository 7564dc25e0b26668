//! The environment variables that a run uses. They are read here and nowhere else.

use std::ffi::OsString;
use std::num::NonZeroU32;
use std::path::{self, Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The values of the variables.
#[derive(Debug, Clone, Default)]
pub(crate) struct Env {
    /// libtest's variables.
    pub(crate) rust_test_threads: Option<Arc<str>>,
    pub(crate) rust_test_nocapture: bool,
    pub(crate) rust_test_shuffle: bool,
    pub(crate) rust_test_shuffle_seed: Option<Arc<str>>,
    /// `SWIMLANES_KEEP`: as `--keep`, for runners that pass no options on.
    pub(crate) keep: Option<Arc<str>>,
    /// `SWIMLANES_SLOW_AFTER`: as `--slow-after`.
    pub(crate) slow_after: Option<Arc<str>>,
    /// `SWIMLANES_RUN_TIMEOUT`: as `--run-timeout`.
    pub(crate) run_timeout: Option<Arc<str>>,
    /// `SWIMLANES_TEARDOWN_TIMEOUT`: as `--teardown-timeout`.
    pub(crate) teardown_timeout: Option<Arc<str>>,
    /// `SWIMLANES_LEAK`: as `--leak`.
    pub(crate) leak: Option<Arc<str>>,
    /// `SWIMLANES_ISOLATION`: as `--isolation`.
    pub(crate) isolation: Option<Arc<str>>,
    /// `SWIMLANES_HISTORY`: as `--history`.
    pub(crate) history: Option<Arc<str>>,
    /// `SWIMLANES_FRESH_THREADS`: as `--fresh-threads`.
    pub(crate) fresh_threads: bool,
    /// The name of the package, from cargo.
    pub(crate) package: Option<Arc<str>>,
    /// Set when cargo-nextest runs each test in a separate process.
    pub(crate) nextest: Option<Nextest>,
    /// Nothing is set if Bazel does not run this suite.
    pub(crate) bazel: Bazel,
}

/// The values that cargo-nextest passes to the process of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Nextest {
    pub(crate) run_id: Arc<str>,
    /// `None` while it lists tests.
    pub(crate) slot: Option<u32>,
    pub(crate) threads: Option<NonZeroU32>,
    /// The number of the attempt, from 1; `None` while it lists tests, and with versions of nextest that do not set it.
    pub(crate) attempt: Option<NonZeroU32>,
    /// Whether cargo-nextest itself retries the test.
    pub(crate) retries: bool,
}

/// Bazel's variables for a test program, as its test encyclopedia lists them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bazel {
    /// From 0.
    pub(crate) shard_index: Option<Arc<str>>,
    pub(crate) total_shards: Option<Arc<str>>,
    /// Bazel runs shards only if the program creates this file.
    pub(crate) shard_status_file: Option<PathBuf>,
    /// `--test_filter`.
    pub(crate) test_only: Option<Arc<str>>,
    /// `--test_runner_fail_fast`.
    pub(crate) fails_fast: bool,
    #[cfg(feature = "junit")]
    pub(crate) xml_output_file: Option<PathBuf>,
    /// If this file exists when the program has ended, the test has failed.
    pub(crate) premature_exit_file: Option<PathBuf>,
    pub(crate) warnings_file: Option<PathBuf>,
    /// In seconds.
    pub(crate) timeout: Option<Arc<str>>,
    pub(crate) random_seed: Option<Arc<str>>,
    /// The number of the run, from 1, with `--runs_per_test`.
    pub(crate) run_number: Option<Arc<str>>,
}

impl Env {
    pub(crate) fn read() -> Self {
        Self {
            rust_test_threads: text("RUST_TEST_THREADS"),
            rust_test_nocapture: is_on("RUST_TEST_NOCAPTURE"),
            rust_test_shuffle: is_on("RUST_TEST_SHUFFLE"),
            rust_test_shuffle_seed: text("RUST_TEST_SHUFFLE_SEED"),
            keep: text("SWIMLANES_KEEP"),
            slow_after: text("SWIMLANES_SLOW_AFTER"),
            run_timeout: text("SWIMLANES_RUN_TIMEOUT"),
            teardown_timeout: text("SWIMLANES_TEARDOWN_TIMEOUT"),
            leak: text("SWIMLANES_LEAK"),
            isolation: text("SWIMLANES_ISOLATION"),
            history: text("SWIMLANES_HISTORY").filter(|text| !text.is_empty()),
            fresh_threads: is_on("SWIMLANES_FRESH_THREADS"),
            package: text("CARGO_PKG_NAME"),
            nextest: Nextest::read(),
            bazel: if is_of_bazel() { Bazel::read() } else { Bazel::default() },
        }
    }
}

impl Bazel {
    fn read() -> Self {
        Self {
            shard_index: text("TEST_SHARD_INDEX"),
            total_shards: text("TEST_TOTAL_SHARDS"),
            shard_status_file: path_in("TEST_SHARD_STATUS_FILE"),
            test_only: text("TESTBRIDGE_TEST_ONLY"),
            fails_fast: text("TESTBRIDGE_TEST_RUNNER_FAIL_FAST").is_some_and(|value| &*value == "1"),
            #[cfg(feature = "junit")]
            xml_output_file: path_in("XML_OUTPUT_FILE"),
            premature_exit_file: path_in("TEST_PREMATURE_EXIT_FILE"),
            warnings_file: path_in("TEST_WARNINGS_OUTPUT_FILE"),
            timeout: text("TEST_TIMEOUT"),
            random_seed: text("TEST_RANDOM_SEED"),
            run_number: text("TEST_RUN_NUMBER"),
        }
    }
}

/// Whether Bazel runs this suite, or a program that uses its protocol. Other names, such as `TEST_TIMEOUT`, can be those of the user.
fn is_of_bazel() -> bool {
    const NAMES: [&str; 7] = [
        "BAZEL_TEST",
        "TEST_SRCDIR",
        "TEST_TOTAL_SHARDS",
        "TEST_SHARD_STATUS_FILE",
        "TESTBRIDGE_TEST_ONLY",
        "TEST_PREMATURE_EXIT_FILE",
        "XML_OUTPUT_FILE",
    ];
    NAMES.iter().any(|name| std::env::var_os(name).is_some())
}

impl Nextest {
    /// `NEXTEST` alone is not sufficient: runners other than nextest's own set it, too.
    fn read() -> Option<Self> {
        if &*text("NEXTEST_EXECUTION_MODE")? != "process-per-test" {
            return None;
        }
        Some(Self {
            run_id: text("NEXTEST_RUN_ID")?,
            slot: number("NEXTEST_TEST_GLOBAL_SLOT"),
            threads: number("NEXTEST_TEST_THREADS").and_then(NonZeroU32::new),
            attempt: number("NEXTEST_ATTEMPT").and_then(NonZeroU32::new),
            retries: number("NEXTEST_TOTAL_ATTEMPTS").is_some_and(|attempts| attempts > 1),
        })
    }
}

/// The directory for the files of swimlanes: `SWIMLANES_TMPDIR`, or else the directory that Bazel gives, or else the system's directory for
/// temporary files. It is absolute, and stays the same while the process lives: tests may change the working directory or variables.
pub(crate) fn temporary_directory() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let of_bazel = || path_in("TEST_TMPDIR").filter(|_| is_of_bazel());
        let dir = path_in("SWIMLANES_TMPDIR").or_else(of_bazel).unwrap_or_else(std::env::temp_dir);
        // Fails only if the working directory is unknown. The use of the relative path then fails, too, and reports it.
        path::absolute(&dir).unwrap_or(dir)
    })
}

/// `SWIMLANES_REQUIRE_SERVICES`: a server that is not installed fails the tests that need it.
#[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
pub(crate) fn requires_services() -> bool {
    is_on("SWIMLANES_REQUIRE_SERVICES")
}

/// The PostgreSQL server in `DATABASE_URL`, for processes that get another `DATABASE_URL`.
pub(crate) fn postgres_url_for_others() -> Option<Arc<str>> {
    text("DATABASE_URL").filter(|url| std::env::var_os("SWIMLANES_POSTGRES_URL").is_none() && is_postgres(url))
}

/// libtest's variable of this name, with time limits for tests.
pub(crate) fn test_time(name: &str) -> Option<Arc<str>> {
    text(name)
}

/// The variable of this name with which a CI service numbers the machines of a job.
pub(crate) fn of_ci_service(name: &str) -> Option<Arc<str>> {
    text(name).filter(|value| !value.is_empty())
}

/// Whether `TERM` says that the terminal cannot move its cursor.
pub(crate) fn terminal_is_dumb() -> bool {
    text("TERM").is_some_and(|terminal| terminal.eq_ignore_ascii_case("dumb"))
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// `SWIMLANES_POSTGRES_BIN`: the directory of the programs of a PostgreSQL server.
#[cfg(all(target_os = "linux", feature = "postgres"))]
pub(crate) fn postgres_programs() -> Option<PathBuf> {
    path_in("SWIMLANES_POSTGRES_BIN")
}

/// A running PostgreSQL server: `SWIMLANES_POSTGRES_URL`, or `DATABASE_URL` if that is one.
#[cfg(all(target_os = "linux", feature = "postgres"))]
pub(crate) fn postgres_url() -> Option<Arc<str>> {
    let ours = text("SWIMLANES_POSTGRES_URL").filter(|url| !url.is_empty());
    ours.or_else(|| text("DATABASE_URL").filter(|url| is_postgres(url)))
}

/// `SWIMLANES_REDIS_BIN`: the program of a Redis server.
#[cfg(all(target_os = "linux", feature = "redis"))]
pub(crate) fn redis_program() -> Option<PathBuf> {
    path_in("SWIMLANES_REDIS_BIN")
}

/// The directory for caches of this user: `XDG_CACHE_HOME`, or `.cache` at home.
#[cfg(all(target_os = "linux", feature = "postgres"))]
pub(crate) fn cache_directory() -> Option<PathBuf> {
    path_in("XDG_CACHE_HOME").or_else(|| Some(path_in("HOME")?.join(".cache")))
}

fn path_in(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// The namespace of `shared_resource` names and `serial` keys: `SWIMLANES_NAMESPACE`, or else the workspace.
pub(crate) fn namespace() -> OsString {
    if let Some(namespace) = std::env::var_os("SWIMLANES_NAMESPACE") {
        return namespace;
    }
    let root = std::env::var_os("NEXTEST_WORKSPACE_ROOT").map(PathBuf::from).or_else(workspace_root);
    root.unwrap_or_default().into_os_string()
}

/// The root of the workspace: the nearest directory, from the package's upwards, with a `Cargo.lock`.
fn workspace_root() -> Option<PathBuf> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).or_else(|| std::env::current_dir().ok())?;
    let root = package.ancestors().find(|dir| dir.join("Cargo.lock").exists());
    Some(root.unwrap_or(&package).to_owned())
}

fn text(name: &str) -> Option<Arc<str>> {
    Some(std::env::var_os(name)?.to_str()?.into())
}

fn number(name: &str) -> Option<u32> {
    text(name)?.parse().ok()
}

// As libtest reads its variables: any value but "0" means yes.
fn is_on(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| value != "0")
}
