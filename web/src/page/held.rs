//! `/held`: what a mailbox sends and is held, and what is to become of it, by the link that an administrator was sent.
//!
//! Looking changes nothing: programs that look at mail open links by themselves.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::link::{Guest, Token, action, dead};
use super::login::refused;
use super::sent::Sent;
use super::{Onward, Paper, failed, figure, not_understood, told};
use crate::Options;

/// What is said of a link that is not good, and what to do.
const HELD: (&str, &str) = (
    "It was used already, its three days are over, or the mailbox is not yours to look after any more. What is held stands \
     below “Held mail” of the mail administration.",
    "Il a déjà servi, ses trois jours sont passés, ou la boîte ne vous est plus confiée. Ce qui est retenu se trouve sous \
     « Courrier retenu » dans l’administration du courrier.",
);

/// `GET /held`.
pub(crate) async fn page(
    State(options): State<Options>,
    Query(asked): Query<Token>,
    guest: Guest,
) -> Response {
    let paper = guest.paper.at("/held");
    let Some(token) = asked.token() else { return guest.answer(dead(paper, HELD)) };
    let asked = guest.visitor.ask(&options, guest.authorization.clone(), look(token)).await;
    guest.answer(shown(paper, token, (&asked.unwrap_or_default(), sheet)))
}

/// What asks the API for what is held.
fn look(token: &str) -> (&'static str, Value) {
    let query = "query($token: String!) { heldMail(token: $token) { address hold { reason since } recipients { \
                 address queuedAt } recipientCount messageCount } }";
    (query, json!({ "token": token }))
}

/// Draws what is held behind a link: to choose, or to be sure.
type Sheet = fn(Paper, &str, &Value) -> Markup;

/// The page about what is held, as `draw` draws it; why there is none where the API has not answered with it.
fn shown(paper: Paper, token: &str, (answer, draw): (&Value, Sheet)) -> Response {
    let held = &answer["data"]["heldMail"];
    if !held.is_null() {
        return Html(draw(paper, token, held).into_string()).into_response();
    }
    match answer["errors"][0]["extensions"]["code"].as_str() {
        Some("NOT_FOUND") => dead(paper, HELD),
        Some("UNAUTHENTICATED") => sign_in(paper, token),
        _ => failed(paper, &refused(answer, "heldMail")),
    }
}

fn sheet(paper: Paper, token: &str, held: &Value) -> Markup {
    let title = paper.say("Held mail", "Courrier retenu");
    let address = held["address"].as_str().unwrap_or("?");
    let recipients = held["recipients"].as_array().map(Vec::as_slice).unwrap_or_default();
    let count = held["recipientCount"].as_u64().unwrap_or_default();
    let content = html! {
        div.sheet {
            h1 { (title) }
            p.lead {
                (paper.say("What ", "Ce que "))
                strong { (address) }
                (paper.say(" sends to other hosts is held: ", " envoie vers l’extérieur est retenu : "))
                (why(paper, held["hold"]["reason"].as_str().unwrap_or_default()))
            }
            div.panel {
                p { strong { (amount(paper, held)) } }
                @if !recipients.is_empty() {
                    p { (paper.say("They are for:", "Ils sont pour :")) }
                    ul.rights {
                        @for recipient in recipients {
                            li { (recipient["address"].as_str().unwrap_or("?")) }
                        }
                    }
                    @if let Some(more) = more(paper, count.saturating_sub(recipients.len() as u64)) {
                        p { (more) }
                    }
                }
                p { (paper.say(
                    "If the owner did not send this, choose another password for the mailbox first.",
                    "Si ce n’est pas son titulaire, choisissez d’abord un autre mot de passe pour la boîte.",
                )) }
                form method="post" action=(action("/held", token)) {
                    input type="hidden" name="token" value=(token);
                    button.press type="submit" name="outcome" value="release" { (paper.say("Release: send it", "Libérer : envoyer")) }
                    button.press.quiet type="submit" name="outcome" value="purge" { (paper.say("Destroy it…", "Détruire…")) }
                }
            }
        }
    };
    paper.page(title, &content)
}

/// What asks once more before what is held is destroyed.
fn sure(paper: Paper, token: &str, held: &Value) -> Markup {
    let title = paper.say("Destroy what is held?", "Détruire ce qui est retenu ?");
    let content = html! {
        div.sheet {
            h1 { (title) }
            p.lead {
                strong { (held["address"].as_str().unwrap_or("?")) }
                (paper.say(": ", " : "))
                (amount(paper, held))
            }
            div.panel {
                p { (paper.say(
                    "Destroyed is what was sent since the mailbox wrote otherwise than usual; what waited before leaves. This \
                     cannot be undone. Nobody gets what is destroyed, and nobody is told: neither who wrote it nor whom it is for.",
                    "Est détruit ce qui a été envoyé depuis que la boîte écrit autrement que d’habitude ; ce qui attendait avant \
                     part. C’est irréversible. Personne ne reçoit ce qui est détruit et personne n’est prévenu, ni son auteur ni \
                     ses destinataires.",
                )) }
                form method="post" action=(action("/held", token)) {
                    input type="hidden" name="token" value=(token);
                    input type="hidden" name="sure" value="yes";
                    button.press type="submit" name="outcome" value="purge" { (paper.say("Destroy it for good", "Détruire définitivement")) }
                }
                p.demo { a href=(action("/held", token)) { (paper.say("Back, without destroying anything", "Revenir sans rien détruire")) } }
            }
        }
    };
    paper.page(title, &content)
}

