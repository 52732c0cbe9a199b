//! What there is to look at in the public demo, the same each time.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use hosting::alias::AliasSettingsPatch;
use hosting::book::BookCommand;
use hosting::domain::DomainRef;
use hosting::filter::{FilterPatch, MailboxFilter};
use hosting::mailbox::MailboxSettingsPatch;
use hosting::share::{SharePatch, ShareRole};
use hosting::use_case::{
    ChangeMailboxSettings, CreateAlias, CreateMailboxes, CreateTemporaryAlias, EditBook, EditShares,
};
use jiff::tz::TimeZone;
use journal::{Clock as _, SystemClock};
use kernel::{
    AliasId, Cursor, DomainId, EmailAddress, FilterId, Id as _, LocalPart, ServiceId, ShareId, Timestamp,
};
use store::{Acceptance, Deposit, Destination, Flags, Owner, Queueing, SpecialUse, Store as _, SystemFlag};

use super::{DOMAIN, Generation, LOCAL_PARTS, QUOTA, mailbox};
use crate::command::provision::{asked, must};
use crate::platform::Platform;

/// The mailbox in which both others work.
pub const SHARED: &str = "team";
/// How long the temporary alias lives: longer than any demo.
const TEMPORARY: Duration = Duration::from_secs(7 * 86_400);
/// The filter of the first mailbox.
const SCRIPT: &str = "require [\"fileinto\", \"mailbox\"];\r\n\r\n\
     # Newsletters by themselves / Les lettres d'information à part\r\n\
     if exists \"List-Id\" {\r\n    fileinto :create \"Newsletters\";\r\n}\r\n";

/// A message.
struct Sample {
    /// Whose mailbox it is in.
    mailbox: &'static str,
    folder: Folder,
    is_read: bool,
    hours_ago: u32,
    from: &'static str,
    to: &'static str,
    subject: &'static str,
    text: &'static str,
}

/// Where it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Folder {
    Inbox,
    Sent,
    Junk,
}

const ALICE: &str = "Alice <alice@demo.example>";
const BOB: &str = "Bob <bob@demo.example>";

const SAMPLES: [Sample; 9] = [
    Sample {
        mailbox: "alice",
        folder: Folder::Inbox,
        is_read: true,
        hours_ago: 70,
        from: "Claire Martin <claire@client.example>",
        to: ALICE,
        subject: "Devis pour le salon de printemps",
        text: "Bonjour Alice,\n\nMerci pour votre devis. Il nous convient ; pouvons-nous en parler jeudi à 10 h ?\n\n\
               Bien à vous,\nClaire Martin\n",
    },
    Sample {
        mailbox: "alice",
        folder: Folder::Sent,
        is_read: true,
        hours_ago: 69,
        from: ALICE,
        to: "Claire Martin <claire@client.example>",
        subject: "Re: Devis pour le salon de printemps",
        text: "Bonjour Claire,\n\nJeudi à 10 h, c'est noté.\n\nAlice\n",
    },
    Sample {
        mailbox: "alice",
        folder: Folder::Inbox,
        is_read: true,
        hours_ago: 46,
        from: "The Hiking Club <news@hikers.example>",
        to: ALICE,
        subject: "Sunday: twelve miles along the river",
        text: "Hello,\n\nWe meet at nine at the old bridge. Bring water, and a hat.\n\nThe Hiking Club\n",
    },
    Sample {
        mailbox: "alice",
        folder: Folder::Inbox,
        is_read: false,
        hours_ago: 20,
        from: BOB,
        to: ALICE,
        subject: "Figures for Monday",
        text: "Hi Alice,\n\nThe figures are in the team mailbox. Could you look at page two?\n\nBob\n",
    },
    Sample {
        mailbox: "alice",
        folder: Folder::Inbox,
        is_read: false,
        hours_ago: 3,
        from: "Bibliothèque municipale <pret@bibliotheque.example>",
        to: ALICE,
        subject: "Votre réservation est arrivée",
        text: "Bonjour,\n\nLe livre que vous avez réservé vous attend au comptoir jusqu'à samedi.\n",
    },
    Sample {
        mailbox: "alice",
        folder: Folder::Junk,
        is_read: false,
        hours_ago: 11,
        from: "Lucky Prize <winner@prizes.example>",
        to: ALICE,
        subject: "You are the winner!!!",
        text: "Send us your bank details to receive your prize.\n",
    },
    Sample {
        mailbox: "bob",
        folder: Folder::Sent,
        is_read: true,
        hours_ago: 20,
        from: BOB,
        to: ALICE,
        subject: "Figures for Monday",
        text: "Hi Alice,\n\nThe figures are in the team mailbox. Could you look at page two?\n\nBob\n",
    },
    Sample {
        mailbox: "bob",
        folder: Folder::Inbox,
        is_read: false,
        hours_ago: 5,
        from: "Camille Petit <camille@fournisseur.example>",
        to: BOB,
        subject: "Livraison du 12",
        text: "Bonjour,\n\nLa livraison du 12 arrivera le matin, entre 8 h et 10 h.\n\nCamille Petit\n",
    },
    Sample {
        mailbox: SHARED,
        folder: Folder::Inbox,
        is_read: false,
        hours_ago: 21,
        from: BOB,
        to: "Team <team@demo.example>",
        subject: "Figures, first draft",
        text: "Revenue is up by four per cent; costs are as they were. Please check.\n",
    },
];

