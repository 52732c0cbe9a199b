//! Second factors, app passwords and forced changes of passwords, as their owners use them.

use serde_json::{Value, json};
use totp_rs::{Algorithm, Secret, TOTP};

use crate::stage::{Customer, PASSWORD, Stage, code};

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The code that an authenticator app shows, `steps` of 30 seconds from now.
fn shown(secret: &str, steps: i64) -> String {
    let octets = Secret::Encoded(secret.to_owned()).to_bytes().expect("base32");
    let totp = TOTP::new(Algorithm::SHA1, 6, 0, 30, octets, None, String::new()).expect("a seed");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    totp.generate((i64::try_from(now.as_secs()).expect("soon") + steps * 30).cast_unsigned())
}

/// Adds an authenticator app; its secret and the recovery codes.
pub(crate) async fn enrolled(stage: &Stage, token: &str) -> (String, Vec<String>) {
    let begun = stage.done(token, "mutation { totpBegin { secret url } }").await;
    let secret = text(&begun["totpBegin"]["secret"]);
    assert!(text(&begun["totpBegin"]["url"]).starts_with("otpauth://totp/Hosterra"));
    let wrong = confirm(stage, token, &secret, "000000", PASSWORD).await;
    assert_eq!(wrong["userErrors"][0]["code"], "WRONG_SECOND_FACTOR", "{wrong:#}");
    let stranger = confirm(stage, token, &secret, &shown(&secret, 0), "not my password").await;
    assert_eq!(stranger["userErrors"][0]["code"], "WRONG_CREDENTIALS", "{stranger:#}");
    let added = confirm(stage, token, &secret, &shown(&secret, 0), PASSWORD).await;
    assert_eq!(added["userErrors"], json!([]), "{added:#}");
    assert_eq!(added["secondFactors"]["isDemanded"], true);
    assert_eq!(added["secondFactors"]["recoveryCodesLeft"], 10);
    let codes = added["recoveryCodes"].as_array().expect("codes").iter().map(text).collect();
    (secret, codes)
}

async fn confirm(stage: &Stage, token: &str, secret: &str, code: &str, password: &str) -> Value {
    let query = format!(
        "mutation {{ totpConfirm(secret: \"{secret}\", code: \"{code}\", name: \"phone\", currentPassword: \"{password}\") \
         {{ secondFactors {{ isDemanded recoveryCodesLeft authenticators {{ id name }} }} recoveryCodes \
         userErrors {{ code field }} }} }}"
    );
    stage.ask(token, &query).await["data"]["totpConfirm"].clone()
}

async fn sign_in(stage: &Stage, login: &str, code: &str) -> Value {
    let given = if code.is_empty() { String::new() } else { format!(", code: \"{code}\"") };
    let query = format!(
        "mutation {{ signIn(login: \"{login}\", password: \"{PASSWORD}\"{given}) \
         {{ session {{ accessToken }} userErrors {{ code field message }} }} }}"
    );
    stage.ask("", &query).await["data"]["signIn"].clone()
}