/// How many messages wait, to how many recipients, and since when.
fn amount(paper: Paper, held: &Value) -> String {
    let number = |name: &str| held[name].as_u64().unwrap_or_default();
    let (messages, recipients) = (number("messageCount"), number("recipientCount"));
    if messages == 0 || recipients == 0 {
        return paper
            .say("No message waits at this moment.", "Aucun message n’attend en ce moment.")
            .to_owned();
    }
    let oldest = held["recipients"][0]["queuedAt"].as_str();
    let since = oldest.and_then(|moment| figure::moment(paper, moment)).map(|moment| {
        let lead = match messages {
            1 => paper.say(" since ", " depuis le "),
            _ => paper.say(", the oldest since ", ", le plus ancien depuis le "),
        };
        format!("{lead}{moment}")
    });
    let (message, wait) = match messages {
        1 => (paper.say("message", "message"), paper.say("waits", "attend")),
        _ => (paper.say("messages", "messages"), paper.say("wait", "attendent")),
    };
    let recipient = match recipients {
        1 => paper.say("recipient", "destinataire"),
        _ => paper.say("recipients", "destinataires"),
    };
    let (messages, recipients) = (figure::count(paper, messages), figure::count(paper, recipients));
    let to = paper.say("to", "à");
    format!("{messages} {message} {to} {recipients} {recipient} {wait}{}.", since.unwrap_or_default())
}

/// How many recipients are not shown; none where all are.
fn more(paper: Paper, count: u64) -> Option<String> {
    match count {
        0 => None,
        1 => Some(paper.say("And one more.", "Et un autre.").to_owned()),
        _ => {
            let count = figure::count(paper, count);
            Some(format!("{} {count} {}", paper.say("And", "Et"), paper.say("more.", "autres.")))
        }
    }
}

/// Why, in words.
fn why<'a>(paper: Paper, reason: &str) -> &'a str {
    match reason {
        "NEW_RECIPIENTS" => paper.say(
            "many people within an hour to whom it never wrote before.",
            "de nombreux destinataires en une heure, auxquels elle n’a jamais écrit.",
        ),
        "NEW_NETWORK" => paper.say(
            "people to whom it never wrote before, from a network that it never sent from.",
            "des destinataires auxquels elle n’a jamais écrit, depuis un réseau inconnu.",
        ),
        "BOUNCES" => paper.say(
            "many of those whom it wrote to do not exist.",
            "beaucoup de ceux auxquels elle a écrit n’existent pas.",
        ),
        "VOLUME" => paper.say(
            "far more recipients in a day than it ever does.",
            "bien plus de destinataires en un jour qu’à son habitude.",
        ),
        _ => paper.say("nothing is held any more.", "plus rien n’est retenu."),
    }
}

/// What whoever has a second factor sees: a link proves none.
fn sign_in(paper: Paper, token: &str) -> Response {
    let here: String = form_urlencoded::byte_serialize(action("/held", token).as_bytes()).collect();
    let title = paper.say("Sign in first", "Connectez-vous d’abord");
    let content = html! {
        div.sheet {
            h1 { (title) }
            p.lead { (paper.say(
                "Your login asks for more than this link proves. Sign in, and what is held is shown.",
                "Votre identifiant exige plus que ce que ce lien prouve. Connectez-vous, et ce qui est retenu s’affiche.",
            )) }
            div.panel { p { a.press.link href={ "/login?next=" (here) } { (paper.say("Sign in", "Se connecter")) } } }
        }
    };
    (StatusCode::UNAUTHORIZED, Html(paper.page(title, &content).into_string())).into_response()
}

