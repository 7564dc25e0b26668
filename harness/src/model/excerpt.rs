//! Text of any length in bounded memory: its beginning, its end, and the size of the part between them.

/// How much of the output of one attempt is kept: half of it from the beginning, half from the end.
pub(crate) const LIMIT: usize = 1024 * 1024;

/// The beginning and the end of a text that arrives in pieces.
#[derive(Debug)]
pub(crate) struct Excerpt {
    /// The size of each half.
    half: usize,
    head: Vec<u8>,
    /// A ring once it is full: new bytes overwrite the oldest.
    tail: Vec<u8>,
    oldest: usize,
    left_out: u64,
}

impl Default for Excerpt {
    fn default() -> Self {
        Self::of(LIMIT)
    }
}

impl Excerpt {
    /// Keeps at most `limit` bytes. Allocates nothing before the first piece.
    pub(crate) const fn of(limit: usize) -> Self {
        Self { half: limit / 2, head: Vec::new(), tail: Vec::new(), oldest: 0, left_out: 0 }
    }

    /// Adds the next piece.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let (first, rest) = bytes.split_at(bytes.len().min(self.half - self.head.len()));
        self.head.extend_from_slice(first);
        if rest.is_empty() {
            return;
        }
        let last = &rest[rest.len().saturating_sub(self.half)..];
        let (filling, over) = last.split_at(last.len().min(self.half - self.tail.len()));
        self.tail.extend_from_slice(filling);
        let (to_the_end, from_the_start) = over.split_at(over.len().min(self.half - self.oldest));
        self.tail[self.oldest..][..to_the_end.len()].copy_from_slice(to_the_end);
        self.tail[..from_the_start.len()].copy_from_slice(from_the_start);
        self.oldest = (self.oldest + over.len()) % self.half;
        self.left_out += (rest.len() - last.len() + over.len()) as u64;
    }

    /// The text, and how many bytes are missing before its second piece. Allocates nothing.
    #[cfg_attr(not(unix), allow(dead_code, reason = "for the handlers of signals"))]
    pub(crate) fn pieces(&self) -> ([&[u8]; 3], u64) {
        let (newer, older) = self.tail.split_at(self.oldest);
        ([&self.head, older, newer], self.left_out)
    }

    /// Returns the text and starts again. A line in it says how many bytes were left out there.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        let Self { mut head, mut tail, oldest, left_out, .. } = std::mem::replace(self, Self::of(2 * self.half));
        tail.rotate_left(oldest);
        if left_out > 0 {
            // Characters are not split, so valid text remains valid.
            let (open, orphans) = (unfinished(&head), orphans(&tail));
            head.truncate(head.len() - open);
            tail.drain(..orphans);
            let left_out = left_out + (open + orphans) as u64;
            let line_end = if head.is_empty() || head.ends_with(b"\n") { "" } else { "\n" };
            let note = format!("{line_end}[swimlanes: {} of output left out here]\n", size(left_out));
            head.extend_from_slice(note.as_bytes());
        }
        head.append(&mut tail);
        head
    }
}

/// How many bytes at the end are an incomplete UTF-8 character.
fn unfinished(bytes: &[u8]) -> usize {
    let is_start = |&byte: &u8| !is_continuation(byte);
    let Some(n) = bytes.iter().rev().take(3).position(is_start).map(|ix| ix + 1) else { return 0 };
    let length = match bytes[bytes.len() - n] {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => 1,
    };
    if length > n { n } else { 0 }
}

/// How many bytes at the start belong to a character that began earlier. Four in a row are not UTF-8.
fn orphans(bytes: &[u8]) -> usize {
    let n = bytes.iter().take_while(|&&byte| is_continuation(byte)).take(4).count();
    if n < 4 { n } else { 0 }
}

fn is_continuation(byte: u8) -> bool {
    (0x80..0xC0).contains(&byte)
}

