//! A controller for each directory of a run, with a lock in Redis: locks that expire or are orphaned, and cures
