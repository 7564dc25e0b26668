//! The recorded data: events of aggregates, their notifications, and the notifications that an application has processed.

/// An event of an aggregate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The aggregate.
    pub originator_id: String,
    /// The version of the aggregate after this event; the first is 1.
    pub originator_version: i64,
    /// The new state, in terms of the application.
    pub state: String,
}

/// An event with its position among all events of its application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The position, from 1, without gaps.
    pub id: i64,
    /// The event.
    pub event: Event,
}

/// A record that a notification was processed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tracking {
    /// The application that the notification belongs to.
    pub application_name: String,
    /// The id of the notification.
    pub notification_id: i64,
}