async fn scene() -> (Stage, String, Customer) {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    (stage, operator, customer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_and_taken_once() {
    let (stage, _, customer) = scene().await;
    let login = format!("owner_{}", customer.domain_name);
    let (secret, codes) = enrolled(&stage, &customer.owner).await;
    let missing = sign_in(&stage, &login, "").await;
    assert_eq!(missing["userErrors"][0]["code"], "SECOND_FACTOR_NEEDED", "{missing:#}");
    let wrong = sign_in(&stage, &login, "123456").await;
    assert_eq!(wrong["userErrors"][0]["code"], "WRONG_SECOND_FACTOR", "{wrong:#}");
    // Of the next 30 seconds: a clock may be a little ahead. The code that confirmed the app is used.
    let good = shown(&secret, 1);
    assert!(sign_in(&stage, &login, &good).await["session"]["accessToken"].is_string());
    assert_eq!(sign_in(&stage, &login, &good).await["userErrors"][0]["code"], "WRONG_SECOND_FACTOR");
    assert!(sign_in(&stage, &login, &codes[0]).await["session"]["accessToken"].is_string());
    assert_eq!(sign_in(&stage, &login, &codes[0]).await["userErrors"][0]["code"], "WRONG_SECOND_FACTOR");
    let listed = stage.done(&customer.owner, "{ sessions { nodes { hasSecondFactor device } } }").await;
    let nodes = listed["sessions"]["nodes"].as_array().expect("sessions");
    assert!(nodes.iter().any(|node| node["hasSecondFactor"] == true && node["device"] == "test (127.0.0.1)"));
    let own =
        stage.done(&customer.owner, "{ secondFactors { recoveryCodesLeft authenticators { id } } }").await;
    assert_eq!(own["secondFactors"]["recoveryCodesLeft"], 9);
    let id = text(&own["secondFactors"]["authenticators"][0]["id"]);
    stage
        .done(&customer.owner, &format!(
            "mutation {{ secondFactorRemove(factorId: \"{id}\", currentPassword: \"{PASSWORD}\") {{ userErrors {{ code }} }} }}"
        ))
        .await;
    assert!(sign_in(&stage, &login, "").await["session"]["accessToken"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_resets_what_is_lost_but_not_the_own() {
    let (stage, operator, customer) = scene().await;
    let mailbox = stage.mailbox(&customer, "alice").await;
    let address = format!("alice@{}", customer.domain_name);
    let alice = stage.sign_in(&address, PASSWORD).await;
    enrolled(&stage, &alice).await;
    assert_eq!(sign_in(&stage, &address, "").await["userErrors"][0]["code"], "SECOND_FACTOR_NEEDED");
    let reset =
        format!("mutation {{ secondFactorsReset(mailboxId: \"{mailbox}\") {{ userErrors {{ code }} }} }}");
    assert_eq!(code(&stage.ask(&alice, &reset).await), "FORBIDDEN");
    stage.done(&customer.owner, &reset).await;
    assert!(sign_in(&stage, &address, "").await["session"]["accessToken"].is_string());
    let shown = stage
        .done(
            &operator,
            &format!(
                "{{ mailbox(accountId: \"{}\", mailboxId: \"{mailbox}\") {{ hasSecondFactor }} }}",
                customer.account
            ),
        )
        .await;
    assert_eq!(shown["mailbox"]["hasSecondFactor"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_password_is_made_shown_once_listed_and_revoked() {
    let (stage, _, customer) = scene().await;
    let mailbox = stage.mailbox(&customer, "alice").await;
    let alice = stage.sign_in(&format!("alice@{}", customer.domain_name), PASSWORD).await;
    let command = "0192aaaa-0000-7000-8000-000000000001";
    let add = format!(
        "mutation {{ appPasswordAdd(name: \"phone\", protocols: [IMAP, SUBMISSION], expiresInDays: 30, commandId: \"{command}\") \
         {{ secret appPassword {{ id name protocols expiresAt }} userErrors {{ code }} }} }}"
    );
    let added = stage.done(&alice, &add).await["appPasswordAdd"].clone();
    let secret = text(&added["secret"]);
    assert_eq!(secret.len(), 23, "four groups of five: {secret}");
    assert_eq!(added["appPassword"]["protocols"], json!(["IMAP", "SUBMISSION"]));
    let again = stage.done(&alice, &add).await["appPasswordAdd"].clone();
    assert_eq!(
        (again["secret"].clone(), again["appPassword"]["id"].clone()),
        (Value::Null, added["appPassword"]["id"].clone())
    );
    let nothing = stage
        .ask(&alice, "mutation { appPasswordAdd(name: \"x\", protocols: []) { userErrors { code field } } }")
        .await;
    assert_eq!(nothing["data"]["appPasswordAdd"]["userErrors"][0]["code"], "APP_PASSWORD_OPENS_NOTHING");
    let listed = stage
        .done(&customer.owner, &format!("{{ appPasswords(mailboxId: \"{mailbox}\") {{ id name }} }}"))
        .await;
    assert_eq!(listed["appPasswords"][0]["name"], "phone");
    let id = text(&listed["appPasswords"][0]["id"]);
    stage
        .done(
            &alice,
            &format!("mutation {{ appPasswordRevoke(appPasswordId: \"{id}\") {{ userErrors {{ code }} }} }}"),
        )
        .await;
    let listed = stage.done(&alice, "{ appPasswords { id } lastLogins { protocol at } }").await;
    assert_eq!(listed["appPasswords"], json!([]));
    assert_eq!(listed["lastLogins"][0]["protocol"], "imap");

    // Whoever knew the old password may have made one: it goes with that where the administrator asks for it.
    let add = "mutation { appPasswordAdd(name: \"tablet\", protocols: [IMAP]) { userErrors { code } } }";
    stage.done(&alice, add).await;
    for (others, left) in [(false, json!([{ "name": "tablet" }])), (true, json!([]))] {
        let set = format!(
            "mutation {{ mailboxPasswordSet(mailboxId: \"{mailbox}\", password: \"the {others} password\", revokesOthers: {others}) \
             {{ userErrors {{ code }} }} }}"
        );
        stage.done(&customer.owner, &set).await;
        let listed = format!("{{ appPasswords(mailboxId: \"{mailbox}\") {{ name }} }}");
        assert_eq!(stage.done(&customer.owner, &listed).await["appPasswords"], left);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_changes_the_own_password_revokes_the_own_tokens_with_it() {
    let (stage, _, customer) = scene().await;
    let viewer = stage.done(&customer.owner, "{ viewer { userId } }").await;
    let issue = format!(
        "mutation {{ apiTokenIssue(input: {{ userId: {}, name: \"books\", permissions: [\"domain:read\"] }}) \
         {{ secret userErrors {{ code }} }} }}",
        viewer["viewer"]["userId"]
    );
    let secret = text(&stage.done(&customer.owner, &issue).await["apiTokenIssue"]["secret"]);
    stage.done(&secret, "{ domains { nodes { id } } }").await;
    let change = format!(
        "mutation {{ passwordChange(currentPassword: \"{PASSWORD}\", newPassword: \"another good one\", revokesOthers: true) \
         {{ userErrors {{ code }} }} }}"
    );
    stage.done(&customer.owner, &change).await;
    let mut left = stage.ask(&secret, "{ domains { nodes { id } } }").await;
    for _ in 0..100 {
        if code(&left) == "UNAUTHENTICATED" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        left = stage.ask(&secret, "{ domains { nodes { id } } }").await;
    }
    assert_eq!(code(&left), "UNAUTHENTICATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_must_change_the_password_does_that_first() {
    let (stage, _, customer) = scene().await;
    stage
        .done(&customer.owner, &format!(
            "mutation {{ userRegister(input: {{ login: \"mailadmin_acme\", password: \"{PASSWORD}\", role: \
             DOMAIN_ADMINISTRATOR, domainIds: [\"{}\"], mustChangePassword: true }}) {{ userErrors {{ code }} }} }}",
            customer.domain
        ))
        .await;
    let token = stage.sign_in("mailadmin_acme", PASSWORD).await;
    assert_eq!(code(&stage.ask(&token, "{ mailboxes { nodes { id } } }").await), "PASSWORD_CHANGE_REQUIRED");
    let viewer = stage.done(&token, "{ viewer { demand } }").await;
    assert_eq!(viewer["viewer"]["demand"], "PASSWORD_CHANGE");
    let change = format!(
        "mutation {{ passwordChange(currentPassword: \"{PASSWORD}\", newPassword: \"another good one\") {{ userErrors {{ code }} }} }}"
    );
    let same = format!(
        "mutation {{ passwordChange(currentPassword: \"{PASSWORD}\", newPassword: \"{PASSWORD}\") {{ userErrors {{ code field }} }} }}"
    );
    let same = stage.ask(&token, &same).await["data"]["passwordChange"]["userErrors"][0].clone();
    assert_eq!(same, json!({ "code": "PASSWORD_UNCHANGED", "field": "newPassword" }));
    stage.done(&token, &change).await;
    let token = stage.sign_in("mailadmin_acme", "another good one").await;
    stage.done(&token, "{ mailboxes { nodes { id } } }").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_second_factor_is_demanded_whoever_has_none_adds_one_first() {
    let (stage, _, customer) = scene().await;
    let mailbox = stage.mailbox(&customer, "alice").await;
    let alice = stage.sign_in(&format!("alice@{}", customer.domain_name), PASSWORD).await;
    stage
        .done(&customer.owner, &format!(
            "mutation {{ domainSettingsChange(domainId: \"{}\", settings: {{ requiresSecondFactor: true }}) {{ userErrors {{ code }} }} }}",
            customer.domain
        ))
        .await;
    let own = format!("{{ mailbox(mailboxId: \"{mailbox}\") {{ id }} }}");
    // The directory hears of it a moment later.
    for _ in 0..100 {
        if code(&stage.ask(&alice, &own).await) == "SECOND_FACTOR_REQUIRED" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(code(&stage.ask(&alice, &own).await), "SECOND_FACTOR_REQUIRED");
    enrolled(&stage, &alice).await;
    for _ in 0..100 {
        if stage.ask(&alice, &own).await.get("errors").is_none() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    stage.done(&alice, &own).await;
    let require = "mutation { accountSecondFactorRequire(isRequired: true) { account { requiresSecondFactor } userErrors { code } } }";
    stage.done(&customer.owner, require).await;
    let mut demanded = String::new();
    for _ in 0..100 {
        demanded = code(&stage.ask(&customer.owner, "{ users { nodes { id } } }").await).to_owned();
        if !demanded.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(demanded, "SECOND_FACTOR_REQUIRED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_takes_everything_that_is_kept_about_them() {
    let (stage, _, customer) = scene().await;
    let mailbox = stage.mailbox(&customer, "alice").await;
    let alice = stage.sign_in(&format!("alice@{}", customer.domain_name), PASSWORD).await;
    stage.done(&alice, "mutation { mailboxSettingsChange(mailboxId: \"MBOX\", settings: { junkScore: 5.5 }) { userErrors { code } } }".replace("MBOX", &mailbox).as_str()).await;
    let export = stage.done(&alice, "{ personExport }").await;
    let export: Value = serde_json::from_str(&text(&export["personExport"])).expect("JSON");
    assert_eq!(export["id"], mailbox.as_str());
    assert_eq!(export["facts"][0]["kind"], "mailbox.created");
    assert_eq!(export["facts"][0]["changes"]["local"], "alice");
    assert_eq!(export["facts"][0]["changes"]["password"], "***");
    assert_eq!(export["sessions"][0]["device"], "test (127.0.0.1)");
    assert_eq!(export["lastLogins"][0]["protocol"], "imap");
    let other = format!("{{ personExport(userId: \"{}\") }}", customer.user);
    assert!(!code(&stage.ask(&alice, &other).await).is_empty());
    stage.done(&customer.owner, &format!("{{ personExport(mailboxId: \"{mailbox}\") }}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_takes_along_what_it_keeps_and_what_leads_to_it_and_no_secrets() {
    let (stage, _, customer) = scene().await;
    let mailbox = stage.mailbox(&customer, "alice").await;
    let bob = stage.mailbox(&customer, "bob").await;
    let domain = &customer.domain;
    for change in [
        format!("filterAdd(mailboxId: \"{mailbox}\", filter: {{ name: \"holidays\" }})"),
        format!("filterAdd(mailboxId: \"{bob}\", filter: {{ name: \"of bob\" }})"),
        format!(
            "syncJobAdd(mailboxId: \"{mailbox}\", job: {{ host: \"imap.acme.com\", user: \"alice-there\", password: \"sesame-1\" }})"
        ),
        format!(
            "pushAdd(mailboxId: \"{mailbox}\", push: {{ kind: NTFY, name: \"phone\", url: \"https://ntfy.acme.com/x\", token: \"tk_sesame2\" }})"
        ),
        format!("shareAdd(mailboxId: \"{mailbox}\", memberId: \"{bob}\", roles: [READ])"),
        format!(
            "addressMapAdd(input: {{ domainId: \"{domain}\", kind: RECIPIENT_COPY, from: \"alice\", to: \"archive@else.example\" }})"
        ),
        format!(
            "addressMapAdd(input: {{ domainId: \"{domain}\", kind: RECIPIENT_COPY, from: \"bob\", to: \"bobs@else.example\" }})"
        ),
        format!("temporaryAliasCreate(input: {{ mailboxId: \"{mailbox}\", localPart: \"shop\" }})"),
    ] {
        stage
            .done(&customer.owner, &format!("mutation {{ {change} {{ userErrors {{ code message }} }} }}"))
            .await;
    }
    let alice = stage.sign_in(&format!("alice@{}", customer.domain_name), PASSWORD).await;
    let by_owner = format!("{{ personExport(mailboxId: \"{mailbox}\") }}");
    for (token, query) in [(&alice, "{ personExport }"), (&customer.owner, by_owner.as_str())] {
        let whole = text(&stage.done(token, query).await["personExport"]);
        let export: Value = serde_json::from_str(&whole).expect("JSON");
        assert_eq!(export["filters"][0]["settings"]["name"], "holidays");
        assert_eq!(export["filters"].as_array().map(Vec::len), Some(1));
        assert_eq!(export["syncJobs"][0]["settings"]["user"], "alice-there");
        assert_eq!(export["pushDestinations"][0]["settings"]["name"], "phone");
        assert_eq!(export["shares"].as_array().map(Vec::len), Some(1));
        assert_eq!(export["addressMaps"].as_array().map(Vec::len), Some(1), "{export:#}");
        assert_eq!(export["addressMaps"][0]["settings"]["to"], "archive@else.example");
        assert_eq!(export["temporaryAliases"][0]["address"], json!(format!("shop@{}", customer.domain_name)));
        let kinds = export["facts"].as_array().expect("facts").iter();
        let kinds: Vec<&str> = kinds.map(|fact| fact["kind"].as_str().expect("a kind")).collect();
        assert!(kinds.contains(&"sync_job.added") && kinds.contains(&"push.added"), "{kinds:?}");
        assert!(
            !whole.contains("sesame") && !whole.contains("of bob") && !whole.contains("bobs@"),
            "{whole}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_takes_along_what_they_wrote_and_whom_they_let_in_and_where_they_were_let_in() {
    let (stage, operator, customer) = scene().await;
    let other = stage.customer(&operator, ("elsewhere", "solo")).await;
    let open = "mutation { ticketOpen(input: { kind: TECHNICAL, subject: \"why\", text: \"my words\" }) { ticket { id } userErrors { code } } }";
    let ticket = text(&stage.done(&customer.owner, open).await["ticketOpen"]["ticket"]["id"]);
    let reply = format!(
        "mutation {{ ticketReply(accountId: \"{}\", ticketId: \"{ticket}\", text: \"not mine\") {{ userErrors {{ code }} }} }}",
        customer.account
    );
    stage.done(&operator, &reply).await;
    let let_in = async |by: &str, who: &str, guest: &str| {
        let invite = format!(
            "mutation {{ delegationInvite(email: \"{who}\", terms: {{ preset: AUDITOR }}) {{ invitation userErrors {{ code }} }} }}"
        );
        let invited = stage.done(by, &invite).await["delegationInvite"]["invitation"].clone();
        let accept =
            format!("mutation {{ delegationAccept(invitation: {invited}) {{ userErrors {{ code }} }} }}");
        stage.done(guest, &accept).await;
    };
    let_in(&other.owner, "me@acme.example", &customer.owner).await;
    let_in(&customer.owner, "them@elsewhere.example", &other.owner).await;
    let export = async |token: &str, query: &str| -> Value {
        serde_json::from_str(&text(&stage.done(token, query).await["personExport"])).expect("JSON")
    };
    let own = export(&customer.owner, "{ personExport }").await;
    assert_eq!(own["tickets"].as_array().map(Vec::len), Some(1), "{own:#}");
    assert_eq!(
        (&own["tickets"][0]["text"], &own["tickets"][0]["subject"]),
        (&json!("my words"), &json!("why"))
    );
    assert_eq!(own["tickets"][0]["ticketId"], ticket.as_str());
    assert_eq!(own["delegationsGiven"].as_array().map(Vec::len), Some(1), "{own:#}");
    assert!(!own["delegationsGiven"].to_string().contains("them@"), "{own:#}");
    assert_eq!(own["delegationsHeld"][0]["accountId"], other.account.as_str());
    assert_eq!(own["delegationsHeld"][0]["email"], "me@acme.example");
    // Where somebody is let in elsewhere is no business of who administers their login.
    let by_operator =
        format!("{{ personExport(accountId: \"{}\", userId: \"{}\") }}", customer.account, customer.user);
    let seen = export(&operator, &by_operator).await;
    assert_eq!((&seen["delegationsHeld"], &seen["tickets"]), (&Value::Null, &own["tickets"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_sees_and_ends_the_own_sessions_and_nobody_elses() {
    let (stage, _, customer) = scene().await;
    stage.mailbox(&customer, "alice").await;
    stage.mailbox(&customer, "bob").await;
    let address = |local: &str| format!("{local}@{}", customer.domain_name);
    let (first, second) =
        (stage.sign_in(&address("alice"), PASSWORD).await, stage.sign_in(&address("alice"), PASSWORD).await);
    let bob = stage.sign_in(&address("bob"), PASSWORD).await;
    let sessions = async |token: &str| -> Vec<String> {
        let listed = stage.done(token, "{ sessions { nodes { id } } }").await;
        listed["sessions"]["nodes"]
            .as_array()
            .expect("sessions")
            .iter()
            .map(|node| text(&node["id"]))
            .collect()
    };
    // The table hears of a session a moment after it is open.
    let mut own = sessions(&first).await;
    for _ in 0..100 {
        if own.len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        own = sessions(&first).await;
    }
    assert_eq!(own.len(), 2);
    let end =
        |id: &str| format!("mutation {{ sessionEnd(sessionId: \"{id}\") {{ userErrors {{ code }} }} }}");
    assert_eq!(code(&stage.ask(&bob, &end(&own[1])).await), "NOT_FOUND");
    stage.done(&first, &end(&own[1])).await;
    assert_eq!(code(&stage.ask(&second, "{ viewer { accountId } }").await), "UNAUTHENTICATED");
    stage.done(&first, "{ viewer { accountId } }").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_opens_one_more_session_of_the_same_person_once() {
    let (stage, operator, customer) = scene().await;
    let issued = stage.done(&customer.owner, "mutation { ssoTicketIssue { ticket expiresAt } }").await;
    let ticket = text(&issued["ssoTicketIssue"]["ticket"]);
    let enter = format!(
        "mutation {{ ssoSignIn(ticket: \"{ticket}\") {{ session {{ accessToken }} userErrors {{ code }} }} }}"
    );
    let entered = stage.done("", &enter).await;
    let token = text(&entered["ssoSignIn"]["session"]["accessToken"]);
    let viewer = stage.done(&token, "{ viewer { userId } }").await;
    assert_eq!(viewer["viewer"]["userId"], customer.user.as_str());
    let again = stage.ask("", &enter).await;
    assert_eq!(again["data"]["ssoSignIn"]["userErrors"][0]["code"], "TICKET_NOT_GOOD");
    assert_eq!(code(&stage.ask("", "mutation { ssoTicketIssue { ticket } }").await), "UNAUTHENTICATED");
    // With the session that it was made in it is void.
    let issued = stage.done(&token, "mutation { ssoTicketIssue { ticket } }").await;
    let void = enter.replace(&ticket, &text(&issued["ssoTicketIssue"]["ticket"]));
    stage.done(&token, "mutation { signOut { userErrors { code } } }").await;
    let refused = stage.ask("", &void).await;
    assert_eq!(refused["data"]["ssoSignIn"]["userErrors"][0]["code"], "TICKET_NOT_GOOD");
    // Whoever is disabled meanwhile is not let in by a ticket.
    let issued = stage.done(&customer.owner, "mutation { ssoTicketIssue { ticket } }").await;
    let enter = enter.replace(&ticket, &text(&issued["ssoTicketIssue"]["ticket"]));
    let disable = format!(
        "mutation {{ userDisable(accountId: \"{}\", userId: \"{}\") {{ userErrors {{ code }} }} }}",
        customer.account, customer.user
    );
    stage.done(&operator, &disable).await;
    let refused = stage.ask("", &enter).await;
    assert_eq!(refused["data"]["ssoSignIn"]["userErrors"][0]["code"], "USER_DISABLED");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_that_confirms_an_authenticator_is_used_up() {
    let (stage, _, customer) = scene().await;
    let begun = stage.done(&customer.owner, "mutation { totpBegin { secret } }").await;
    let secret = text(&begun["totpBegin"]["secret"]);
    let seen = shown(&secret, 0);
    let added = confirm(&stage, &customer.owner, &secret, &seen, PASSWORD).await;
    assert_eq!(added["userErrors"], json!([]), "{added:#}");
    let login = format!("owner_{}", customer.domain_name);
    assert_eq!(sign_in(&stage, &login, &seen).await["userErrors"][0]["code"], "WRONG_SECOND_FACTOR");
    assert!(sign_in(&stage, &login, &shown(&secret, 1)).await["session"]["accessToken"].is_string());
}
