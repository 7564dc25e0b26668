//! Says where libduckdb is when the tests and the program run.

use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=DUCKDB_LIB_DIR");
    if std::env::var_os("CARGO_FEATURE_DUCKDB").is_some() {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{}", library_dir().display());
    }
}

/// Where the crate `duckdb` is told that it is, which `.cargo/config.toml` of the workspace does; otherwise where `cargo xtask setup duckdb`
/// puts it.
fn library_dir() -> PathBuf {
    match std::env::var_os("DUCKDB_LIB_DIR") {
        Some(dir) => PathBuf::from(dir),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/duckdb"),
    }
}
