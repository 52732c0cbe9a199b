//! A ticket between a customer and the support.

use graphql::{GivenFile, Language, NoBytes, NotTaken};
use serde_json::{Value, json};

use crate::stage::{Customer, PASSWORD, Stage, code, knock};

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_and_notes_stay_with_the_support() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let open = format!(
        "mutation {{ ticketOpen(input: {{ kind: TECHNICAL, subject: \"No mail\", text: \"Since today.\", serviceId: \"{}\" }}) \
         {{ ticket {{ id status }} userErrors {{ code }} }} }}",
        customer.service
    );
    let opened = stage.done(&customer.owner, &open).await["ticketOpen"]["ticket"].clone();
    assert_eq!(opened["status"], "AWAITING_STAFF");
    let id = opened["id"].as_str().expect("an id").to_owned();
    let queue = stage.done(&operator, "{ ticketQueue { nodes { id subject accountId } } }").await;
    assert_eq!(queue["ticketQueue"]["nodes"][0]["subject"], "No mail");
    assert!(!code(&stage.ask(&customer.owner, "{ ticketQueue { nodes { id } } }").await).is_empty());
    let reply = |text: &str, more: &str| {
        format!(
            "mutation {{ ticketReply(accountId: \"{}\", ticketId: \"{id}\", text: \"{text}\"{more}) \
             {{ ticket {{ status }} position userErrors {{ code }} }} }}",
            customer.account
        )
    };
    stage.done(&operator, &reply("Ask the network team", ", isInternal: true")).await;
    let answered = stage.done(&operator, &reply("Try again, please.", "")).await;
    assert_eq!(answered["ticketReply"]["ticket"]["status"], "AWAITING_CUSTOMER");
    assert_eq!(code(&stage.ask(&customer.owner, &reply("psst", ", isInternal: true")).await), "FORBIDDEN");
    let said = |answer: &Value| -> Vec<String> {
        let messages = answer["ticket"]["messages"].as_array().expect("messages").iter();
        messages.map(|message| message["text"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let read = format!(
        "{{ ticket(accountId: \"{}\", ticketId: \"{id}\") {{ messages {{ text isStaff userId }} }} }}",
        customer.account
    );
    let theirs = stage.done(&customer.owner, &read).await;
    assert_eq!(said(&theirs), ["Since today.", "Try again, please."]);
    assert_eq!(theirs["ticket"]["messages"][1]["userId"], json!(null), "the support is no person");
    assert_eq!(said(&stage.done(&operator, &read).await).len(), 3);
    let feed =
        stage.done(&customer.owner, "{ events(first: 100) { nodes { kind changes { field to } } } }").await;
    assert!(feed.to_string().contains("Try again, please."));
    assert!(!feed.to_string().contains("network team"), "a note is told in the feed");
    let resolve = format!(
        "mutation {{ ticketResolve(ticketId: \"{id}\") {{ ticket {{ status }} userErrors {{ code }} }} }}"
    );
    let resolved = stage.done(&customer.owner, &resolve).await;
    assert_eq!(resolved["ticketResolve"]["ticket"]["status"], "RESOLVED");
}

/// A customer with a ticket; its id.
async fn asked(stage: &Stage, operator: &str) -> (Customer, String) {
    let customer = stage.customer(operator, ("acme", "pro")).await;
    let open = "mutation { ticketOpen(input: { kind: TECHNICAL, subject: \"No mail\", text: \"Since today.\" }) \
                { ticket { id } userErrors { code } } }";
    let opened = stage.done(&customer.owner, open).await;
    let id = opened["ticketOpen"]["ticket"]["id"].as_str().expect("an id").to_owned();
    (customer, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_to_those_who_may_read_the_ticket_and_to_nobody_else() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let (customer, id) = asked(&stage, &operator).await;
    let other = stage.customer(&operator, ("other", "pro")).await;
    stage.mailbox(&customer, "alice").await;
    let alice = stage.sign_in(&format!("alice@{}", customer.domain_name), PASSWORD).await;
    let at = (customer.account.parse().expect("an account"), id.parse().expect("a ticket"));
    let file = |is_internal| GivenFile {
        name: "folder/error.png".to_owned(),
        octets: b"\x89PNG alice@demo.example".to_vec(),
        is_internal,
    };
    let give = async |token: &str, file: GivenFile| {
        stage.api.ticket_file_give(&knock(Language::English, token), at, file).await
    };
    give(&customer.owner, file(false)).await.expect("taken");
    give(&operator, file(true)).await.expect("taken");
    assert!(matches!(give(&customer.owner, file(true)).await, Err(NotTaken::Forbidden)));
    for stranger in [&other.owner, &alice] {
        assert!(matches!(give(stranger, file(false)).await, Err(NotTaken::No(NoBytes::NotFound))));
    }
    assert!(matches!(give("", file(false)).await, Err(NotTaken::No(NoBytes::Unauthenticated))));
    let empty = GivenFile { octets: Vec::new(), ..file(false) };
    let Err(NotTaken::Refused(refused)) = give(&customer.owner, empty).await else { panic!("taken") };
    assert_eq!((refused.code.as_str(), refused.field.as_deref()), ("TICKET_FILE_EMPTY", Some("file")));

    let take =
        async |token: &str, number| stage.api.ticket_file(&knock(Language::English, token), at, number).await;
    for reader in [&customer.owner, &operator] {
        let taken = take(reader, 1).await.expect("given");
        assert_eq!((taken.name.as_str(), taken.octets), ("error.png", file(false).octets));
    }
    assert!(take(&operator, 2).await.is_ok());
    for (reader, number, no) in [
        (&customer.owner, 2, NoBytes::NotFound),
        (&customer.owner, 3, NoBytes::NotFound),
        (&customer.owner, 0, NoBytes::NotFound),
        (&other.owner, 1, NoBytes::NotFound),
        (&alice, 1, NoBytes::NotFound),
        (&String::new(), 1, NoBytes::Unauthenticated),
    ] {
        assert_eq!(take(reader, number).await, Err(no), "{number}");
    }
    let read = format!(
        "{{ ticket(accountId: \"{}\", ticketId: \"{id}\") {{ messages {{ isInternal files {{ number name }} }} }} }}",
        customer.account
    );
    let own = stage.done(&customer.owner, &read).await;
    assert_eq!(own["ticket"]["messages"][0]["files"], json!([{ "number": 1, "name": "error.png" }]));
    assert_eq!(own["ticket"]["messages"].as_array().map(Vec::len), Some(1));
    let theirs = stage.done(&operator, &read).await;
    assert_eq!(theirs["ticket"]["messages"][1]["files"][0]["number"], 2, "{theirs:#}");
    let kept = stage.control.query(database::Statement::new("SELECT octets FROM blob LIMIT 10")).await;
    for row in kept.expect("rows") {
        let octets = row.bytes(0).expect("octets");
        assert!(!octets.windows(5).any(|window| window == b"alice"), "what is kept is sealed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desk_takes_tickets_and_customers_do_not_see_who() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let (customer, id) = asked(&stage, &operator).await;
    let chief = stage.done(&operator, "{ viewer { userId } }").await["viewer"]["userId"].clone();
    let chief = chief.as_str().expect("a user").to_owned();
    let at = format!("accountId: \"{}\", ticketId: \"{id}\"", customer.account);
    let assign = |who: &str| {
        format!(
            "mutation {{ ticketAssign({at}{who}) {{ ticket {{ priority assigneeId assigneeLogin }} userErrors {{ code field }} }} }}"
        )
    };
    let taken = stage.done(&operator, &assign(&format!(", assigneeId: \"{chief}\""))).await;
    assert_eq!(taken["ticketAssign"]["ticket"]["assigneeId"], chief.as_str());
    assert_eq!(taken["ticketAssign"]["ticket"]["assigneeLogin"], "operator");
    let wrong = stage.ask(&operator, &assign(&format!(", assigneeId: \"{}\"", customer.user))).await;
    assert_eq!(wrong["data"]["ticketAssign"]["userErrors"][0]["code"], "TICKET_ASSIGNEE");
    assert_eq!(wrong["data"]["ticketAssign"]["userErrors"][0]["field"], "assigneeId");
    assert_eq!(code(&stage.ask(&customer.owner, &assign("")).await), "FORBIDDEN");
    let hurry = format!(
        "mutation {{ ticketPrioritySet({at}, priority: URGENT) {{ ticket {{ priority }} userErrors {{ code }} }} }}"
    );
    assert_eq!(stage.done(&operator, &hurry).await["ticketPrioritySet"]["ticket"]["priority"], "URGENT");
    assert_eq!(code(&stage.ask(&customer.owner, &hurry).await), "FORBIDDEN");
    let queued = async |which: &str| {
        let found =
            stage.done(&operator, &format!("{{ ticketQueue{which} {{ nodes {{ id priority }} }} }}")).await;
        found["ticketQueue"]["nodes"].as_array().map(Vec::len)
    };
    assert_eq!(queued(&format!("(assigneeId: \"{chief}\")")).await, Some(1));
    assert_eq!(queued("(priority: URGENT)").await, Some(1));
    assert_eq!(queued("(priority: LOW)").await, Some(0));
    let seen = stage
        .done(&customer.owner, &format!("{{ ticket({at}) {{ priority assigneeId assigneeLogin }} }}"))
        .await;
    assert_eq!(seen["ticket"], json!({ "priority": null, "assigneeId": null, "assigneeLogin": null }));
    let feed =
        stage.done(&customer.owner, "{ events(first: 100) { nodes { kind changes { field to } } } }").await;
    assert!(!feed.to_string().contains("urgent") && !feed.to_string().contains(&chief), "{feed:#}");
    let cleared = stage.done(&operator, &assign("")).await;
    assert_eq!(cleared["ticketAssign"]["ticket"]["assigneeId"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tickets_become_one_that_its_customer_rates() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let (customer, id) = asked(&stage, &operator).await;
    let again = "mutation { ticketOpen(input: { kind: TECHNICAL, subject: \"Again\", text: \"Still no mail.\" }) \
                 { ticket { id } userErrors { code } } }";
    let again = stage.done(&customer.owner, again).await;
    let second = again["ticketOpen"]["ticket"]["id"].as_str().expect("an id").to_owned();
    let merge = format!(
        "mutation {{ ticketMerge(accountId: \"{}\", ticketId: \"{second}\", intoTicketId: \"{id}\") {{ ticket {{ id messages \
         {{ text }} }} userErrors {{ code }} }} }}",
        customer.account
    );
    let refused = stage.ask(&customer.owner, &merge).await;
    assert_eq!(code(&refused), "FORBIDDEN", "{refused:#}");
    let merged = stage.done(&operator, &merge).await["ticketMerge"]["ticket"].clone();
    assert_eq!(merged["id"], json!(id));
    assert_eq!(merged["messages"], json!([{ "text": "Since today." }, { "text": "Still no mail." }]));
    let seen = format!("{{ ticket(ticketId: \"{second}\") {{ status mergedIntoId messages {{ text }} }} }}");
    let seen = stage.done(&customer.owner, &seen).await["ticket"].clone();
    assert_eq!((&seen["status"], &seen["mergedIntoId"]), (&json!("RESOLVED"), &json!(id)));
    let rate = |ticket: &str, stars: u8| {
        format!(
            "mutation {{ ticketRate(accountId: \"{}\", ticketId: \"{ticket}\", stars: {stars}, words: \"Quick\") {{ ticket {{ \
             rating {{ stars words }} }} userErrors {{ code field limits {{ allowed used }} }} }} }}",
            customer.account
        )
    };
    for (ticket, stars, expected) in
        [(&second, 5, "TICKET_MERGED"), (&id, 5, "TICKET_NOT_RESOLVED"), (&id, 6, "TICKET_NOT_RESOLVED")]
    {
        let refused = stage.ask(&customer.owner, &rate(ticket, stars)).await["data"]["ticketRate"].clone();
        assert_eq!(refused["userErrors"][0]["code"], expected, "{refused:#}");
    }
    let resolve = format!("mutation {{ ticketResolve(ticketId: \"{id}\") {{ userErrors {{ code }} }} }}");
    stage.done(&customer.owner, &resolve).await;
    let refused = stage.ask(&customer.owner, &rate(&id, 6)).await["data"]["ticketRate"].clone();
    assert_eq!(refused["userErrors"][0]["limits"], json!([{ "allowed": 5, "used": 6 }]));
    let praised = stage.ask(&operator, &rate(&id, 5)).await;
    assert_eq!(code(&praised), "FORBIDDEN", "nobody praises themselves");
    let rated = stage.done(&customer.owner, &rate(&id, 4)).await["ticketRate"]["ticket"].clone();
    assert_eq!(rated["rating"], json!({ "stars": 4, "words": "Quick" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_wrote_is_unreadable_once_they_are_erased_and_the_rest_stays() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let register = format!(
        "mutation {{ userRegister(input: {{ login: \"leaver\", password: \"{PASSWORD}\", role: OWNER }}) \
         {{ user {{ id }} userErrors {{ code }} }} }}"
    );
    let registered = stage.done(&customer.owner, &register).await;
    let leaver = registered["userRegister"]["user"]["id"].as_str().expect("an id").to_owned();
    let token = stage.sign_in("leaver", PASSWORD).await;
    let open = "mutation { ticketOpen(input: { kind: TECHNICAL, subject: \"why\", text: \"words of the leaver\" }) \
                { ticket { id } userErrors { code } } }";
    let opened = stage.done(&token, open).await;
    let id = opened["ticketOpen"]["ticket"]["id"].as_str().expect("an id").to_owned();
    let account = customer.account.parse().expect("an account");
    let place = (account, id.parse().expect("a ticket"));
    let file = |name: &str| GivenFile {
        name: name.to_owned(),
        octets: name.as_bytes().to_vec(),
        is_internal: false,
    };
    let give = async |token: &str, name: &str| {
        let given = stage.api.ticket_file_give(&knock(Language::English, token), place, file(name)).await;
        given.expect("taken");
    };
    give(&token, "face.png").await;
    let reply = |text: &str| {
        format!(
            "mutation {{ ticketReply(accountId: \"{}\", ticketId: \"{id}\", text: \"{text}\") {{ userErrors {{ code }} }} }}",
            customer.account
        )
    };
    stage.done(&operator, &reply("words of the support")).await;
    stage.done(&customer.owner, &reply("words of the owner")).await;
    give(&customer.owner, "log.txt").await;
    let remove = format!("mutation {{ userRemove(userId: \"{leaver}\") {{ userErrors {{ code }} }} }}");
    stage.done(&customer.owner, &remove).await;
    let erase = format!("mutation {{ personErase(userId: \"{leaver}\") {{ userErrors {{ code }} }} }}");
    stage.done(&customer.owner, &erase).await;
    let account: kernel::AccountId = account;
    let subject = kernel::SubjectId::of_user(leaver.parse().expect("a user"));
    let now = journal::Clock::now(&journal::SystemClock);
    stage.keyring.destroy(account.tenant(), subject, now).await.expect("destroyed");
    let read = format!("{{ ticket(ticketId: \"{id}\") {{ messages {{ text files {{ name }} }} }} }}");
    let told = stage.done(&customer.owner, &read).await["ticket"]["messages"].clone();
    assert_eq!(
        told,
        json!([
            { "text": null, "files": [{ "name": null }] },
            { "text": "words of the support", "files": [] },
            { "text": "words of the owner", "files": [{ "name": "log.txt" }] },
        ])
    );
    let take =
        async |number| stage.api.ticket_file(&knock(Language::English, &customer.owner), place, number).await;
    assert_eq!(take(1).await.err(), Some(NoBytes::NotFound));
    assert_eq!(take(2).await.expect("kept").octets, b"log.txt");
    let feed = "{ events(first: 500) { nodes { changes { field from to } } } }";
    let feed = stage.done(&customer.owner, feed).await.to_string();
    assert!(!feed.contains("words of the leaver") && feed.contains("words of the owner"), "{feed}");
}
