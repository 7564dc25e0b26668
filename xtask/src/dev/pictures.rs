//! `cargo xtask pictures`: makes the pictures in README.md, SVG files, from the output of real commands.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anstyle::{Color, RgbColor};
use anstyle_svg::{Palette, Term};
use anyhow::{Context, Result, bail};

use crate::dev::repository::root;
use crate::dev::workspace::cargo;

/// Where the pictures are.
const DIRECTORY: &str = "harness/guide/pictures";

/// The name of each picture, and the arguments of cargo whose output it shows.
const PICTURES: [(&str, &[&str]); 2] = [
    ("run", &["test", "-p", "quickstart", "--test", "flaky", "--", "-n", "4", "fixed", "stable"]),
    ("stability", &["xtask", "stability", "-p", "quickstart", "--test", "flaky"]),
];

/// How many lines of the output a picture shows at most.
const MOST_LINES: usize = 42;

/// The colors of a terminal.
struct Theme {
    name: &'static str,
    foreground: RgbColor,
    background: RgbColor,
    palette: Palette,
}

/// Black, red, green, yellow, blue, magenta, cyan and white, and their bright variants: each has a contrast of at least 4.5 with the
/// background.
const THEMES: [Theme; 2] = [
    Theme {
        name: "light",
        foreground: rgb(0x1f2328),
        background: rgb(0xf6f8fa),
        palette: Palette([
            rgb(0x24292f),
            rgb(0xcf222e),
            rgb(0x116329),
            rgb(0x7d4e00),
            rgb(0x0969da),
            rgb(0x8250df),
            rgb(0x1b7c83),
            rgb(0x57606a),
            rgb(0x57606a),
            rgb(0xa40e26),
            rgb(0x1a7f37),
            rgb(0x633c01),
            rgb(0x216fc9),
            rgb(0x8a3ffc),
            rgb(0x31747c),
            rgb(0x424a53),
        ]),
    },
    Theme {
        name: "dark",
        foreground: rgb(0xe6edf3),
        background: rgb(0x0d1117),
        palette: Palette([
            rgb(0x8b949e),
            rgb(0xff7b72),
            rgb(0x3fb950),
            rgb(0xd29922),
            rgb(0x58a6ff),
            rgb(0xbc8cff),
            rgb(0x39c5cf),
            rgb(0xb1bac4),
            rgb(0x8b949e),
            rgb(0xffa198),
            rgb(0x56d364),
            rgb(0xe3b341),
            rgb(0x79c0ff),
            rgb(0xd2a8ff),
            rgb(0x56d4dd),
            rgb(0xffffff),
        ]),
    },
];

/// Makes all pictures.
pub(crate) fn run() -> Result<ExitCode> {
    let root = root();
    let directory = root.join(DIRECTORY);
    fs::create_dir_all(&directory).with_context(|| format!("cannot create {}", directory.display()))?;
    for (name, args) in PICTURES {
        let output = output(&root, args)?;
        let mut shown = format!("$ cargo {}\n", args.join(" "));
        shown.extend(output.split_inclusive('\n').take(MOST_LINES));
        if output.lines().count() > MOST_LINES {
            shown.push('…');
        }
        for theme in THEMES {
            let path = directory.join(format!("{name}-{}.svg", theme.name));
            let svg = theme.terminal().render_svg(shown.trim_end());
            fs::write(&path, svg).with_context(|| format!("cannot write {}", path.display()))?;
            println!("{DIRECTORY}/{name}-{}.svg", theme.name);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What cargo writes to stdout, with colors.
fn output(root: &Path, args: &[&str]) -> Result<String> {
    let output = cargo(root, args)
        .env("CLICOLOR_FORCE", "1")
        .env("RUST_BACKTRACE", "0")
        .output()
        .context("cannot start cargo")?;
    let text = String::from_utf8(output.stdout).context("the output is not text")?;
    if text.is_empty() {
        bail!("`cargo {}` printed nothing: {}", args.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    Ok(text)
}

impl Theme {
    fn terminal(&self) -> Term {
        let colors = Term::new().fg_color(Color::Rgb(self.foreground)).bg_color(Color::Rgb(self.background));
        colors.palette(self.palette)
    }
}

const fn rgb(number: u32) -> RgbColor {
    let [_, red, green, blue] = number.to_be_bytes();
    RgbColor(red, green, blue)
}
