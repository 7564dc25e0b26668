//! The process that owns run-scoped fixtures and database servers.

#[cfg(target_os = "linux")]
pub(crate) mod server;
#[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
pub(crate) mod services;
#[cfg(all(target_os = "linux", not(any(feature = "postgres", feature = "redis"))))]
#[path = "fixture_server/no_services.rs"]
pub(crate) mod services;
