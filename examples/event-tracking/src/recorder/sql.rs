//! The SQL that PostgreSQL and SQLite share.

/// Creates the two tables in an empty database.
pub const SCHEMA: &str = "
    CREATE TABLE event (
        application_name text NOT NULL,
        notification_id bigint NOT NULL,
        originator_id text NOT NULL,
        originator_version bigint NOT NULL,
        state text NOT NULL,
        PRIMARY KEY (application_name, notification_id),
        UNIQUE (application_name, originator_id, originator_version)
    );
    CREATE TABLE tracking (
        application_name text NOT NULL,
        notification_id bigint NOT NULL,
        PRIMARY KEY (application_name, notification_id)
    )";

/// A sequence would leave a gap after each transaction that is rolled back.
pub(super) const INSERT_EVENT: &str = "
    INSERT INTO event (application_name, notification_id, originator_id, originator_version, state)
    SELECT $1, (SELECT coalesce(max(notification_id), 0) + 1 FROM event WHERE application_name = $1), $2, $3, $4";

pub(super) const INSERT_TRACKING: &str = "INSERT INTO tracking (application_name, notification_id) VALUES ($1, $2)";

pub(super) const MAX_TRACKING_ID: &str =
    "SELECT coalesce(max(notification_id), 0) FROM tracking WHERE application_name = $1";

pub(super) const TRACKED: &str =
    "SELECT notification_id FROM tracking WHERE application_name = $1 ORDER BY notification_id";

pub(super) const NOTIFICATIONS: &str = "
    SELECT notification_id, originator_id, originator_version, state FROM event
    WHERE application_name = $1 AND notification_id > $2 ORDER BY notification_id LIMIT $3";

pub(super) const LAST_VERSION: &str =
    "SELECT coalesce(max(originator_version), 0) FROM event WHERE application_name = $1 AND originator_id = $2";
