//! A notice in words.

use hosting::notice::{Notice, NoticeKind};
use kernel::{AccountId, EmailAddress, Sealed};

use crate::letter::Letter;
use crate::{Links, reply, words};

/// The name that the words of notices hold where nobody else serves the person.
pub const HOUSE: &str = "Hosterra";

/// What the support has answered, and where an answer to the letter goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The support's words; none where they are erased, or where it has only resolved.
    pub text: Option<String>,
    /// Where answers by mail come; none where none are taken.
    pub reply_to: Option<EmailAddress>,
}

impl Answered {
    /// The same letter with the support's words, to which people may answer.
    #[must_use]
    pub fn put_into(self, mut letter: Letter) -> Letter {
        let before_closing = letter.paragraphs.len().saturating_sub(1);
        if let Some(text) = self.text {
            letter.paragraphs.insert(before_closing, text.replace("\r\n", "\n").replace('\n', "\r\n"));
        }
        if let Some(reply_to) = self.reply_to {
            let (how, marker) = (words::answer_by_mail(letter.language), reply::marker(letter.language));
            let closing = letter.paragraphs.len().saturating_sub(1);
            letter.paragraphs.insert(closing, how.to_owned());
            letter.paragraphs.insert(0, marker.to_owned());
            letter.reply_to = Some(reply_to);
        }
        letter
    }
}

/// The letter of a notice in `account`, in the name of `sender`, by which whoever serves the person calls itself; none where the person
/// was erased meanwhile.
pub fn compose((account, notice): (AccountId, &Notice), links: &Links, sender: &str) -> Option<Letter> {
    let to = notice.address.plain()?.clone();
    let plain = |text: &Option<Sealed<String>>| {
        text.as_ref().map_or(Some(String::new()), |text| text.plain().cloned())
    };
    let (login, mut detail) = (plain(&notice.login)?, plain(&notice.detail)?);
    // Of the mailbox that it is about the owner signs in by its address.
    if notice.kind == NoticeKind::SendingHeld && detail.is_empty() {
        detail.clone_from(&login);
    }
    // What people type is filled in last: it may hold the name as well.
    let signed = |text: &str| text.replace(HOUSE, sender);
    let fill = |text: &str| {
        signed(text).replace("{login}", &one_line(&login)).replace("{detail}", &one_line(&detail))
    };
    let words = words::of(notice.kind, notice.language);
    let mut paragraphs: Vec<String> = words.text.iter().map(|text| fill(text)).collect();
    paragraphs.push(signed(words::closing(notice.language)));
    let action = words.action.zip(links.url(account, notice)).map(|(name, url)| (name.to_owned(), url));
    Some(Letter {
        to,
        reply_to: None,
        subject: fill(words.subject),
        paragraphs,
        action,
        language: notice.language,
    })
}

/// What people type must not look like words of ours, nor break a line.
fn one_line(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(200).collect()
}
