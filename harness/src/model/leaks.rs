//! What an attempt leaks into its process.

use std::fmt;

/// The number of leaks of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Leaks {
    pub(crate) threads: u32,
    /// Child processes that run, or were not waited for.
    pub(crate) processes: u32,
    pub(crate) descriptors: u32,
    /// In the worker's directory.
    pub(crate) files: u32,
    pub(crate) names: LeakNames,
}

/// The names of some leaks of each kind, as far as they are known.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct LeakNames {
    pub(crate) threads: Vec<String>,
    /// The command lines.
    pub(crate) processes: Vec<String>,
    /// The files or other objects that they refer to.
    pub(crate) descriptors: Vec<String>,
}

impl Leaks {
    pub(crate) fn is_none(&self) -> bool {
        (self.threads, self.processes, self.descriptors, self.files) == (0, 0, 0, 0)
    }

    /// Adds the numbers of other leaks, and drops the names.
    pub(crate) fn add(&mut self, other: &Self) {
        self.threads += other.threads;
        self.processes += other.processes;
        self.descriptors += other.descriptors;
        self.files += other.files;
        self.names = LeakNames::default();
    }

    /// The leaks with their names: "2 threads (`worker`, twice), 1 file".
    pub(crate) fn detailed(&self) -> String {
        self.text(|names| match names {
            [] => String::new(),
            names => format!(" ({})", listed(names)),
        })
    }

    fn text(&self, details: impl Fn(&[String]) -> String) -> String {
        let LeakNames { threads, processes, descriptors } = &self.names;
        let kinds = [
            (self.threads, "thread", "threads", &threads[..]),
            (self.processes, "child process", "child processes", processes),
            (self.descriptors, "file descriptor", "file descriptors", descriptors),
            (self.files, "file", "files", &[]),
        ];
        let kinds = kinds.into_iter().filter(|&(n, ..)| n > 0);
        let texts: Vec<String> = kinds
            .map(|(n, one, many, names)| format!("{n} {}{}", if n == 1 { one } else { many }, details(names)))
            .collect();
        texts.join(", ")
    }
}

/// Each name once, with the number of times.
fn listed(names: &[String]) -> String {
    let mut counted: Vec<(&str, u32)> = Vec::new();
    for name in names {
        match counted.iter_mut().find(|(other, _)| other == name) {
            Some((_, n)) => *n += 1,
            None => counted.push((name, 1)),
        }
    }
    let texts: Vec<String> = counted
        .into_iter()
        .map(|(name, n)| if n == 1 { format!("`{name}`") } else { format!("{n} times `{name}`") })
        .collect();
    texts.join(", ")
}

/// The numbers: "2 threads, 1 file".
impl fmt::Display for Leaks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(|_| String::new()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_omits_zero_counts() {
        let names =
            LeakNames { descriptors: vec!["/dev/null".to_owned(), "/dev/null".to_owned()], ..LeakNames::default() };
        let mut leaks = Leaks { threads: 1, processes: 0, descriptors: 2, files: 1, names };
        assert_eq!(leaks.to_string(), "1 thread, 2 file descriptors, 1 file");
        assert_eq!(leaks.detailed(), "1 thread, 2 file descriptors (2 times `/dev/null`), 1 file");
        assert!(!leaks.is_none());
        assert!(Leaks::default().is_none());
        leaks.add(&Leaks { threads: 2, ..Leaks::default() });
        assert_eq!(leaks.detailed(), "3 threads, 2 file descriptors, 1 file");
    }
}
