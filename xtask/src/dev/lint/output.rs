//! Checks that the output in the README and in the guide is the real output of the commands.
//!
//! A block of code below a comment `<!-- output of: COMMAND -->` is compared with the output of the command, without the parts that differ
//! from run to run. `cargo xtask lint --bless` updates it.

use std::ops::Range;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

const MARK: &str = "<!-- output of: ";

/// The folder of the guide.
const GUIDE: &str = "harness/guide";

pub(super) fn violations(root: &Path) -> Result<Vec<String>> {
    let mut violations = Vec::new();
    for page in pages(root)? {
        let text = read(root, &page)?;
        let blocks = blocks(&text)?;
        if blocks.is_empty() && page == "README.md" {
            violations.push(format!("README.md: no output is shown: `{MARK}COMMAND -->` above a block of ```text"));
        }
        for block in blocks {
            let real = run(root, block.command)?;
            if scrub(&real) != scrub(block.documented) {
                violations.push(format!(
                    "{page}: `{}` prints other output now; run `cargo xtask lint --bless`:\n{real}",
                    block.command
                ));
            }
        }
    }
    Ok(violations)
}

/// Writes the output of the commands into the pages.
pub(super) fn bless(root: &Path) -> Result<()> {
    for page in pages(root)? {
        let mut text = read(root, &page)?;
        // From the end, so that the positions of the other blocks stay valid.
        let places: Vec<(String, Range<usize>)> =
            blocks(&text)?.iter().rev().map(|block| (block.command.to_owned(), block.place.clone())).collect();
        let mut has_changed = false;
        for (command, place) in places {
            let real = run(root, &command)?;
            if scrub(&real) != scrub(&text[place.clone()]) {
                text.replace_range(place, &real);
                has_changed = true;
            }
        }
        if has_changed {
            std::fs::write(root.join(&page), text).with_context(|| format!("cannot write {page}"))?;
        }
    }
    Ok(())
}

/// The paths of README.md and of the pages of the guide, below the root.
fn pages(root: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root.join(GUIDE)).context("cannot read the folder of the guide")? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(name.ends_with(".md").then(|| format!("{GUIDE}/{name}")));
    }
    names.sort();
    names.insert(0, "README.md".to_owned());
    Ok(names)
}

/// A command, and its output on a page.
struct Block<'a> {
    command: &'a str,
    documented: &'a str,
    /// Its place on the page.
    place: Range<usize>,
}

fn read(root: &Path, page: &str) -> Result<String> {
    std::fs::read_to_string(root.join(page)).with_context(|| format!("cannot read {page}"))
}

fn blocks(page: &str) -> Result<Vec<Block<'_>>> {
    let mut blocks = Vec::new();
    for (at, _) in page.match_indices(MARK) {
        let rest = &page[at + MARK.len()..];
        let (command, _) = rest.split_once(" -->").context("the mark of an output block ends with -->")?;
        let fence = "```text\n";
        let start = page.len() - rest.len()
            + rest.find(fence).context("there is a block of ```text below the mark")?
            + fence.len();
        let end = start + page[start..].find("```").context("the block ends")?;
        blocks.push(Block { command, documented: &page[start..end], place: start..end });
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
    fn scrub_ignores_times_and_order() {
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
