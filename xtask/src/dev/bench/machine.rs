//! Describes the machine and the versions of a measurement, and measures how busy the machine is.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context;

use crate::dev::bench::package::{self, SuitePackage};

/// A sentence with the date, the number of cores and the versions.
pub(super) fn sentence<'a>(packages: impl Iterator<Item = &'a SuitePackage>) -> anyhow::Result<String> {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).context("the clock is before 1970")?;
    let cores = std::thread::available_parallelism().context("cannot count the cores")?;
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let rustc = second_word(Command::new(rustc).arg("--version"))?;
    let mut crates = Vec::new();
    for package in packages {
        crates.extend(package.versions()?);
    }
    let nextest = second_word(Command::new(package::cargo()).args(["nextest", "--version"]))?;
    let versions = [vec![format!("rustc {rustc}")], crates].concat().join(", ");
    Ok(format!("Measured on {} on {cores} cores with {versions} and cargo-nextest {nextest}.", date(since_1970)))
}

/// The load average over 1, 5 and 15 minutes, if the system reports it.
pub(super) fn load() -> String {
    match fs::read_to_string("/proc/loadavg") {
        Ok(output) => output.split(' ').take(3).collect::<Vec<_>>().join(" "),
        Err(_) => "unknown".to_owned(),
    }
}

/// The CPU time of all child processes that have ended, including their own children, in steps of 10 ms. `None` if the system does
/// not report it.
pub(super) fn cpu_of_children() -> Option<Duration> {
    children_time(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// The time and the usage of the cores at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usage {
    at: Instant,
    ticks: Ticks,
}

/// CPU time in hundredths of a second, as the Linux kernel counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ticks {
    cores: u64,
    /// The sum for all cores.
    idle: u64,
    /// The time of this process and of its children that have ended.
    ours: u64,
}

impl Usage {
    /// The usage until now; `None` if the system does not report it.
    pub(super) fn now() -> Option<Self> {
        let at = Instant::now();
        let ticks =
            Ticks::parse(&fs::read_to_string("/proc/stat").ok()?, &fs::read_to_string("/proc/self/stat").ok()?)?;
        Some(Self { at, ticks })
    }

    /// The share of the CPU time that other processes have used since then, in percent. The time that a hypervisor takes counts
    /// as theirs.
    pub(super) fn others_since(self, before: Self) -> f64 {
        others(self.at - before.at, self.ticks, before.ticks)
    }
}

impl Ticks {
    /// See proc(5).
    fn parse(machine: &str, process: &str) -> Option<Self> {
        let (all, each) = machine.split_once('\n')?;
        let cores = each.lines().take_while(|line| line.starts_with("cpu")).count() as u64;
        // After `cpu`: user, nice, system, idle, and idle during input or output.
        let idle = all.split_whitespace().skip(4).take(2).map(number).sum::<Option<u64>>()?;
        Some(Self { cores, idle, ours: times(process)?.iter().sum() })
    }
}

fn number(field: &str) -> Option<u64> {
    field.parse().ok()
}

/// The user and system time of this process and of its children. The name of the program is in parentheses and may contain any
/// character; 11 fields are between it and these times.
fn times(process: &str) -> Option<[u64; 4]> {
    let (_, fields) = process.rsplit_once(')')?;
    let times: Option<Vec<u64>> = fields.split_whitespace().skip(11).take(4).map(number).collect();
    times?.try_into().ok()
}

fn children_time(process: &str) -> Option<Duration> {
    let [_, _, user, system] = times(process)?;
    Some(Duration::from_millis(10) * u32::try_from(user + system).ok()?)
}

// Busy time is computed from idle time: the busy ticks of the kernel are samples, which miss short processes.
fn others(elapsed: Duration, now: Ticks, before: Ticks) -> f64 {
    let all = now.cores as f64 * elapsed.as_secs_f64() * 100.0;
    let known = now.idle.saturating_sub(before.idle) + now.ours.saturating_sub(before.ours);
    (100.0 * (all - known as f64) / all).max(0.0)
}

/// The version in a text such as `program 1.2.3 (and more)`.
fn second_word(command: &mut Command) -> anyhow::Result<String> {
    let output = String::from_utf8(package::answer(command)?)?;
    Ok(output.split_whitespace().nth(1).with_context(|| format!("`{output}` names no version"))?.to_owned())
}

/// The date, by Howard Hinnant's `civil_from_days`: years begin in March, so the leap day is the last day of a year.
fn date(since_1970: Duration) -> String {
    let days = since_1970.as_secs() / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(seconds: u64, expected: &str) {
        assert_eq!(date(Duration::from_secs(seconds)), expected);
    }

    #[test]
    fn cpu_time_neither_idle_nor_ours_is_that_of_others() {
        let before = Ticks::parse(
            "cpu  100 0 50 800 40 5 3 2 0 0\ncpu0 1 2 3\ncpu1 1 2 3\nintr 9\n",
            "7 (x) task) S 1 1 1 0 -1 4 5 6 7 8 10 20 30 40 20 0 1\n",
        );
        assert_eq!(before, Some(Ticks { cores: 2, idle: 840, ours: 100 }));
        let after = Ticks { cores: 2, idle: 940, ours: 360 };
        assert_eq!(before.map(|before| others(Duration::from_secs(2), after, before)), Some(10.0));
        assert_eq!(Ticks::parse("cpu  1 2 3 x 5\ncpu0 1\n", "7 (x) S\n"), None);
    }

    #[test]
    fn cpu_time_of_children_is_read_from_stat() {
        let process = "7 (x) task) S 1 1 1 0 -1 4 5 6 7 8 10 20 30 40 20 0 1\n";
        assert_eq!(children_time(process), Some(Duration::from_millis(700)));
        assert_eq!(children_time("7 (x) S 1 1"), None);
    }

    #[test]
    fn days_are_converted_to_dates() {
        check(0, "1970-01-01");
        check(951_782_399, "2000-02-28");
        check(951_782_400, "2000-02-29");
        check(951_868_800, "2000-03-01");
        check(1_798_761_599, "2026-12-31");
        check(1_798_761_600, "2027-01-01");
    }
}
