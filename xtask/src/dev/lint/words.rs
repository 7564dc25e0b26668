//! Checks the English of Markdown, comments and string literals: words that make a sentence a riddle are not used.

use proc_macro2::{TokenStream, TokenTree};
use syn::Lit;

use crate::dev::repository::File;

/// Words that are not used, and what to write instead.
struct Banned {
    words: &'static str,
    /// Phrases with these words that are clear.
    allowed: &'static [&'static str],
    instead: &'static str,
}

const fn banned(words: &'static str, allowed: &'static [&'static str], instead: &'static str) -> Banned {
    Banned { words, allowed, instead }
}

const ACTOR: &str = "name the thing that acts";

/// Whole words, in any case.
const BANNED: [Banned; 14] = [
    banned("nobody", &["`nobody`"], ACTOR),
    banned("somebody", &[], ACTOR),
    banned("anybody", &[], ACTOR),
    banned("whoever", &[], ACTOR),
    banned("told", &["told apart"], "say who reports what"),
    banned("tells of", &[], "write `reports`"),
    banned("bears", &[], "write `has`"),
    banned("goes for", &[], "write `applies to`"),
    banned("has no say", &[], "say which setting counts"),
    banned("is through", &[], "write `has finished`"),
    banned("takes leave", &[], "write `exits`"),
    banned("stands still", &[], "write `waits` or `is paused`"),
    banned("not yet there", &[], "write `does not exist yet`"),
    banned("of which", &["each of which", "last of which", "all of which"], "split the sentence"),
];

pub(super) fn violations(files: &[File]) -> Vec<String> {
    let mut violations = Vec::new();
    // This file names the words.
    for file in files.iter().filter(|file| !file.path.ends_with("lint/words.rs")) {
        let is_markdown = file.path.extension().is_some_and(|extension| extension == "md");
        let texts = match (is_markdown, file.is_rust()) {
            (true, _) => (1..).zip(file.text.lines().map(str::to_owned)).collect(),
            (_, true) => texts_of(&file.text),
            _ => continue,
        };
        for (line, text) in texts {
            for banned in BANNED.iter().filter(|banned| banned.is_in(&text)) {
                let (path, words, instead) = (file.path.display(), banned.words, banned.instead);
                violations.push(format!("{path}:{line}: the words `{words}`: {instead}"));
            }
        }
    }
    violations
}

impl Banned {
    fn is_in(&self, text: &str) -> bool {
        let mut text = text.to_lowercase();
        for allowed in self.allowed {
            text = text.replace(allowed, "");
        }
        let is_word = |character: char| character.is_alphanumeric() || character == '_';
        text.match_indices(self.words).any(|(at, words)| {
            let (before, after) = (text[..at].chars().next_back(), text[at + words.len()..].chars().next());
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        })
    }
}

/// The lines of comments, and the string literals, with their line numbers. Documentation comments are comments.
fn texts_of(text: &str) -> Vec<(usize, String)> {
    let mut texts = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if let Some((_, comment)) = line.split_once("//") {
            texts.push((number, comment.to_owned()));
        }
    }
    // A file that is no program is a test case of the lint.
    if let Ok(tokens) = text.parse::<TokenStream>() {
        add_literals(tokens, &mut texts);
    }
    texts
}

fn add_literals(tokens: TokenStream, texts: &mut Vec<(usize, String)>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => add_literals(group.stream(), texts),
            TokenTree::Literal(literal) => {
                let line = literal.span().start().line;
                // A single word is a value, not a sentence.
                if let Lit::Str(text) = Lit::new(literal)
                    && text.value().contains(' ')
                {
                    texts.push((line, text.value()));
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of a Rust file in which the lint finds a word.
    #[track_caller]
    fn check(text: &str, expected: &[usize]) {
        let file = File { path: "a.rs".into(), text: text.to_owned() };
        let lines = |violation: &String| violation.split(':').nth(1).and_then(|line| line.parse().ok());
        let found: Vec<usize> = violations(&[file]).iter().filter_map(lines).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn comments_and_string_literals_are_searched_for_whole_words() {
        check("// Nobody knows.\nlet a = 1; // somebody\n", &[1, 2]);
        check("let message = \"it is told\";\n", &[1]);
        check("let message = (\n    \"one,\n  nobody\");\n", &[2]);
        check("let user = \"nobody\";\n", &[]);
        check("fn nobody() {}\n/// a_nobody, nobodys\n", &[]);
    }

    #[test]
    fn clear_phrases_are_allowed() {
        check("// They cannot be told apart.\n// The user `nobody`.\n// Three, each of which is short.\n", &[]);
        check("// Each of which is told.\n", &[1]);
    }

    #[test]
    fn markdown_is_searched() {
        let file = File { path: "a.md".into(), text: "# A\n\nThis goes for all.\n".to_owned() };
        assert_eq!(violations(&[file]), ["a.md:3: the words `goes for`: write `applies to`"]);
    }
}
