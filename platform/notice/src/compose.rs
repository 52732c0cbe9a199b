//! A notice in words.

use hosting::notice::Notice;
use kernel::Sealed;

use crate::letter::Letter;
use crate::{Links, words};

/// The name that the words of notices hold where nobody else serves the person.
pub const HOUSE: &str = "Hosterra";

/// The letter of a notice in the name of `sender`, by which whoever serves the person calls itself; none where the person
/// was erased meanwhile.
pub fn compose(notice: &Notice, links: &Links, sender: &str) -> Option<Letter> {
    let to = notice.address.plain()?.clone();
    let plain = |text: &Option<Sealed<String>>| {
        text.as_ref().map_or(Some(String::new()), |text| text.plain().cloned())
    };
    let (login, detail) = (plain(&notice.login)?, plain(&notice.detail)?);
    // What people type is filled in last: it may hold the name as well.
    let signed = |text: &str| text.replace(HOUSE, sender);
    let fill = |text: &str| {
        signed(text).replace("{login}", &one_line(&login)).replace("{detail}", &one_line(&detail))
    };
    let words = words::of(notice.kind, notice.language);
    let mut paragraphs: Vec<String> = words.text.iter().map(|text| fill(text)).collect();
    paragraphs.push(signed(words::closing(notice.language)));
    let action = words.action.zip(links.url(notice)).map(|(name, url)| (name.to_owned(), url));
    Some(Letter { to, subject: fill(words.subject), paragraphs, action, language: notice.language })
}

/// What people type must not look like words of ours, nor break a line.
fn one_line(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(200).collect()
}