/// `POST /held`.
pub(crate) async fn submit(State(options): State<Options>, sent: Sent) -> Response {
    let paper = sent.paper.at("/held");
    let outcome = match sent.field("outcome") {
        "release" => "RELEASE",
        "purge" => "PURGE",
        _ => return not_understood(paper),
    };
    let Some(token) = Token::of(sent.field("token")).token().map(str::to_owned) else {
        return dead(paper, HELD);
    };
    let held = sent.credential(&options).await;
    if outcome == "PURGE" && sent.field("sure") != "yes" {
        let asked = sent.visitor.ask(&options, held.authorization, look(&token)).await;
        return shown(paper, &token, (&asked.unwrap_or_default(), sure));
    }
    let query = "mutation($token: String!, $outcome: HeldMailOutcome!) { heldMailSettle(token: $token, outcome: \
                 $outcome) { userErrors { code message } } }";
    let variables = json!({ "token": token, "outcome": outcome });
    let answer = sent.visitor.ask(&options, held.authorization, (query, variables)).await.unwrap_or_default();
    let payload = &answer["data"]["heldMailSettle"];
    if payload["userErrors"] == json!([]) {
        let (title, words) = match outcome {
            "RELEASE" => (
                paper.say("It is released", "C’est libéré"),
                paper.say(
                    "What was held leaves now, and the mailbox sends as before.",
                    "Ce qui était retenu part maintenant, et la boîte envoie comme avant.",
                ),
            ),
            _ => (
                paper.say("It is destroyed", "C’est détruit"),
                paper.say(
                    "What was sent since it looked like somebody else's is gone, and nobody got it. What waited before leaves, and \
                     the mailbox sends as before.",
                    "Ce qui a été envoyé depuis que cela paraissait être d’un autre a disparu, et personne ne l’a reçu. Ce qui \
                     attendait avant part, et la boîte envoie comme avant.",
                ),
            ),
        };
        let on = Onward { to: "/dashboard", name: paper.say("To the dashboard", "Vers le tableau de bord") };
        return told(paper, StatusCode::OK, (title, words), on);
    }
    let code = answer["errors"][0]["extensions"]["code"].as_str();
    if payload["userErrors"][0]["code"] == "LINK_NOT_GOOD" || matches!(code, Some("FORBIDDEN" | "NOT_FOUND"))
    {
        return dead(paper, HELD);
    }
    if code == Some("UNAUTHENTICATED") {
        return sign_in(paper, &token);
    }
    failed(paper, &refused(&answer, "heldMailSettle"))
}

#[cfg(test)]
mod tests {
    use graphql::Language;

    use super::*;

    #[test]
    fn whoever_decides_reads_how_many_recipients_wait() {
        let page = |language, shown: usize, count: u64| {
            let recipients: Vec<Value> =
                (0..shown).map(|number| json!({ "address": format!("r{number}@else.example") })).collect();
            let held = json!({
                "address": "alice@acme.example", "hold": { "reason": "VOLUME" }, "recipients": recipients,
                "recipientCount": count,
            });
            sheet(Paper { language, path: "/held" }, "hsl_1", &held).into_string()
        };
        for (shown, count, english, french) in [
            (50, 1250, "And 1,200 more.", "Et 1\u{202f}200 autres."),
            (50, 51, "And one more.", "Et un autre."),
        ] {
            assert!(page(Language::English, shown, count).contains(english), "{count}");
            assert!(page(Language::French, shown, count).contains(french), "{count}");
        }
        for language in [Language::English, Language::French] {
            let all = page(language, 50, 50);
            assert!(
                all.contains("r49@else.example") && !all.contains("<p>And") && !all.contains("<p>Et"),
                "{all}"
            );
        }
    }

    #[test]
    fn whoever_decides_reads_how_much_waits_since_when_and_is_asked_once_more_before_it_is_gone() {
        let held = |messages: u64, recipients: u64| {
            json!({
                "address": "alice@acme.example", "hold": { "reason": "VOLUME" },
                "recipients": [{ "address": "r@else.example", "queuedAt": "2026-11-01T02:20:00.000Z" }],
                "recipientCount": recipients, "messageCount": messages,
            })
        };
        let paper = |language| Paper { language, path: "/held" };
        for (messages, recipients, english, french) in [
            (
                1,
                1,
                "1 message to 1 recipient waits since 1 November 2026, 02:20 UTC.",
                "1 message à 1 destinataire attend depuis le 1er novembre 2026 à 02:20 UTC.",
            ),
            (
                12,
                1250,
                "12 messages to 1,250 recipients wait, the oldest since 1 November 2026, 02:20 UTC.",
                "12 messages à 1\u{202f}250 destinataires attendent, le plus ancien depuis le 1er novembre 2026 à 02:20 UTC.",
            ),
        ] {
            for (language, words) in [(Language::English, english), (Language::French, french)] {
                assert_eq!(amount(paper(language), &held(messages, recipients)), words);
                for draw in [sheet, sure] {
                    let page = draw(paper(language), "hsl_1", &held(messages, recipients)).into_string();
                    assert!(page.contains(words), "{page}");
                }
            }
        }
        let first = sheet(paper(Language::English), "hsl_1", &held(1, 1)).into_string();
        assert!(!first.contains("name=\"sure\""), "{first}");
        for (language, words) in [(Language::English, "cannot be undone"), (Language::French, "irréversible")]
        {
            let page = sure(paper(language), "hsl_1", &held(1, 1)).into_string();
            assert!(page.contains(words) && page.contains("name=\"sure\" value=\"yes\""), "{page}");
            assert!(page.contains("href=\"/held?token=hsl_1\""), "{page}");
        }
    }
}
