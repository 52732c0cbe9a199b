//! `/mailbox/export`: a mailbox takes its messages along, also where its service lets it do nothing else.

use std::io;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, try_unfold};
use graphql::{Closed, NoTaker, Taker};
use maud::{Markup, html};

use super::link::Guest;
use super::login::see_other;
use super::sent::Sent;
use super::{Onward, Paper, told};
use crate::Options;

/// After so long on the way it is asked again whether the session is still good.
const ASKED_EVERY: Duration = Duration::from_secs(2);
/// Seconds after which somebody may try again who found no place.
const RETRY_SECS: u64 = 60;

/// Where messages are read for those who take them along.
pub trait TakeAlong: Send + Sync {
    /// Begins to write a mailbox as a ZIP: its octets, or an error where it ends too early. Dropping it ends the reading.
    ///
    /// # Errors
    /// [`NoRoom`].
    fn begin(&self, taker: &Taker) -> Result<BoxStream<'static, io::Result<Bytes>>, NoRoom>;
}

/// Why a download does not begin now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoom {
    /// One of the same mailbox is under way.
    UnderWay,
    /// The node has no room for another.
    Busy,
}

/// `GET /mailbox/export`.
pub(crate) async fn page(State(options): State<Options>, guest: Guest) -> Response {
    let paper = guest.paper.at("/mailbox/export");
    let knock = guest.visitor.knock(guest.authorization.clone());
    guest.answer(match options.api.taker(&knock) {
        Ok(taker) => Html(sheet(paper, &taker, "").into_string()).into_response(),
        Err(no) => refused(paper, no),
    })
}

/// `POST /mailbox/export`: the ZIP.
pub(crate) async fn download(State(options): State<Options>, sent: Sent) -> Response {
    let paper = sent.paper.at("/mailbox/export");
    let held = sent.credential(&options).await;
    let knock = sent.visitor.knock(held.authorization);
    let taker = match options.api.taker(&knock) {
        Ok(taker) => taker,
        Err(no) => return refused(paper, no),
    };
    let octets = match options.mail.begin(&taker) {
        Ok(octets) => octets,
        Err(no) => return busy(paper, (&taker, no)),
    };
    options.api.note_taken(&taker, &knock);
    let name = format!("attachment; filename=\"{}\"", file_name(&taker));
    let body = Body::from_stream(while_allowed(options, taker, octets));
    let mut response = (
        [
            (header::CONTENT_TYPE, "application/zip".to_owned()),
            (header::CONTENT_DISPOSITION, name),
            (header::CACHE_CONTROL, "no-store".to_owned()),
        ],
        body,
    )
        .into_response();
    for line in held.cookies {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
    response
}

/// The same octets, as long as the session is good and the node is not about to end.
fn while_allowed(
    options: Options,
    taker: Taker,
    octets: BoxStream<'static, io::Result<Bytes>>,
) -> impl futures_util::Stream<Item = io::Result<Bytes>> + Send {
    let drain = options.drain.clone();
    let begun = (options, taker, octets, Instant::now());
    try_unfold(begun, move |(options, taker, mut octets, mut asked_at)| {
        let drain = drain.clone();
        async move {
            let next = tokio::select! {
                next = octets.next() => next,
                () = drain.cancelled() => return Err(io::Error::other("the server is about to end")),
            };
            let Some(piece) = next.transpose()? else { return Ok(None) };
            if asked_at.elapsed() >= ASKED_EVERY {
                if !options.api.is_still(&taker) {
                    return Err(io::Error::other("the session is over"));
                }
                asked_at = Instant::now();
            }
            Ok(Some((piece, (options, taker, octets, asked_at))))
        }
    })
}

/// What the file is called: the address in letters that every system takes.
fn file_name(taker: &Taker) -> String {
    let address = taker.address.to_string();
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-') { letter } else { '_' }
    };
    // A leading dot hides a file.
    format!("mail-{}.zip", address.chars().map(plain).collect::<String>())
}

