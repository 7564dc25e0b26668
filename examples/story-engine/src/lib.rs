//! Stories, scenes and characters in PostgreSQL: lost updates, numbers given twice, and their cures
