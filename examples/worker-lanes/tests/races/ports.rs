//! A port that is fixed, or found and released; and a listener that is kept, on separate ports.

use std::sync::{Mutex, PoisonError};

use swimlanes::kit::race::Report;
use swimlanes::prelude::*;
use tokio::net::TcpListener;
use worker_lanes::{Error, broken, ports};

use crate::seeds::{Way, each_is_clean, each_shows};

/// Both actors listen, and keep their listeners until the next round.
async fn race(way: Way, listen: impl AsyncFn(usize) -> Result<TcpListener, Error>) -> Report {
    let listening = Mutex::new(Vec::new());
    let listening = || listening.lock().unwrap_or_else(PoisonError::into_inner);
    let run = way.race(2).before(|_| listening().clear()).run_async(async |actor| {
        let listener = listen(actor.number()).await?;
        listening().push(listener);
        Ok::<(), Error>(())
    });
    run.await
}

#[swimlanes::test(tags("broken"), timeout = "30s")]
async fn a_released_port_can_be_taken_by_another(first: Port, second: Port) {
    let candidates = [first.number(), second.number()];
    each_shows("Address already in use", async |way| race(way, async |_| broken::listen(&candidates).await).await)
        .await;
}

#[swimlanes::test(tags("mended"), timeout = "30s")]
async fn a_kept_listener_cannot_be_taken_by_another(first: Port, second: Port) {
    let candidates = [first.number(), second.number()];
    each_is_clean(async |way| race(way, async |_| ports::listen(&candidates).await).await).await;
}

#[swimlanes::test(tags("broken"), timeout = "30s")]
async fn a_fixed_port_is_enough_for_one_worker(port: Port) {
    let fixed = [port.number()];
    each_shows("all 1 ports are in use", async |way| race(way, async |_| ports::listen(&fixed).await).await).await;
}

#[swimlanes::test(tags("mended"), timeout = "30s")]
async fn a_port_for_each_worker_is_enough_for_all(first: Port, second: Port) {
    let own = [[first.number()], [second.number()]];
    each_is_clean(async |way| race(way, async |worker| ports::listen(&own[worker]).await).await).await;
}