/// "1 byte", "48.0 MiB"
fn size(bytes: u64) -> String {
    const UNITS: [(&str, u32); 3] = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    match UNITS.iter().find(|(_, bits)| bytes >> bits > 0) {
        Some((unit, bits)) => format!("{:.1} {unit}", bytes as f64 / (1_u64 << bits) as f64),
        None if bytes == 1 => "1 byte".to_owned(),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Keeps eight bytes. `
    /// ` separates two writes, `~` is the note, and `left_out` is the size in it.
    #[track_caller]
    fn check(written: &str, expected: &str, left_out: &str) {
        let mut excerpt = Excerpt::of(8);
        written.split('|').for_each(|piece| excerpt.push(piece.as_bytes()));
        let expected = expected.replace('~', &format!("[swimlanes: {left_out} of output left out here]"));
        assert_eq!(String::from_utf8(excerpt.take()).as_deref(), Ok(&*expected));
        assert_eq!(excerpt.take(), b"");
    }

    #[test]
    fn short_output_is_not_cut() {
        check("", "", "");
        check("abc", "abc", "");
        check("abcd", "abcd", "");
        check("abc|def", "abcdef", "");
        check("a|b|c|d|e|f|g", "abcdefg", "");
    }

    #[test]
    fn output_of_exactly_the_limit_is_not_cut() {
        check("abcdefgh", "abcdefgh", "");
        check("abcd|efgh", "abcdefgh", "");
        check("a|b|c|d|e|f|g|h", "abcdefgh", "");
    }

    #[test]
    fn one_byte_above_the_limit_is_cut() {
        check("abcdefghi", "abcd\n~\nfghi", "1 byte");
        check("abcdefgh|i", "abcd\n~\nfghi", "1 byte");
    }

    #[test]
    fn many_small_writes_keep_both_ends() {
        check("a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s", "abcd\n~\npqrs", "11 bytes");
        check("abc|def|ghi|jkl|mno|pqr", "abcd\n~\nopqr", "10 bytes");
    }

    #[test]
    fn one_huge_write_keeps_both_ends() {
        check(&format!("abcd{}wxyz", "-".repeat(3 << 20)), "abcd\n~\nwxyz", "3.0 MiB");
        check(&format!("ab|{}|yz", "-".repeat(1 << 20)), "ab--\n~\n--yz", "1024.0 KiB");
    }

    #[test]
    fn note_is_on_its_own_line() {
        check("abc\ndefgh", "abc\n~\nefgh", "1 byte");
        check("abcdefgh\n\nij", "abcd\n~\n\n\nij", "4 bytes");
    }

    #[test]
    fn utf_8_characters_are_not_split() {
        check("abc\u{e9}--wxyz", "abc\n~\nwxyz", "4 bytes");
        check("ab\u{20ac}--wxyz", "ab\n~\nwxyz", "5 bytes");
        check("a\u{1f980}--wxyz", "a\n~\nwxyz", "6 bytes");
        check("\u{1f980}--wxyz", "\u{1f980}\n~\nwxyz", "2 bytes");
        check("abcd--\u{1f980}z", "abcd\n~\nz", "6 bytes");
        check("abcd--\u{e9}xyz", "abcd\n~\nxyz", "4 bytes");
        check("abcd\u{e9}\u{e9}x\u{e9}\u{e9}", "abcd\n~\n\u{e9}\u{e9}", "5 bytes");
    }

    #[test]
    fn invalid_utf_8_is_kept_as_bytes() {
        let mut excerpt = Excerpt::of(8);
        excerpt.push(&[0x80; 20]);
        let note = b"\n[swimlanes: 12 bytes of output left out here]\n";
        assert_eq!(excerpt.take(), [&[0x80; 4][..], note, &[0x80; 4]].concat());
    }

    proptest! {
        #[test]
        fn size_of_writes_does_not_change_the_excerpt(pieces in prop::collection::vec("[a-z]{0,30}", 0..12)) {
            let whole = pieces.concat();
            let mut excerpt = Excerpt::of(16);
            pieces.iter().for_each(|piece| excerpt.push(piece.as_bytes()));
            let mut at_once = Excerpt::of(16);
            at_once.push(whole.as_bytes());
            let text = excerpt.take();
            prop_assert_eq!(&text, &at_once.take());
            if whole.len() <= 16 {
                prop_assert_eq!(text, whole.as_bytes());
            } else {
                prop_assert!(text.starts_with(&whole.as_bytes()[..8]));
                prop_assert!(text.ends_with(&whole.as_bytes()[whole.len() - 8..]));
            }
        }

        #[test]
        fn memory_is_bounded(sizes in prop::collection::vec(0_usize..5_000, 0..40)) {
            let mut excerpt = Excerpt::of(2_048);
            for size in sizes {
                excerpt.push(&vec![b'-'; size]);
                prop_assert!(excerpt.head.len() <= 1_024 && excerpt.tail.len() <= 1_024);
                prop_assert!(excerpt.head.capacity() + excerpt.tail.capacity() <= 4_096);
            }
        }
    }
}
