//! A notice in words.

use hosting::notice::Notice;
use kernel::Sealed;

use crate::letter::Letter;
use crate::{Links, words};

/// The letter of a notice; none where the person was erased meanwhile.
pub fn compose(notice: &Notice, links: &Links) -> Option<Letter> {
    let to = notice.address.plain()?.clone();
    let plain = |text: &Option<Sealed<String>>| {
        text.as_ref().map_or(Some(String::new()), |text| text.plain().cloned())
    };
    let (login, detail) = (plain(&notice.login)?, plain(&notice.detail)?);
    let fill =
        |text: &str| text.replace("{login}", &one_line(&login)).replace("{detail}", &one_line(&detail));
    let words = words::of(notice.kind, notice.language);
    let mut paragraphs: Vec<String> = words.text.iter().map(|text| fill(text)).collect();
    paragraphs.push(words::closing(notice.language).to_owned());
    let action = words.action.zip(links.url(notice)).map(|(name, url)| (name.to_owned(), url));
    Some(Letter { to, subject: fill(words.subject), paragraphs, action, language: notice.language })
}

/// What people type must not look like words of ours, nor break a line.
fn one_line(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(200).collect()
}
