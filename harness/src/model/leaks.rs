//! What an attempt leaks into its process.

use std::fmt;

/// The number of leaks of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Leaks {
    pub(crate) threads: u32,
    /// Child processes that run, or were not waited for.
    pub(crate) processes: u32,
    pub(crate) descriptors: u32,
    /// In the worker's directory.
    pub(crate) files: u32,
}

impl Leaks {
    pub(crate) fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Leaks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = [
            (self.threads, "thread", "threads"),
            (self.processes, "child process", "child processes"),
            (self.descriptors, "file descriptor", "file descriptors"),
            (self.files, "file", "files"),
        ];
        let mut separator = "";
        for (n, one, many) in kinds.into_iter().filter(|&(n, ..)| n > 0) {
            write!(f, "{separator}{n} {}", if n == 1 { one } else { many })?;
            separator = ", ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Leaks;

    #[test]
    fn display_omits_zero_counts() {
        let leaks = Leaks { threads: 1, processes: 0, descriptors: 2, files: 1 };
        assert_eq!(leaks.to_string(), "1 thread, 2 file descriptors, 1 file");
        assert!(!leaks.is_none());
        assert!(Leaks::default().is_none());
    }
}
