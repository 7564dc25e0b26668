//! Checks links in Markdown.

use std::path::Path;

use crate::dev::repository::File;

pub(super) fn violations(files: &[File], root: &Path) -> Vec<String> {
    let mut violations = Vec::new();
    for file in files.iter().filter(|file| file.path.extension().is_some_and(|extension| extension == "md")) {
        for target in targets(&file.text) {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let is_elsewhere = target.contains("://") || target.starts_with("mailto:");
            // rustdoc checks links to items, as pages of the guide have them.
            let is_item = target.starts_with("crate::");
            if is_elsewhere || is_item {
                continue;
            }
            let source = root.join(&file.path);
            let linked = if path.is_empty() { source } else { source.with_file_name(path) };
            if !linked.exists() {
                violations.push(format!("{}: the link to `{target}` is broken", file.path.display()));
            } else if !anchor.is_empty() && !has_heading(&linked, anchor) {
                violations.push(format!("{}: there is no heading `#{anchor}` in `{path}`", file.path.display()));
            }
        }
    }
    violations
}

/// The text in the parentheses of `[text](target)`, the targets of definitions, and the files of pictures, outside of blocks of code.
fn targets(text: &str) -> Vec<&str> {
    let mut is_code = false;
    let prose = text.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    prose.flat_map(targets_in).collect()
}

fn targets_in(line: &str) -> impl Iterator<Item = &str> {
    let links = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    let pictures = [" src=\"", " srcset=\""].into_iter().flat_map(|name| line.split(name).skip(1));
    // `[label]: target`
    let definition =
        line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map(|(_, target)| (target.trim_end(), ""));
    links.chain(definition).chain(pictures.filter_map(|rest| rest.split_once('"'))).map(|(target, _)| target)
}

fn has_heading(file: &Path, anchor: &str) -> bool {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().filter_map(|line| line.strip_prefix('#')).any(|heading| slug(heading) == anchor)
}

/// The anchor of a heading, in the way of the usual hosts.
fn slug(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    let allowed = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    allowed.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_in_prose_only() {
        assert_eq!(targets("a [b](c.md) d [e](f#g)\n```\n[x](y)\n```\n"), ["c.md", "f#g"]);
        assert_eq!(targets("a [b][c.md]\n\n[c.md]: ../c.md\n"), ["../c.md"]);
        assert_eq!(targets("<source srcset=\"a.svg\"> <img alt=\"b\" src=\"c.svg\">\n"), ["c.svg", "a.svg"]);
    }

    #[test]
    fn links_to_items_are_left_to_rustdoc() {
        let file = File { path: "a.md".into(), text: "[b](crate::guide::b) [c](c.md)\n".to_owned() };
        assert_eq!(violations(&[file], Path::new("/nowhere")), ["a.md: the link to `c.md` is broken"]);
    }

    #[test]
    fn a_heading_has_an_anchor() {
        assert_eq!(slug("## 2. The road of a test, straight"), "2-the-road-of-a-test-straight");
    }
}
