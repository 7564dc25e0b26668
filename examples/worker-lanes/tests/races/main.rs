//! What happens when two of the suite's workers have the same database, port or settings.

swimlanes::main!();
