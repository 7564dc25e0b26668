//! The rollout script: what a worker does with the sessions of an experiment.

use crate::error::Error;
use crate::tracer::{Recorded, Tracer};

/// Traces these sessions of an experiment, as one of several workers that may have the same ones: who is first to record a session
/// links it. Says how many that were.
///
/// # Errors
///
/// When a session cannot be recorded or linked. Those after it are left out.
pub fn roll_out(tracer: &mut Tracer, experiment: &str, sessions: &[String]) -> Result<usize, Error> {
    let mut n_linked = 0;
    for session in sessions {
        if tracer.record(session)? == Recorded::New {
            tracer.link(session, experiment)?;
            n_linked += 1;
        }
    }
    Ok(n_linked)
}

/// The same in a task.
///
/// # Errors
///
/// As of [`roll_out`].
pub async fn roll_out_async(tracer: &mut Tracer, experiment: &str, sessions: &[String]) -> Result<usize, Error> {
    let mut n_linked = 0;
    for session in sessions {
        if tracer.record_async(session).await? == Recorded::New {
            tracer.link_async(session, experiment).await?;
            n_linked += 1;
        }
    }
    Ok(n_linked)
}
