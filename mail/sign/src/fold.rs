//! Long values on lines of a header.

/// Characters of a line before it is folded (RFC 5322 section 2.1.1 recommends 78 at most).
const LINE_CHARACTER_COUNT: usize = 74;

/// Appends base64 in lines, each begun by a fold.
pub(crate) fn base64(text: &str, out: &mut String) {
    for (index, character) in text.chars().enumerate() {
        if index % LINE_CHARACTER_COUNT == 0 {
            out.push_str("\r\n\t");
        }
        out.push(character);
    }
}

/// Appends words with `separator` between them, with folds where a line would be too long.
pub(crate) fn words<'a>(words: impl IntoIterator<Item = &'a str>, separator: char, out: &mut String) {
    let mut column = out.len() - out.rfind('\n').map_or(0, |end| end + 1);
    for (index, word) in words.into_iter().enumerate() {
        if index > 0 {
            out.push(separator);
            column += 1;
        }
        if column + word.len() > LINE_CHARACTER_COUNT {
            out.push_str("\r\n\t");
            column = 1;
        }
        out.push_str(word);
        column += word.len();
    }
}
