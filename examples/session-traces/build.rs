//! Configures the directory of libduckdb, for linking and for running the tests and the program.

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

/// The directory in `.cargo/config.toml` of the workspace. Cargo reads that file only in and below the workspace; otherwise, the directory
/// in which `cargo xtask setup duckdb` puts the library.
fn library_dir() -> PathBuf {
    let dir = match std::env::var_os("DUCKDB_LIB_DIR") {
        Some(dir) => PathBuf::from(dir),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/duckdb"),
    };
    dir.canonicalize().unwrap_or(dir)
}
