//! A suite of asynchronous tests whose workers have databases, ports and settings of their own, on SQLite
