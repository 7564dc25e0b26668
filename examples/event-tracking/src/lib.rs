//! An event-sourced application whose clients track notifications in PostgreSQL: unique violations, and their cure
