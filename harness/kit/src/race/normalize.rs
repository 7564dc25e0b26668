//! Normalizes errors that differ only in numbers to one text, so that they can be counted together.

/// The text on one line, each number and each long hexadecimal word as `#`.
pub(crate) fn normalize(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let line = match lines[..] {
        // A drawing, followed by a sentence that describes the fault.
        [_, _, _, .., last] => last.to_owned(),
        _ => lines.join(" / "),
    };
    let mut normal = String::with_capacity(line.len());
    let mut word = String::new();
    for letter in line.chars() {
        // A uuid is one word with its dashes; elsewhere a dash between numbers makes no difference.
        if letter.is_ascii_alphanumeric() || (letter == '-' && is_hexadecimal(&word)) {
            word.push(letter);
        } else {
            push(&mut normal, &word);
            word.clear();
            normal.push(letter);
        }
    }
    push(&mut normal, &word);
    normal
}

fn push(normal: &mut String, word: &str) {
    if is_hexadecimal(word) {
        normal.push('#');
        return;
    }
    for letter in word.chars() {
        let is_number = letter.is_ascii_digit();
        if !(is_number && normal.ends_with('#')) {
            normal.push(if is_number { '#' } else { letter });
        }
    }
}

/// Long enough to be no word of a language, and with a digit in it.
fn is_hexadecimal(word: &str) -> bool {
    word.len() >= 8
        && word.chars().all(|letter| letter.is_ascii_hexdigit() || letter == '-')
        && word.chars().any(|letter| letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(normalize(text), expected);
    }

    #[test]
    fn numbers_are_replaced() {
        check("Duplicate key \"session_id: s1\"", "Duplicate key \"session_id: s#\"");
        check("Key (application_name, notification_id)=(a, 17)", "Key (application_name, notification_id)=(a, #)");
        check("scene 12 of 3.50", "scene # of #.#");
    }

    #[test]
    fn uuid_is_replaced_as_one_number() {
        check("run 0b8f2c9e-1d3a-4c7e-9f00-2a1b3c4d5e6f failed", "run # failed");
        check("deadbeef is a word, deadbee5 is none", "deadbeef is a word, # is none");
    }

    #[test]
    fn lines_are_joined() {
        check(
            "db error: ERROR: duplicate key\n  DETAIL: Key (id)=(4)\n",
            "db error: ERROR: duplicate key / DETAIL: Key (id)=(#)",
        );
    }
}
