//! The pages that start the app: who is signed in and what to load, in one answer.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Extension, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::{Value, json};

use super::asset;
use crate::Options;
use crate::guard::Correlation;
use crate::page::login::see_other;
use crate::page::{self, Paper, not_at_home};
use crate::session::door::{Visitor, credential};
use crate::setup::{Dav, Offer, Service, Socket};

/// The app's entries: the first part of their paths and the folder of their sources.
pub(crate) const ENTRIES: &[(&str, &str)] = &[("dashboard", "dashboard")];

/// Our own scripts, styles and API; nothing inline, nothing from elsewhere, no frame around us, and markup is made by the
/// framework alone (Trusted Types).
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types svelte-trusted-html";

/// Who is signed in, asked for each page: the app begins to draw without a further question.
const VIEWER: &str = "{ viewer { accountId userId mailboxId sessionId demand demoResetsAt withheld grants { scope permissions } } profile { login chosenLanguage timeZone } }";

/// What the head of the page shows of a user. It goes with the page: what came later would push aside what stands already.
const USER: &str = "query($id: UserID!, $account: AccountID!, $isActing: Boolean!) { user(userId: $id) { name } \
     delegatedAccesses { id accountId accountName isOpen needsSecondFactor } \
     account(accountId: $account) @include(if: $isActing) { name } }";

/// The same of a mailbox.
const MAILBOX: &str = "query($id: MailboxID!) { mailbox(mailboxId: $id) { displayName } }";

/// `GET /dashboard` and all below: one page, whose script does the rest.
pub(crate) async fn page(
    State(options): State<Options>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Extension(Correlation(correlation)): Extension<Correlation>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let paper = Paper::of(&options, &headers);
    if let Some(reason) = asset::missing() {
        return unbuilt(paper, reason);
    }
    let Some(home) = options.site.home(&headers) else { return not_at_home(paper) };
    let visitor = Visitor::of(&headers, Some(&home), (peer.ip(), correlation));
    let held = credential(&options, &headers, (&home, &visitor)).await;
    // Cookies that open nothing any more: the session was ended elsewhere, or was left too long.
    let was_known =
        held.authorization.is_some() || headers.contains_key(header::COOKIE) && !held.cookies.is_empty();
    let answer = match &held.authorization {
        Some(_) => visitor.ask(&options, held.authorization.clone(), (VIEWER, Value::Null)).await,
        None => Some(Value::Null),
    };
    let Some(answer) = answer else { return busy(paper) };
    let viewer = &answer["data"]["viewer"];
    if viewer.is_null() {
        let next: String = form_urlencoded::byte_serialize(uri.to_string().as_bytes()).collect();
        let told = if was_known { "&told=over" } else { "" };
        return see_other(&format!("/login?next={next}{told}"), held.cookies);
    }
    if viewer["demand"] == "PASSWORD_CHANGE" {
        return see_other("/password", held.cookies);
    }
    if viewer["demand"] == "EMAIL_VERIFICATION" {
        return see_other("/verify", held.cookies);
    }
    if viewer["demand"] == "EXPORT_ONLY" {
        return see_other("/mailbox/export", held.cookies);
    }
    let wanted = uri.path().split('/').nth(1).unwrap_or_default();
    let entry = ENTRIES.iter().find(|row| row.0 == wanted).map_or("dashboard", |row| row.1);
    let paper = paper.chosen(answer["data"]["profile"]["chosenLanguage"].as_str());
    let acted_for = acted_for(uri.path());
    let question = match (viewer["userId"].as_str(), viewer["mailboxId"].as_str()) {
        (Some(id), _) => {
            let account = acted_for.map_or_else(|| viewer["accountId"].clone(), Value::from);
            Some((USER, json!({ "id": id, "account": account, "isActing": acted_for.is_some() })))
        }
        (None, Some(id)) => Some((MAILBOX, json!({ "id": id }))),
        (None, None) => None,
    };
    // Whoever has to do something first is refused this, and named by their login.
    let frame = match question {
        Some(question) => visitor.ask(&options, held.authorization, question).await.unwrap_or_default(),
        None => Value::Null,
    };
    let frame = &frame["data"];
    let login = &answer["data"]["profile"]["login"];
    let name =
        [&frame["user"]["name"], &frame["mailbox"]["displayName"]].into_iter().find(|one| one.is_string());
    let boot = json!({
        "viewer": viewer,
        "me": { "login": login.as_str().unwrap_or_default(), "name": name.unwrap_or(login).as_str().unwrap_or_default() },
        "accesses": frame["delegatedAccesses"].as_array().cloned().unwrap_or_default(),
        "actedFor": acted_for.map(|account| json!({ "accountId": account, "name": frame["account"]["name"] })),
        "timeZone": answer["data"]["profile"]["timeZone"],
        "language": paper.tag(),
        "retentionDays": options.retention_days,
        "version": env!("CARGO_PKG_VERSION"),
        "hostname": options.landing.hostname,
        "servers": options.landing.servers.iter().map(|server| json!({ "name": server.name, "port": server.port })).collect::<Vec<_>>(),
        "offer": offered(&options.setup.offer),
        "entries": ENTRIES.iter().map(|row| row.0).collect::<Vec<_>>(),
    });
    let mut response = Html(shell(paper, entry, &boot).into_string()).into_response();
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    for line in held.cookies {
        fields.append(header::SET_COOKIE, line);
    }
    response
}