/// Fills a demo: mailboxes, aliases, a filter, spam lists, messages.
///
/// # Errors
/// The machine failed.
pub async fn fill(platform: &Platform, generation: Generation) -> anyhow::Result<Cursor> {
    share(platform, generation).await?;
    aliases(platform, generation).await?;
    let cursor = settings(platform, generation).await?;
    let now = SystemClock.now();
    for (number, sample) in (1_u32..).zip(&SAMPLES) {
        deposit(platform, generation, (number, sample), now).await?;
    }
    Ok(cursor)
}

/// The mailbox of both.
async fn share(platform: &Platform, generation: Generation) -> anyhow::Result<()> {
    let (account, service) = (generation.account(), generation.id::<ServiceId>("service"));
    let domain = DomainRef::Own(generation.id::<DomainId>("domain"));
    let mailboxes = vec![mailbox(generation, SHARED, None)?];
    must(&platform.engine, asked::SERVE, &CreateMailboxes { account, service, domain, mailboxes }).await?;
    for local in LOCAL_PARTS {
        let roles = BTreeSet::from([ShareRole::Read, ShareRole::Write, ShareRole::SendAs]);
        let patch = SharePatch { member: Some(generation.mailbox(local).to_string()), roles: Some(roles) };
        let entry: ShareId = generation.id(&format!("share/{local}"));
        let command = BookCommand::Add { entry, patch: Box::new(patch) };
        must(
            &platform.engine,
            asked::SERVE,
            &EditShares { account, mailbox: generation.mailbox(SHARED), command },
        )
        .await?;
    }
    Ok(())
}

async fn aliases(platform: &Platform, generation: Generation) -> anyhow::Result<()> {
    let (account, service) = (generation.account(), generation.id::<ServiceId>("service"));
    let domain = DomainRef::Own(generation.id::<DomainId>("domain"));
    for (local, targets) in [("info", &LOCAL_PARTS[..1]), ("contact", &LOCAL_PARTS[..])] {
        let targets = targets.iter().map(|target| EmailAddress::parse(&format!("{target}@{DOMAIN}")));
        let create = CreateAlias {
            account,
            service,
            domain,
            alias: generation.id::<AliasId>(&format!("alias/{local}")),
            local: Some(LocalPart::parse(local)?),
            targets: targets.collect::<Result<_, _>>()?,
            is_under_catch_all: false,
            settings: AliasSettingsPatch::default(),
        };
        must(&platform.engine, asked::SERVE, &create).await?;
    }
    let temporary = CreateTemporaryAlias {
        account,
        service,
        domain,
        mailbox: generation.mailbox(LOCAL_PARTS[0]),
        alias: generation.id::<AliasId>("alias/temporary"),
        local: LocalPart::parse("shop-4711")?,
        expires_at: SystemClock.now().plus(TEMPORARY),
        by_owner: false,
        lets_targets_send: true,
        description: "Shop".to_owned(),
    };
    must(&platform.engine, asked::SERVE, &temporary).await.map(drop)
}

