//! Ids that stand in two accounts.
//!
//! Each is of one account alone, and whoever judges requests goes by that. Since decision 226 no other comes to be; before it,
//! whoever named the intention of somebody else could register a user, say, under the id of theirs. What stands twice is told by
//! its kind and its accounts: who of them had it first stands in their histories, and what is to be done about it is for people.

use database::Database;
use engine::Engine;
use kernel::AccountId;

/// A sentence for each id of a stream or an API token that stands in several accounts.
///
/// # Errors
/// The machine failed.
pub async fn doubles(engine: &Engine, database: &Database) -> anyhow::Result<Vec<String>> {
    let mut faults = Vec::new();
    for (stream, tenants) in journal::doubled_streams(database).await? {
        let accounts = tenants.into_iter().map(|tenant| tenant.account());
        faults.push(told(&stream.category.0.replace('_', " "), &stream.id.to_string(), accounts));
    }
    for (token, accounts) in graphql::doubled_tokens(engine).await? {
        faults.push(told("API token", &token.to_string(), accounts.into_iter()));
    }
    Ok(faults)
}

fn told(kind: &str, id: &str, accounts: impl Iterator<Item = AccountId>) -> String {
    let accounts: Vec<String> = accounts.map(|account| account.to_string()).collect();
    format!("ids: {id} ({kind}) stands in {} accounts: {}", accounts.len(), accounts.join(", "))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use authority::Permission;
    use hosting::LoginName;
    use hosting::use_case::{IssueToken, OpenAccount, RegisterUser};
    use hosting::user::UserRole;
    use kernel::{TokenId, UserId};
    use uuid::Uuid;

    use super::*;
    use crate::stage::{Stage, must};

    fn account(number: u128) -> AccountId {
        AccountId::new(Uuid::from_u128(number))
    }

    /// An account with a user who has a token.
    async fn customer(engine: &Engine, number: u128, (user, token): (u128, u128)) {
        let (account, user) = (account(number), UserId::new(Uuid::from_u128(user)));
        must(engine, &OpenAccount { account, name: "Customer".to_owned() }).await;
        let register = RegisterUser {
            account,
            user,
            login: LoginName::parse(&format!("owner{number}")).expect("a login"),
            name: None,
            password: None,
            role: UserRole::Owner,
            must_change_password: false,
            services: vec![],
        };
        must(engine, &register).await;
        let issue = IssueToken {
            account,
            user,
            token: TokenId::new(Uuid::from_u128(token)),
            name: "backup".to_owned(),
            permissions: [Permission::AccountRead].into_iter().collect(),
            secret_hash: [0; 32],
            expires_at: None,
            networks: vec![],
        };
        must(engine, &issue).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_id_of_two_accounts_is_told_with_its_kind_and_without_who_it_is() {
        let stage = Stage::open().await;
        let (engine, database) = (&*stage.engine, &stage.database);
        let people = Arc::new(graphql::People::default());
        graphql::register(engine, &people).await.expect("projections");
        customer(engine, 1, (11, 21)).await;
        customer(engine, 2, (12, 22)).await;
        engine.rebuild("user_list").await.expect("rebuilt");
        assert_eq!(doubles(engine, database).await.expect("checked"), Vec::<String>::new());
        // As it could come to be before.
        customer(engine, 3, (11, 22)).await;
        engine.rebuild("user_list").await.expect("rebuilt");
        let (user, token) = (Uuid::from_u128(11), Uuid::from_u128(22));
        let (one, two, three) = (account(1), account(2), account(3));
        assert_eq!(
            doubles(engine, database).await.expect("checked"),
            [
                format!("ids: {user} (user) stands in 2 accounts: {one}, {three}"),
                format!("ids: tokn_{} (API token) stands in 2 accounts: {two}, {three}", token.simple()),
            ]
        );
        engine.shutdown().await;
    }
}
