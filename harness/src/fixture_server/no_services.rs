//! Replaces the database servers in a program that was built without any.

use std::sync::Arc;

use crate::model::protocol::{DatabaseRequest, FixtureResponse, Service};
use crate::model::worker::Slot;

/// A program without database servers.
pub(crate) struct Servers;

impl Servers {
    pub(crate) fn new(_: Arc<str>, _: &str) -> Self {
        Self
    }

    pub(crate) fn server(&self, service: Service, _: Option<Slot>, _: u32, _: Option<u32>) -> FixtureResponse {
        FixtureResponse::Missing { message: format!("this program was built without {service:?}") }
    }

    pub(crate) fn database(&self, service: Service, _: u32, _: DatabaseRequest) -> FixtureResponse {
        FixtureResponse::Missing { message: format!("this program was built without {service:?}") }
    }

    pub(crate) fn end(&self) {}

    pub(crate) fn remove(&self) {}

    /// Removes what the servers of killed runs have left.
    pub(crate) fn sweep() {}
}