fn sheet(paper: Paper, taker: &Taker, fault: &str) -> Markup {
    let title = paper.say("Download your messages", "Télécharger vos messages");
    let content = html! {
        div.sheet {
            h1 { (title) }
            @if let Some(closed) = &taker.closed { p.told role="status" { (state(paper, closed)) } }
            @if !fault.is_empty() { p.told.bad role="alert" { (fault) } }
            p.lead { strong { (taker.address.to_string()) } }
            div.panel {
                p { (paper.say(
                    "All messages of all your folders, as one ZIP file with an mbox file for each folder: Thunderbird, Apple Mail \
                     and most other programs can import it. What arrives meanwhile is left out. Your filters, calendars and \
                     contacts are not in it.",
                    "Tous les messages de tous vos dossiers, dans un fichier ZIP contenant un fichier mbox par dossier : Thunderbird, \
                     Apple Mail et la plupart des logiciels savent l’importer. Ce qui arrive entre-temps n’y est pas, ni vos filtres, \
                     agendas et contacts.",
                )) }
                p { (paper.say(
                    "It can be large. If the download breaks off, the file is incomplete: start again.",
                    "Il peut être volumineux. Si le téléchargement s’interrompt, le fichier est incomplet : recommencez.",
                )) }
                form method="post" action="/mailbox/export" {
                    button.press type="submit" { (paper.say("Download", "Télécharger")) }
                }
            }
            @if taker.closed.is_some() {
                form method="post" action="/logout" {
                    button.press.quiet type="submit" { (paper.say("Sign out", "Se déconnecter")) }
                }
            } @else {
                p.demo { a href="/dashboard" { (paper.say("Back to the mailbox", "Retour à la boîte")) } }
            }
        }
    };
    paper.page(title, &content)
}

/// What is closed and what is left, in words.
fn state(paper: Paper, closed: &Closed) -> String {
    match closed {
        Closed::Suspended => paper
            .say(
                "The service of this mailbox is suspended because an amount is unpaid. Mail still arrives, and nothing is deleted; \
                 reading, sending and changing wait until whoever rents it has paid. You can download your messages.",
                "Le service de cette boîte est suspendu pour impayé. Le courrier arrive toujours et rien n’est supprimé ; la lecture, \
                 l’envoi et les réglages reprendront après le paiement par le titulaire. Vous pouvez télécharger vos messages.",
            )
            .to_owned(),
        Closed::Ended(until) => {
            let lead = paper.say(
                "The service of this mailbox has ended: no mail arrives any more. You can download your messages until they are \
                 destroyed",
                "Le service de cette boîte est résilié : plus aucun courrier n’arrive. Vous pouvez télécharger vos messages jusqu’à \
                 leur destruction",
            );
            match until {
                Some(day) => format!("{lead}{}{day}.", paper.say(", on ", ", le ")),
                None => format!("{lead}."),
            }
        }
    }
}

fn refused(paper: Paper, no: NoTaker) -> Response {
    let title = paper.say("Nothing to download here", "Rien à télécharger ici");
    match no {
        NoTaker::Unauthenticated => see_other("/login?next=/mailbox/export", Vec::new()),
        NoTaker::Demanded => see_other("/dashboard", Vec::new()),
        NoTaker::NotOwn => {
            let words = paper.say(
                "Messages are downloaded by the mailbox itself: sign in with its address. Nobody else reaches them, whatever they \
                 may administer.",
                "Les messages se téléchargent par la boîte elle-même : connectez-vous avec son adresse. Personne d’autre n’y a \
                 accès, quels que soient ses droits d’administration.",
            );
            let on =
                Onward { to: "/dashboard", name: paper.say("To the dashboard", "Vers le tableau de bord") };
            told(paper, StatusCode::FORBIDDEN, (title, words), on)
        }
    }
}

fn busy(paper: Paper, (taker, no): (&Taker, NoRoom)) -> Response {
    let (status, words) = match no {
        NoRoom::UnderWay => (
            StatusCode::CONFLICT,
            paper.say(
                "The messages of this mailbox are being downloaded already. One download at a time: wait for it, or stop it.",
                "Les messages de cette boîte sont déjà en cours de téléchargement. Un seul à la fois : attendez sa fin, ou \
                 interrompez-le.",
            ),
        ),
        NoRoom::Busy => (
            StatusCode::SERVICE_UNAVAILABLE,
            paper.say(
                "Too many mailboxes are being downloaded at this moment. Try again in a few minutes.",
                "Trop de boîtes sont téléchargées en ce moment. Réessayez dans quelques minutes.",
            ),
        ),
    };
    let retry = [(header::RETRY_AFTER, RETRY_SECS.to_string())];
    (status, retry, Html(sheet(paper, taker, words).into_string())).into_response()
}
