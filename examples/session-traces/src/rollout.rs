//! The rollout script: the work of a worker on the sessions of an experiment.

use crate::error::Error;
use crate::link::Linked;
use crate::tracer::Tracer;

/// Traces these sessions of an experiment, as one of several workers with the same sessions. Returns how many of them it has linked.
///
/// Recording a session and linking it are two transactions. The worker that has recorded it may end before the second one; so each worker
/// links all sessions that are not linked yet, and a later run completes a failed one.
///
/// # Errors
///
/// If a session cannot be recorded or linked. The remaining sessions are skipped.
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

/// As [`roll_out`], in a task.
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
