//! Checks that the output in the README is the real output of the commands.
//!
//! A block of code below a comment `<!-- output of: COMMAND -->` is compared with the output of the command, without the parts that differ
//! from run to run. `cargo xtask lint --bless` updates it.

use std::ops::Range;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

const MARK: &str = "<!-- output of: ";

pub(super) fn violations(root: &Path) -> Result<Vec<String>> {
    let readme = read(root)?;
    let mut violations = Vec::new();
    let blocks = blocks(&readme)?;
    if blocks.is_empty() {
        violations.push(format!("README.md: no output is shown: `{MARK}COMMAND -->` above a block of ```text"));
    }
    for block in blocks {
        let real = run(root, block.command)?;
        if scrub(&real) != scrub(block.documented) {
            violations.push(format!(
                "README.md: `{}` prints other output now; run `cargo xtask lint --bless`:\n{real}",
                block.command
            ));
        }
    }
    Ok(violations)
}

/// Writes the output of the commands into the README.
pub(super) fn bless(root: &Path) -> Result<()> {
    let mut readme = read(root)?;
    // From the end, so that the positions of the other blocks stay valid.
    let places: Vec<(String, Range<usize>)> =
        blocks(&readme)?.iter().rev().map(|block| (block.command.to_owned(), block.place.clone())).collect();
    for (command, place) in places {
        let real = run(root, &command)?;
        if scrub(&real) != scrub(&readme[place.clone()]) {
            readme.replace_range(place, &real);
        }
    }
    std::fs::write(root.join("README.md"), readme).context("the README can be written")
}

/// A command, and its output in the README.
struct Block<'a> {
    command: &'a str,
    documented: &'a str,
    /// Its place in the README.
    place: Range<usize>,
}

fn read(root: &Path) -> Result<String> {
    std::fs::read_to_string(root.join("README.md")).context("there is a README")
}

fn blocks(readme: &str) -> Result<Vec<Block<'_>>> {
    let mut blocks = Vec::new();
    for (at, _) in readme.match_indices(MARK) {
        let rest = &readme[at + MARK.len()..];
        let (command, _) = rest.split_once(" -->").context("the mark of an output block ends with -->")?;
        let fence = "```text\n";
        let start = readme.len() - rest.len()
            + rest.find(fence).context("there is a block of ```text below the mark")?
            + fence.len();
        let end = start + readme[start..].find("```").context("the block ends")?;
        blocks.push(Block { command, documented: &readme[start..end], place: start..end });
    }
    Ok(blocks)
}

fn run(root: &Path, command: &str) -> Result<String> {
    let mut words = command.split_whitespace();
    let program = words.next().context("a command has a program")?;
    let mut child = Command::new(program);
    for (name, _) in std::env::vars_os() {
        // The output must be that in a shell, not that of a program that cargo started.
        if name.to_string_lossy().starts_with("CARGO_PKG") || name == "CARGO_MANIFEST_DIR" {
            child.env_remove(name);
        }
    }
    let output = child.args(words).current_dir(root).env("RUST_BACKTRACE", "0").output();
    let output = output.with_context(|| format!("cannot start `{command}`"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim_start_matches('\n').to_owned())
}

/// Without numbers that differ from run to run, and without the order in which tests end.
fn scrub(text: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(|line| line.trim_end().to_owned()).collect();
    for line in &mut lines {
        let is_time = |word: &str| {
            word.trim_end_matches([',', ';', '>']).ends_with('s') && word.contains(|c: char| c.is_ascii_digit())
        };
        let words = line.split(' ').map(|word| if is_time(word) { "TIME" } else { word });
        *line = words.collect::<Vec<_>>().join(" ");
    }
    let is_result = |line: &String| line.starts_with("test ") && line.contains(" ... ");
    let first = lines.iter().position(is_result).unwrap_or(lines.len());
    let end = lines.iter().rposition(is_result).map_or(first, |last| last + 1);
    lines[first..end].sort_unstable();
    lines.join("\n").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_are_alike_without_times_and_order() {
        let one = "running 2 tests\ntest b ... ok\ntest a ... ok\n\ntest result: ok. finished in 0.12s\n";
        let other = "running 2 tests\ntest a ... ok\ntest b ... ok\n\ntest result: ok. finished in 0.34s\n\n";
        assert_eq!(scrub(one), scrub(other));
        assert_ne!(scrub(one), scrub(&one.replace("a ... ok", "a ... FAILED")));
    }

    #[test]
    fn a_block_is_below_its_mark() {
        let readme = "x\n<!-- output of: cargo test -p a -->\n```text\nrunning\n```\n";
        let blocks = blocks(readme).expect("a block");
        assert_eq!((blocks[0].command, blocks[0].documented), ("cargo test -p a", "running\n"));
    }
}
