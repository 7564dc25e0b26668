//! Asks the compiler for the platform that it builds for by default.

use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The target triple of this machine, such as `x86_64-unknown-linux-gnu`.
///
/// # Errors
///
/// If rustc cannot be started, or does not print its host.
pub fn host_triple() -> Result<String> {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let output = Command::new(&rustc).arg("-vV").output().with_context(|| format!("cannot start `{rustc} -vV`"))?;
    ensure!(output.status.success(), "`{rustc} -vV` failed: {}", output.status);
    let text = String::from_utf8_lossy(&output.stdout);
    let host = host(&text).with_context(|| format!("`{rustc} -vV` prints no line `host: …`"))?;
    Ok(host.to_owned())
}

fn host(output: &str) -> Option<&str> {
    output.lines().find_map(|line| line.strip_prefix("host: ")).map(str::trim_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_is_read_from_the_compiler_output() {
        assert_eq!(host("rustc 1.91.0\nbinary: rustc\nhost: a-b-c\nrelease: 1.91.0\n"), Some("a-b-c"));
        assert_eq!(host("rustc 1.91.0\n"), None);
        assert!(host_triple().is_ok());
    }
}
