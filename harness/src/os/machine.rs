//! Facts about this process and this machine: cores, names, random numbers.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};

use crate::model::seed::Seed;

/// How many threads can run at once, within the limits of this process.
pub(crate) fn cores() -> NonZeroU32 {
    let cores = std::thread::available_parallelism().ok();
    cores.and_then(|cores| u32::try_from(cores.get()).ok()).and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN)
}

/// Whether the system assigns this port to programs that ask for any port. Known on Linux; elsewhere the usual range is
/// assumed, from 49152 on.
pub(crate) fn gives_out_by_itself(port: u16) -> bool {
    static RANGE: OnceLock<(u16, u16)> = OnceLock::new();
    let (first, last) = *RANGE.get_or_init(|| {
        let text = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
        let mut numbers = text.split_whitespace().filter_map(|word| word.parse().ok());
        numbers.next().zip(numbers.next()).unwrap_or((49_152, 65_535))
    });
    (first..=last).contains(&port)
}

/// The name of this program, without the hash that cargo appends to the name of a test.
pub(crate) fn program_name() -> Option<Arc<str>> {
    let path = std::env::current_exe().ok()?;
    let stem = path.file_stem()?.to_str()?;
    let is_hash = |text: &str| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let name = stem.rsplit_once('-').filter(|(_, hash)| is_hash(hash)).map_or(stem, |(name, _)| name);
    Some(name.into())
}

/// A random seed, short enough to be typed.
pub(crate) fn fresh_seed() -> Seed {
    Seed::new(random() % 1_000_000_000)
}

/// A unique run id: the process id, and a random number in case the process id is reused.
pub(crate) fn fresh_run_id() -> String {
    format!("{}-{:08x}", std::process::id(), random() as u32)
}

/// A secret that cannot be guessed.
#[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
pub(crate) fn fresh_secret() -> String {
    format!("{:016x}{:016x}", random(), random())
}

// The standard library seeds its hash maps from the system's source of randomness.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
