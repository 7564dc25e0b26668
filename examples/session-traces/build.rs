//! Says where libduckdb is, when the tests and the program are linked and when they run.

use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=DUCKDB_LIB_DIR");
    if std::env::var_os("CARGO_FEATURE_DUCKDB").is_some() {
        let dir = library_dir();
        println!("cargo::rustc-link-search=native={}", dir.display());
        println!("cargo::rustc-link-arg=-Wl,-rpath,{}", dir.display());
    }
}

/// Where `.cargo/config.toml` of the workspace says that it is. Cargo reads that file only in and below the workspace; so otherwise it is where
/// `cargo xtask setup duckdb` puts it.
fn library_dir() -> PathBuf {
    let dir = match std::env::var_os("DUCKDB_LIB_DIR") {
        Some(dir) => PathBuf::from(dir),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/duckdb"),
    };
    dir.canonicalize().unwrap_or(dir)
}
