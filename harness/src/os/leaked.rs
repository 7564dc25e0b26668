//! Names of leaked threads, child processes and descriptors, for reports. Known on Linux.

use std::collections::BTreeSet;
use std::fs;

use crate::model::leaks::{LeakNames, Leaks};
use crate::os::procfs;

/// How many names of each kind are kept.
const MOST: usize = 5;

/// The longest command line that is kept, in characters.
const LONGEST: usize = 80;

/// The threads, children and descriptors of this process, by number.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    threads: BTreeSet<u32>,
    children: BTreeSet<u32>,
    descriptors: BTreeSet<u32>,
}

impl Inventory {
    /// What there is now.
    pub(crate) fn take() -> Self {
        Self {
            threads: numbers_in("/proc/self/task").collect(),
            children: procfs::children().into_iter().collect(),
            descriptors: numbers_in("/proc/self/fd").collect::<Vec<u32>>().into_iter().filter(is_open).collect(),
        }
    }

    /// The names of these leaks, which were made since `self`. The harness may have made something since, too, and before the test did, so
    /// the last ones are named.
    pub(crate) fn names_of(&self, leaks: &Leaks) -> LeakNames {
        let now = Self::take();
        LeakNames {
            threads: named(&now.threads, &self.threads, leaks.threads, thread),
            processes: named(&now.children, &self.children, leaks.processes, command),
            descriptors: named(&now.descriptors, &self.descriptors, leaks.descriptors, target),
        }
    }
}

fn named(now: &BTreeSet<u32>, before: &BTreeSet<u32>, n: u32, name: fn(u32) -> Option<String>) -> Vec<String> {
    if n == 0 {
        return Vec::new();
    }
    let new: Vec<String> = now.difference(before).filter_map(|&number| name(number)).collect();
    let first = new.len().saturating_sub(n as usize);
    new[first..].iter().take(MOST).cloned().collect()
}

fn numbers_in(directory: &str) -> impl Iterator<Item = u32> + use<> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Whether the descriptor is open. The one that lists the descriptors is closed by now, and another file may get its number.
fn is_open(number: &u32) -> bool {
    fs::symlink_metadata(format!("/proc/self/fd/{number}")).is_ok()
}

/// The name of the thread. A thread without its own name has that of the thread that started it, which is this one, as the test ran here.
fn thread(number: u32) -> Option<String> {
    let name = fs::read_to_string(format!("/proc/self/task/{number}/comm")).ok()?;
    let own = fs::read_to_string("/proc/thread-self/comm").unwrap_or_default();
    Some(if name == own { "unnamed".to_owned() } else { name.trim_end().to_owned() })
}

/// The command line of a process, or the name of its program if it has ended.
fn command(number: u32) -> Option<String> {
    let Some(line) = procfs::command_line(number).filter(|line| !line.is_empty()) else {
        let name = fs::read_to_string(format!("/proc/{number}/comm")).ok()?;
        return Some(format!("{}, which has ended", name.trim_end()));
    };
    Some(match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    })
}

fn target(number: u32) -> Option<String> {
    Some(fs::read_link(format!("/proc/self/fd/{number}")).ok()?.display().to_string())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    // Other tests run at the same time, so only the existence of names is checked here; the fixture suite `leaks` checks the names.
    #[test]
    fn new_descriptors_have_names() {
        let before = Inventory::take();
        let _file = fs::File::open("/dev/null").expect("it exists");
        let names = before.names_of(&Leaks { descriptors: 1, ..Leaks::default() });
        assert_eq!((names.threads.len(), names.processes.len(), names.descriptors.len()), (0, 0, 1));
    }
}
