//! The options of cargo and cargo-nextest that decide what is built. A command that runs a test again repeats them.

/// Options with a value.
const WITH_VALUE: [&str; 9] = [
    "--features",
    "-F",
    "--profile",
    "--cargo-profile",
    "--manifest-path",
    "--target",
    "--target-dir",
    "--config",
    "-P",
];

/// Options without a value.
const ALONE: [&str; 4] = ["--all-features", "--no-default-features", "--release", "-r"];

/// The options among the words of a command line, as they were written. None if the first word is another program.
#[must_use]
pub(crate) fn options(words: &[String]) -> Vec<String> {
    let Some((program, words)) = words.split_first() else { return Vec::new() };
    let name = program.rsplit(['/', '\\']).next().unwrap_or_default();
    if !matches!(name.trim_end_matches(".exe"), "cargo" | "cargo-nextest") {
        return Vec::new();
    }
    // The words after `--` are for the tests.
    let mut words = words.iter().take_while(|word| *word != "--");
    let mut options = Vec::new();
    while let Some(word) = words.next() {
        if ALONE.contains(&word.as_str()) || is_with_value_in_itself(word) {
            options.push(word.clone());
        } else if WITH_VALUE.contains(&word.as_str())
            && let Some(value) = words.next()
        {
            options.extend([word.clone(), value.clone()]);
        }
    }
    options
}

/// `--features=a` or `-Fa`
fn is_with_value_in_itself(word: &str) -> bool {
    let is_it = |option: &&str| match option.starts_with("--") {
        true => word.strip_prefix(*option).is_some_and(|rest| rest.starts_with('=')),
        false => word.len() > option.len() && word.starts_with(*option),
    };
    WITH_VALUE.iter().any(is_it)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &str) {
        let words: Vec<String> = line.split_whitespace().map(|word| word.replace('_', " ")).collect();
        assert_eq!(options(&words).join("|").replace(' ', "_"), expected);
    }

    #[test]
    fn cargo_build_options_are_found() {
        check("cargo test", "");
        check(
            "/opt/bin/cargo +nightly test -p shop --features a,b --release -- --features c",
            "--features|a,b|--release",
        );
        check(
            "cargo t --features=a -F b -Fc,d -r --no-default-features",
            "--features=a|-F|b|-Fc,d|-r|--no-default-features",
        );
        check("cargo --config x=1 test --profile ci --all-features", "--config|x=1|--profile|ci|--all-features");
        check(
            "cargo test --features a_b --manifest-path my_dir/Cargo.toml",
            "--features|a_b|--manifest-path|my_dir/Cargo.toml",
        );
        check("cargo test --target t --target-dir d --test api name", "--target|t|--target-dir|d");
        check("cargo test --profiles x --release-it", "");
    }

    #[test]
    fn nextest_build_options_are_found() {
        check(
            "/home/u/cargo-nextest nextest run -P ci --cargo-profile fast --features x -j 2",
            "-P|ci|--cargo-profile|fast|--features|x",
        );
    }

    #[test]
    fn other_programs_have_no_build_options() {
        check("bash -r", "");
        check("xtask --release", "");
        check("", "");
        check("cargo test --features", "");
    }
}
