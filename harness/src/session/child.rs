//! What a process does that another one of this executable has started.

use std::ffi::OsString;

use crate::model::case::Case;
use crate::model::config::RunConfig;
use crate::model::error::Error;
use crate::model::order::{HostOrder, Order, ServeOrder};
use crate::platform::child::{self, Parent};
use crate::platform::env::Env;
use crate::platform::registry;
use crate::run::{host, serve};
use crate::session::arguments;
use crate::session::configure;
use crate::session::exit::Code;
use crate::session::suite::{self, Made};

/// Does what the order of this process says.
///
/// # Errors
///
/// When there is none, or the process cannot do it.
pub(crate) fn work(made: &Made, words: &[OsString]) -> Result<Code, Error> {
    let Parent { line, order, fds } = child::parent()?;
    match order {
        Order::Host(order) => host(made, words, Parent { line, order: (), fds }, order),
        Order::Serve(order) => serve(made, Parent { line, order, fds }),
    }
}

/// The command line is the guard's, and so is the plan.
fn host(made: &Made, words: &[OsString], parent: Parent<()>, order: HostOrder) -> Result<Code, Error> {
    let line = arguments::parse(words).unwrap_or_else(|error| error.exit());
    let env = Env::read();
    let (config, _) = configure::configure(&line, &env, &made.defaults)?;
    let config = RunConfig { seed: order.run.seed, ..config };
    let Ok(plan) = suite::plan(made, &line, &suite::suite(made), &config, true) else {
        // The guard makes the same plan at the same time, finds the same fault, and tells of it.
        return Ok(Code::Usage);
    };
    let config = suite::fitting(config, plan.cases.len());
    host::host(parent, order, plan, config)?;
    Ok(Code::Green)
}

/// Neither a plan nor a parser: each is paid for by every process, and with `--isolation test` by every test.
fn serve(made: &Made, parent: Parent<ServeOrder>) -> Result<Code, Error> {
    let (env, line) = (Env::default(), arguments::CommandLine::default());
    let (config, _) = configure::configure(&line, &env, &made.defaults)?;
    let config = RunConfig { seed: parent.order.run.seed, keep: parent.order.keep, leak: parent.order.leak, ..config };
    let made: Vec<&'static Case> = made.cases.clone();
    let find = move |name: &str| registry::find(name, &made);
    serve::serve(parent, config, find)?;
    Ok(Code::Green)
}
