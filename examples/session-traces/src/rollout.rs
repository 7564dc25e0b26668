//! The rollout script: what a worker does with the sessions of an experiment.

use crate::error::Error;
use crate::link::Linked;
use crate::tracer::Tracer;

/// Traces these sessions of an experiment, as one of several workers that may have the same ones. Says how many of them it has linked.
///
/// To record a session and to link it are two transactions. Who has recorded it may be gone before the second one; so each worker links
/// what is not linked yet, whoever has recorded it, and another run makes up for what a failed one has left out.
///
/// # Errors
///
/// When a session cannot be recorded or linked. Those after it are left out.
pub fn roll_out(tracer: &mut Tracer, experiment: &str, sessions: &[String]) -> Result<usize, Error> {
    let mut n_linked = 0;
    for session in sessions {
        tracer.record(session)?;
        if tracer.link(session, experiment)? == Linked::New {
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
        tracer.record_async(session).await?;
        if tracer.link_async(session, experiment).await? == Linked::New {
            n_linked += 1;
        }
    }
    Ok(n_linked)
}