/// The account that a page is for, where it is not one's own: `/dashboard/as/<account>` and below.
fn acted_for(path: &str) -> Option<&str> {
    let account = path.strip_prefix("/dashboard/as/")?.split('/').next()?;
    let digits = account.strip_prefix("acct_")?;
    let is_one = digits.len() == 32 && digits.bytes().all(|octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f'));
    is_one.then_some(account)
}

/// Names and ports of the mail servers, as clients reach them.
fn offered(offer: &Offer) -> Value {
    let servers = offer.servers.iter().map(|(service, socket, port)| {
        let service = match service {
            Service::Imap => "IMAP",
            Service::Submission => "SUBMISSION",
        };
        let socket = match socket {
            Socket::Tls => "TLS",
            Socket::StartTls => "STARTTLS",
        };
        json!({ "service": service, "socket": socket, "port": port })
    });
    let dav = offer.dav.as_ref().map(Dav::url);
    json!({ "host": offer.host, "servers": servers.collect::<Vec<_>>(), "dav": dav })
}

fn shell(paper: Paper, entry: &str, boot: &Value) -> Markup {
    // Data, not script; `<` is written so that no text in it can end the element.
    let boot = boot.to_string().replace('<', "\\u003c");
    let language = format!("language-{}", paper.tag());
    html! {
        (DOCTYPE)
        html lang=(paper.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Hosterra" }
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                @for file in asset::loads(entry, "style") { link rel="stylesheet" href={ "/assets/" (file) }; }
                @for file in asset::loads(entry, "script") { script type="module" src={ "/assets/" (file) } {} }
                @for file in asset::loads(entry, "preload").chain(asset::loads(entry, &language)) {
                    link rel="modulepreload" href={ "/assets/" (file) };
                }
            }
            body {
                div id="app" {}
                noscript {
                    (paper.say(
                        "This part needs JavaScript. Signing in and changing a password work without.",
                        "Cette partie nécessite JavaScript. La connexion et le changement de mot de passe fonctionnent sans.",
                    ))
                }
                script id="boot" type="application/json" { (PreEscaped(boot)) }
            }
        }
    }
}

/// What is said where the app was not built in.
fn unbuilt(paper: Paper, reason: &str) -> Response {
    let title = paper.say("The dashboard is not built in", "Le tableau de bord n’est pas compilé");
    let content = html! {
        div.sheet.wide {
            h1 { (title) }
            p.lead { (paper.say(
                "The server runs, and the API and mail with it. Its pages need Node.js 20.19 or newer when it is built: \
                 install it (Debian: apt install nodejs npm), then build again with cargo.",
                "Le serveur fonctionne, avec l’API et le courrier. Ses pages demandent Node.js 20.19 ou plus récent à la compilation : \
                 installez-le (Debian : apt install nodejs npm), puis recompilez avec cargo.",
            )) }
            p { code { (reason) } }
        }
    };
    (StatusCode::SERVICE_UNAVAILABLE, Html(paper.page(title, &content).into_string())).into_response()
}

fn busy(paper: Paper) -> Response {
    let title = paper.say("Just a moment", "Un instant");
    let words = paper.say(
        "The server has more to do than it can, or you have asked very often. Try again in a minute.",
        "Le serveur est surchargé, ou vous avez demandé très souvent. Réessayez dans une minute.",
    );
    page::fault(paper, StatusCode::SERVICE_UNAVAILABLE, (title, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_stands_in_a_path_whole_or_not_at_all() {
        let account = "acct_0123456789abcdef0123456789abcdef";
        assert_eq!(acted_for(&format!("/dashboard/as/{account}")), Some(account));
        assert_eq!(acted_for(&format!("/dashboard/as/{account}/mail/aliases")), Some(account));
        for path in [
            "/dashboard",
            "/dashboard/as/",
            "/dashboard/as/acct_12",
            "/dashboard/as/acct_0123456789ABCDEF0123456789ABCDEF",
        ] {
            assert_eq!(acted_for(path), None, "{path}");
        }
    }

    #[test]
    fn no_text_ends_the_element_of_the_boot_data() {
        let boot = json!({ "hostname": "</script><script>alert(1)</script>" });
        let page = shell(Paper { language: graphql::Language::English, path: "/" }, "dashboard", &boot)
            .into_string();
        assert!(!page.contains("<script>alert") && page.contains("\\u003c/script>"));
    }
}
