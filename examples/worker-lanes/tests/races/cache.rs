//! Settings that are cached: filled twice, filled with old values, never cleared, and cleared by another actor.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use swimlanes::kit::race::{Race, Report};
use swimlanes::prelude::*;
use worker_lanes::{Cache, Error, Settings, broken};

use crate::seeds::{TestResult, Way, each_is_clean, each_shows};

/// The interface of both caches.
trait Keeps {
    fn empty(file: &Path) -> Self;
    async fn get(&self) -> Result<Arc<Settings>, Error>;
    async fn clear(&self);
    fn n_reads(&self) -> u32;
}

macro_rules! keeps {
    ($($cache:ty)*) => {
        $(
            impl Keeps for $cache {
                fn empty(file: &Path) -> Self {
                    Self::new(file)
                }

                async fn get(&self) -> Result<Arc<Settings>, Error> {
                    self.get().await
                }

                async fn clear(&self) {
                    self.clear().await;
                }

                fn n_reads(&self) -> u32 {
                    self.n_reads()
                }
            }
        )*
    };
}

keeps! { Cache broken::Cache }

/// Only the cache makes an actor wait, so an actor that reaches no point waits for the other one.
fn race<'r>(way: Way, n_actors: usize) -> Race<'r> {
    way.race(n_actors).block_timeout(Duration::ZERO)
}

/// Creates a new file each time: some file systems sync an existing file that is truncated and rewritten, which is slow.
fn write(file: &Path, page_size: u32) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
        _ => fs::write(file, format!("page_size = {page_size}")),
    }
}

// ---- Two callers of an empty cache. ----

async fn both_get<C: Keeps>(way: Way, file: &Path) -> Report {
    let cache = RefCell::new(Arc::new(C::empty(file)));
    let now = || Arc::clone(&cache.borrow());
    race(way, 2)
        .before(|_| drop(cache.replace(Arc::new(C::empty(file)))))
        .after(|_| match now().n_reads() {
            1 => Ok(()),
            n => Err(format!("the file was read {n} times")),
        })
        .run_async(async |_| now().get().await.map(drop))
        .await
}

#[swimlanes::test(tags("broken"), timeout = "30s")]
async fn check_then_read_reads_the_file_twice(dir: TestDir) {
    let file = dir.path().join("depot.conf");
    each_shows("the file was read 2 times", async |way| both_get::<broken::Cache>(way, &file).await).await;
}

#[swimlanes::test(tags("mended"), timeout = "30s")]
async fn reading_under_a_lock_reads_the_file_once(dir: TestDir) {
    let file = dir.path().join("depot.conf");
    each_is_clean(async |way| both_get::<Cache>(way, &file).await).await;
}

// ---- Two callers, and one that changes the file and clears the cache. ----

async fn get_and_clear<C: Keeps>(way: Way, file: &Path) -> Report {
    let cache = RefCell::new(Arc::new(C::empty(file)));
    let now = || Arc::clone(&cache.borrow());
    race(way, 3)
        .before(|_| {
            cache.replace(Arc::new(C::empty(file)));
            write(file, 1)
        })
        .after_async(|_| async {
            match now().get().await?.page_size {
                2 => Ok(()) as TestResult,
                old => Err(format!("page_size is {old} after the cache was cleared"))?,
            }
        })
        .run_async(async |actor| {
            if actor.number() < 2 {
                now().get().await?;
            } else {
                write(file, 2)?;
                now().clear().await;
            }
            Ok(()) as TestResult
        })
        .await
}

#[swimlanes::test(tags("broken"), timeout = "30s")]
async fn settings_read_before_clearing_are_cached_after_it(dir: TestDir) {
    let file = dir.path().join("depot.conf");
    each_shows("page_size is 1", async |way| get_and_clear::<broken::Cache>(way, &file).await).await;
}

#[swimlanes::test(tags("mended"), timeout = "30s")]
async fn clearing_waits_for_a_read(dir: TestDir) {
    let file = dir.path().join("depot.conf");
    each_is_clean(async |way| get_and_clear::<Cache>(way, &file).await).await;
}

// ---- Two tests, each with its own settings. ----

/// The setup of a suite for settings that an earlier test may have left.
#[derive(Clone, Copy)]
enum SetUp {
    Nothing,
    Clears,
}

/// A test that assumes that the settings are its own: it writes them, and expects to read the same values.
async fn configure((file, cache): &(PathBuf, Cache), set_up: SetUp, page_size: u32) -> TestResult {
    write(file, page_size)?;
    match set_up {
        SetUp::Nothing => {}
        SetUp::Clears => cache.clear().await,
    }
    match cache.get().await?.page_size {
        found if found == page_size => Ok(()),
        found => Err(format!("page_size is {found}, as another test has written it"))?,
    }
}

/// The two tests have different files and caches, or share one.
async fn tests(way: Way, caches: [&(PathBuf, Cache); 2], set_up: SetUp) -> Report {
    let page_size = |number: usize| if number == 0 { 10 } else { 11 };
    race(way, 2)
        .run_async(async |actor| configure(caches[actor.number()], set_up, page_size(actor.number())).await)
        .await
}

fn cache(dir: &TestDir, name: &str) -> (PathBuf, Cache) {
    let file = dir.path().join(name);
    (file.clone(), Cache::new(file))
}

/// No race is needed: this fails even if one test runs after the other.
#[swimlanes::test(tags("broken"), timeout = "30s")]
async fn settings_that_are_never_cleared_are_seen_by_later_tests(dir: TestDir) {
    let shared = cache(&dir, "depot.conf");
    each_shows("as another test has written it", async |way| tests(way, [&shared; 2], SetUp::Nothing).await).await;
}

/// Enough if each worker is a process, but not if it is a thread.
#[swimlanes::test(tags("broken"), timeout = "30s")]
async fn clearing_shared_settings_does_not_separate_tests(dir: TestDir) {
    let shared = cache(&dir, "depot.conf");
    each_shows("as another test has written it", async |way| tests(way, [&shared; 2], SetUp::Clears).await).await;
}

#[swimlanes::test(tags("mended"), timeout = "30s")]
async fn clearing_the_settings_of_a_worker_separates_tests(dir: TestDir) {
    let own = [cache(&dir, "worker-0.conf"), cache(&dir, "worker-1.conf")];
    each_is_clean(async |way| tests(way, [&own[0], &own[1]], SetUp::Clears).await).await;
}
