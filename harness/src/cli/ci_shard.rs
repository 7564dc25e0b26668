//! `--shard auto`: which of the machines of a CI job, or of the tasks of a cluster job, this one is, from the variables that the service sets.

use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::Arc;

use crate::model::config::Shard;
use crate::model::error::Error;

/// The value of `--shard`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShardOption {
    /// `K/N`.
    Part(Shard),
    /// `auto`, or `auto/N`.
    Auto { n: Option<NonZeroU32> },
}

/// A service that starts several machines for one job, and the variables with which it numbers them.
struct CiService {
    name: &'static str,
    index: &'static str,
    /// The number of the first machine: the value, or the variable that contains it.
    first: First,
    total: Option<&'static str>,
}

enum First {
    Is(u32),
    In { first: &'static str, last: &'static str, step: &'static str },
}

/// The CI services come first: their machines can be pods of Kubernetes or tasks of Slurm.
const SERVICES: [CiService; 5] = [
    CiService { name: "GitLab", index: "CI_NODE_INDEX", first: First::Is(1), total: Some("CI_NODE_TOTAL") },
    CiService { name: "CircleCI", index: "CIRCLE_NODE_INDEX", first: First::Is(0), total: Some("CIRCLE_NODE_TOTAL") },
    CiService {
        name: "Buildkite",
        index: "BUILDKITE_PARALLEL_JOB",
        first: First::Is(0),
        total: Some("BUILDKITE_PARALLEL_JOB_COUNT"),
    },
    CiService {
        name: "Slurm",
        index: "SLURM_ARRAY_TASK_ID",
        first: First::In { first: "SLURM_ARRAY_TASK_MIN", last: "SLURM_ARRAY_TASK_MAX", step: "SLURM_ARRAY_TASK_STEP" },
        total: Some("SLURM_ARRAY_TASK_COUNT"),
    },
    CiService { name: "Kubernetes", index: "JOB_COMPLETION_INDEX", first: First::Is(0), total: None },
];

impl FromStr for ShardOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = match text.split_once('/') {
            None if text == "auto" => Some(Self::Auto { n: None }),
            None => None,
            Some(("auto", n)) => n.parse().ok().map(|n| Self::Auto { n: Some(n) }),
            Some((k, n)) => k.parse().ok().zip(n.parse().ok()).map(|(k, n)| Self::Part(Shard { k, n })),
        };
        let is_possible = |option: &Self| !matches!(option, Self::Part(Shard { k, n }) if k > n);
        parsed.filter(is_possible).ok_or_else(|| {
            "give K/N with K from 1 to N, such as 1/3; or auto, if a CI service sets the numbers; or auto/N".to_owned()
        })
    }
}

/// The part of this machine; `variable` returns the value of a variable of the environment.
///
/// # Errors
///
/// If no service has set its variables, or they contradict each other or `n`.
pub(super) fn of_this_machine(
    n: Option<NonZeroU32>,
    variable: impl Fn(&str) -> Option<Arc<str>>,
) -> Result<Shard, Error> {
    let is_set = |name: &str| variable(name).is_some();
    // Without parallel jobs, GitLab sets only the total.
    let service = SERVICES.iter().find(|service| is_set(service.index) || service.total.is_some_and(is_set));
    let Some(service) = service else {
        let names: Vec<String> =
            SERVICES.iter().map(|service| format!("{} ({})", service.index, service.name)).collect();
        return Err(Error::usage(format!(
            "`--shard auto` needs a variable with the number of this machine: {}. None of them is set; give --shard K/N",
            names.join(", ")
        )));
    };
    shard(service, n, &variable).map_err(|why| {
        Error::usage(format!(
            "`--shard auto` cannot use the variables of {}: {why}; give --shard auto/N or --shard K/N",
            service.name
        ))
    })
}

