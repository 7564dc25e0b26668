//! What a fixture is; how its values are resolved, cached, sent to another process and torn down.

pub(crate) mod attempt_handle;
pub(crate) mod body_end;
pub(crate) mod cache;
pub(crate) mod codec;
pub(crate) mod context;
pub(crate) mod definition;
pub(crate) mod resolve;
pub(crate) mod scope_state;
pub(crate) mod timeout_clock;
pub(crate) mod type_map;
