//! Tracers that write the traces of sessions into DuckDB: duplicate session ids, and two cures