fn shard(
    service: &CiService,
    n: Option<NonZeroU32>,
    variable: &impl Fn(&str) -> Option<Arc<str>>,
) -> Result<Shard, String> {
    let number = |name: &str| match variable(name) {
        None => Ok(None),
        Some(text) => text.parse::<u32>().map(Some).map_err(|_| format!("{name} is `{text}`, which is no number")),
    };
    let required = |name: &str| number(name)?.ok_or_else(|| format!("{name} is not set"));
    let total = service.total.map(number).transpose()?.flatten();
    let n = match (n.map(NonZeroU32::get), total) {
        (Some(n), Some(total)) if n != total => {
            return Err(format!("{} is {total}, and not {n}", service.total.unwrap_or_default()));
        }
        (Some(n), _) | (None, Some(n)) => n,
        (None, None) => {
            return Err(match service.total {
                Some(total) => format!("{total} is not set"),
                None => "it sets no number of machines".to_owned(),
            });
        }
    };
    let position = match (&service.first, number(service.index)?) {
        (_, None) if n == 1 => 0,
        (_, None) => return Err(format!("{} is not set", service.index)),
        (First::Is(first), Some(index)) => {
            index.checked_sub(*first).ok_or_else(|| format!("{} is {index}, below {first}", service.index))?
        }
        (First::In { first, last, step }, Some(index)) => {
            let (first, last, step) = (required(first)?, required(last)?, required(step)?.max(1));
            // The numbers of an array can be any list.
            let is_regular = last.checked_sub(first).is_some_and(|length| length / step + 1 == n);
            match index.checked_sub(first) {
                Some(distance) if is_regular && distance % step == 0 => distance / step,
                _ => return Err("the numbers of its array are not evenly spaced".to_owned()),
            }
        }
    };
    let part = |n| Some(Shard { k: NonZeroU32::MIN.saturating_add(position), n }).filter(|shard| shard.k <= n);
    NonZeroU32::new(n).and_then(part).ok_or_else(|| format!("{} is out of range for {n} machines", service.index))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `NAME=VALUE …`; expected as `K/N`, or a part of the message.
    #[track_caller]
    fn check(option: &str, variables: &str, expected: &str) {
        let variable = |name: &str| {
            let mut pairs = variables.split_whitespace().filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| value.into())
        };
        let ShardOption::Auto { n } = option.parse().expect("an option") else { panic!("{option}") };
        match of_this_machine(n, variable) {
            Ok(Shard { k, n }) => assert_eq!(format!("{k}/{n}"), expected),
            Err(error) => assert!(error.to_string().contains(expected), "{error}"),
        }
    }

    #[test]
    fn shard_auto_reads_the_variables_of_each_service() {
        check("auto", "CI_NODE_INDEX=1 CI_NODE_TOTAL=4", "1/4");
        check("auto", "CI_NODE_INDEX=4 CI_NODE_TOTAL=4", "4/4");
        check("auto", "CI_NODE_TOTAL=1", "1/1");
        check("auto", "CIRCLE_NODE_INDEX=0 CIRCLE_NODE_TOTAL=2", "1/2");
        check("auto", "BUILDKITE_PARALLEL_JOB=1 BUILDKITE_PARALLEL_JOB_COUNT=2", "2/2");
        check("auto/5", "JOB_COMPLETION_INDEX=4", "5/5");
        check("auto/5", "JOB_COMPLETION_INDEX=4 CI_NODE_INDEX=1 CI_NODE_TOTAL=5", "1/5");
        let slurm = "SLURM_ARRAY_TASK_MIN=10 SLURM_ARRAY_TASK_MAX=16 SLURM_ARRAY_TASK_STEP=2 SLURM_ARRAY_TASK_COUNT=4";
        check("auto", &format!("SLURM_ARRAY_TASK_ID=10 {slurm}"), "1/4");
        check("auto", &format!("SLURM_ARRAY_TASK_ID=16 {slurm}"), "4/4");
    }

    #[test]
    fn shard_auto_says_why_it_is_not_possible() {
        check("auto", "", "CI_NODE_INDEX (GitLab), CIRCLE_NODE_INDEX (CircleCI)");
        check("auto", "CI_NODE_TOTAL=2", "of GitLab: CI_NODE_INDEX is not set");
        check("auto", "CI_NODE_INDEX=2", "of GitLab: CI_NODE_TOTAL is not set");
        check("auto", "CI_NODE_INDEX=0 CI_NODE_TOTAL=2", "CI_NODE_INDEX is 0, below 1");
        check("auto", "CI_NODE_INDEX=3 CI_NODE_TOTAL=2", "CI_NODE_INDEX is out of range for 2 machines");
        check("auto", "CIRCLE_NODE_INDEX=one CIRCLE_NODE_TOTAL=2", "CIRCLE_NODE_INDEX is `one`, which is no number");
        check("auto", "CIRCLE_NODE_INDEX=0 CIRCLE_NODE_TOTAL=0", "out of range");
        check("auto/3", "CIRCLE_NODE_INDEX=0 CIRCLE_NODE_TOTAL=2", "CIRCLE_NODE_TOTAL is 2, and not 3");
        check("auto", "JOB_COMPLETION_INDEX=0", "it sets no number of machines; give --shard auto/N");
        check("auto/2", "JOB_COMPLETION_INDEX=2", "out of range for 2 machines");
        // `--array=1,3,7`.
        let slurm = "SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=7 SLURM_ARRAY_TASK_STEP=1 SLURM_ARRAY_TASK_COUNT=3";
        check("auto", &format!("SLURM_ARRAY_TASK_ID=3 {slurm}"), "not evenly spaced");
    }

    #[test]
    fn shard_is_a_part_or_auto() {
        let part = |k, n| {
            let number = |n| NonZeroU32::new(n).expect("from 1");
            Ok(ShardOption::Part(Shard { k: number(k), n: number(n) }))
        };
        assert_eq!("2/3".parse(), part(2, 3));
        assert_eq!("auto/3".parse(), Ok(ShardOption::Auto { n: NonZeroU32::new(3) }));
        for text in ["", "0/3", "4/3", "1/0", "3", "auto/", "auto/0", "a/b", "automatic"] {
            assert!(text.parse::<ShardOption>().is_err(), "{text}");
        }
    }
}
