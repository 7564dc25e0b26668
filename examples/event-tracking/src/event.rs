//! What is recorded: events of aggregates, the notifications of them, and which of those an application has processed.

/// What has happened to an aggregate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The aggregate.
    pub originator_id: String,
    /// Counts the events of this aggregate, from 1.
    pub originator_version: i64,
    /// What has happened, in words of the application.
    pub state: String,
}

/// An event at its place among all events of its application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Counts the events of the application, from 1, without gaps.
    pub id: i64,
    /// What has happened.
    pub event: Event,
}

/// That a notification was processed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tracking {
    /// The application whose notification it is.
    pub application_name: String,
    /// Which one of it.
    pub notification_id: i64,
}