async fn settings(platform: &Platform, generation: Generation) -> anyhow::Result<Cursor> {
    let (account, first) = (generation.account(), generation.mailbox(LOCAL_PARTS[0]));
    let patch = FilterPatch {
        name: Some("Newsletters".to_owned()),
        script: Some(SCRIPT.to_owned()),
        is_active: Some(true),
        ..FilterPatch::default()
    };
    let entry: FilterId = generation.id("filter");
    let command = BookCommand::Add { entry, patch: Box::new(patch) };
    must(
        &platform.engine,
        asked::SERVE,
        &EditBook::<MailboxFilter> { account, owner: first, command, by_owner: false, service: None },
    )
    .await?;
    let senders = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect());
    let patch = MailboxSettingsPatch {
        junk_score_centi: Some(600),
        allowed_senders: senders(&["claire@client.example", "*@bibliotheque.example"]),
        denied_senders: senders(&["*@prizes.example"]),
        ..MailboxSettingsPatch::default()
    };
    let change = ChangeMailboxSettings {
        account,
        mailbox: first,
        patch,
        sender_domains: vec![],
        revision: None,
        by_owner: false,
        service: None,
    };
    must(&platform.engine, asked::SERVE, &change).await
}

async fn deposit(
    platform: &Platform,
    generation: Generation,
    (number, sample): (u32, &Sample),
    now: Timestamp,
) -> anyhow::Result<()> {
    let tenant = generation.account().tenant();
    let at = Timestamp::from_millis(now.millis() - i64::from(sample.hours_ago) * 3_600_000);
    let flags = if sample.is_read { Flags::NONE.with(SystemFlag::Seen) } else { Flags::NONE };
    let deposit = Deposit {
        owner: Owner { tenant, mailbox: generation.mailbox(sample.mailbox) },
        destination: match sample.folder {
            Folder::Inbox => Destination::Inbox,
            Folder::Sent => Destination::Special(SpecialUse::Sent),
            Folder::Junk => Destination::Special(SpecialUse::Junk),
        },
        flags,
        internal_date: Some(at),
        quota: QUOTA.into(),
        prefix: Bytes::new(),
    };
    let id = format!("{number}.{}@{DOMAIN}", generation.account().uuid().simple());
    let accepted = platform.store.accept(Acceptance {
        message: Bytes::from(mail(sample, &id, at)),
        deposits: vec![deposit],
        queued: Vec::new(),
        sender: None,
        tenant,
        dsn: (None, None),
        queueing: Queueing::default(),
    });
    match accepted.await?.deposits.pop() {
        Some(Ok(_)) => Ok(()),
        Some(Err(refusal)) => Err(refusal.into()),
        None => anyhow::bail!("the message went nowhere"),
    }
}

/// As it is sent (RFC 5322); what is not ASCII is an encoded word (RFC 2047).
fn mail(sample: &Sample, id: &str, at: Timestamp) -> String {
    let moment = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or_default();
    let date = jiff::fmt::rfc2822::to_string(&moment.to_zoned(TimeZone::UTC)).unwrap_or_default();
    let text = sample.text.replace('\n', "\r\n");
    format!(
        "From: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {date}\r\nMessage-ID: <{id}>\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}",
        name_encoded(sample.from),
        name_encoded(sample.to),
        encoded(sample.subject),
    )
}

fn name_encoded(author: &str) -> String {
    match author.split_once(" <") {
        // A line with an encoded word has 76 characters at most (RFC 2047 section 2).
        Some((name, address)) => format!("{}\r\n <{address}", encoded(name)),
        None => author.to_owned(),
    }
}

fn encoded(text: &str) -> String {
    use base64::Engine as _;
    if text.is_ascii() {
        return text.to_owned();
    }
    format!("=?utf-8?B?{}?=", base64::engine::general_purpose::STANDARD.encode(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_has_a_head_that_everybody_reads() {
        for sample in &SAMPLES {
            let text = mail(sample, "1@demo.example", Timestamp::from_secs(0));
            let (head, _) = text.split_once("\r\n\r\n").expect("a head");
            assert!(head.is_ascii() && head.lines().all(|line| line.len() <= 76), "{head}");
            assert!(head.contains("Date: Thu, 1 Jan 1970"), "{head}");
        }
    }
}
