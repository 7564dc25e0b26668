//! The command line.

use std::time::Duration;

use clap::Parser;
use run_locks::Form;
use swimlanes_kit::lock::{Scenario, ScenarioConfig, UnknownScenario};
use swimlanes_kit::race::Explore;

/// Runs a scenario on a lock in Redis, and prints the report.
///
/// Exit codes: 0, the lock is sound; 1, the lock has a fault; 2, it could not be tested.
#[derive(Debug, Parser)]
#[command(name = "trigger", after_help = scenarios_help())]
pub(crate) struct Options {
    /// The scenario: one of those below, or `all`
    scenario: Chosen,
    /// The form of the lock: hash, expiring, mended
    #[arg(long, default_value = "mended")]
    pub(crate) form: Form,
    /// The number of threads that ask for the lock
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(3..=64))]
    threads: u16,
    /// The number of requests of each thread
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    requests: u32,
    /// The seed of all random choices
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Let the threads run freely, as in a plain stress test, instead of choosing an interleaving
    #[arg(long, conflicts_with = "replay")]
    free: bool,
    /// Run the threads in this order in each round: `first seen in` of an earlier run with as many threads
    #[arg(long, value_name = "ORDER")]
    replay: Option<String>,
    /// The time-to-live of the lock
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(60..))]
    ttl: u64,
    /// An injected fault: how long a holder stalls. By default a random time, longer than the time-to-live
    #[arg(long, value_name = "SECONDS")]
    pause: Option<u64>,
    /// The Redis server. Without it and REDIS_URL, one is started, and stopped at the end
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    url: Option<String>,
}

/// One scenario, or all.
#[derive(Debug, Clone)]
enum Chosen {
    All,
    One([Scenario; 1]),
}

impl std::str::FromStr for Chosen {
    type Err = UnknownScenario;

    fn from_str(name: &str) -> Result<Self, UnknownScenario> {
        match name {
            "all" => Ok(Self::All),
            _ => name.parse().map(|scenario| Self::One([scenario])),
        }
    }
}

fn scenarios_help() -> String {
    let says = |scenario| match scenario {
        Scenario::ThunderingHerd => "all want the lock at once",
        Scenario::RapidSequential => "one after the other, with no pause between",
        Scenario::ExpiryDuringWork => "the holder is paused until its lock has expired, and continues",
        Scenario::TokenMismatchAfterCrash => "the holder is restarted, and a leftover of its earlier process unlocks",
        Scenario::OrphanedLock => "the holder crashes and does not return",
        Scenario::ClearAllDuringOperations => "an operator clears all locks while others are at work",
        Scenario::TwoSingletons => "all threads of a process ask for the only controller at once",
        _ => "",
    };
    let line = |scenario: Scenario| format!("\n  {:<28}{}", scenario.name(), says(scenario));
    format!("Scenarios:{}", Scenario::ALL.map(line).concat())
}

impl Options {
    pub(crate) fn scenarios(&self) -> &[Scenario] {
        match &self.scenario {
            Chosen::All => &Scenario::ALL,
            Chosen::One(scenario) => scenario,
        }
    }

    pub(crate) fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests.into()
    }

    pub(crate) fn config(&self) -> ScenarioConfig {
        let mut config = ScenarioConfig::new(self.seed)
            .actors(self.threads.into())
            .requests(usize::try_from(self.requests).unwrap_or(usize::MAX))
            .ttl(Duration::from_secs(self.ttl));
        if self.free {
            config = config.explore(Explore::Free).max_attempts(1000);
        }
        if let Some(order) = &self.replay {
            config = config.replay(order);
        }
        if let Some(pause) = self.pause {
            config = config.pause(Duration::from_secs(pause));
        }
        config
    }
}
