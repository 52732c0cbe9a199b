//! Running use cases from the command line.

use std::io::Read as _;
use std::process::ExitCode;

use anyhow::Context as _;
use authority::Principal;
use engine::{Case, Engine, Outcome};
use hosting::use_case::{AddSharedDomain, OpenAccount, PublishPlanVersion, RegisterUser};
use hosting::user::UserRole;
use hosting::{HostingRefusal, LoginName, PasswordHash};
use kernel::{
    AccountId, CommandId, CommandName, CorrelationId, Cursor, DomainId, DomainName, Id as _, UserId,
};
use secrecy::SecretString;
use uuid::Uuid;

use crate::config::Config;
use crate::platform::Platform;

/// The namespace of ids that are derived from the handles of files: the same handle is the same thing on every run.
const HANDLES: Uuid = Uuid::from_u128(0x6f1d_6a0e_2f53_4a0c_9a44_0d8a_51f3_77b1);
/// What the command line asks for, as the history of things tells it.
pub mod asked {
    use kernel::CommandName;

    /// `hosterra apply`.
    pub const APPLY: CommandName = CommandName::new("apply");
    /// `hosterra operator`.
    pub const OPERATOR: CommandName = CommandName::new("operator");
    /// `hosterra queue`.
    pub const QUEUE: CommandName = CommandName::new("queue");
    /// `hosterra serve`: what a start sets up, and the demo.
    pub const SERVE: CommandName = CommandName::new("serve");
}

/// Longest password that the standard input may hold.
const PASSWORD_OCTETS_MAX: u64 = 1024;

/// The id of the thing that a path of handles names.
pub fn id_of<T: kernel::Id>(path: &str) -> T {
    T::from_uuid(Uuid::new_v5(&HANDLES, path.as_bytes()))
}

/// Runs a use case as the operator, who typed the command `asked`: where the tenant stands then, or why not.
///
/// # Errors
/// The machine failed.
pub async fn run(
    engine: &Engine,
    asked: CommandName,
    use_case: &dyn Case<HostingRefusal>,
) -> anyhow::Result<Result<Cursor, HostingRefusal>> {
    let (command, correlation) = (CommandId::new(Uuid::now_v7()), CorrelationId::new(Uuid::now_v7()));
    let command = command.named(asked);
    match engine.run(&Principal::operator(), command, correlation, use_case).await? {
        Outcome::Done { cursor, .. } => Ok(Ok(cursor)),
        Outcome::Refused(refusal) => Ok(Err(refusal)),
        Outcome::Denied(denied) => anyhow::bail!("{}: {denied}", use_case.name()),
    }
}

/// The same where a refusal is a fault.
///
/// # Errors
/// The refusal's sentence, or the machine failed.
pub async fn must(
    engine: &Engine,
    asked: CommandName,
    use_case: &dyn Case<HostingRefusal>,
) -> anyhow::Result<Cursor> {
    run(engine, asked, use_case).await?.map_err(|refusal| anyhow::anyhow!("{}: {refusal}", use_case.name()))
}

/// The hash of a password, made on a thread that may block.
///
/// # Errors
/// The machine gives no randomness.
pub async fn hashed(password: String) -> anyhow::Result<PasswordHash> {
    let password = SecretString::from(password);
    let phc = tokio::task::spawn_blocking(move || directory::password::hash(&password)).await??;
    Ok(PasswordHash::parse(&phc)?)
}

/// The plans that the business offers; publishing one that is published changes nothing.
///
/// # Errors
/// The machine failed.
pub async fn publish_catalogue(engine: &Engine, asked: CommandName) -> anyhow::Result<()> {
    for entry in hosting::plan::catalogue() {
        let publish = PublishPlanVersion { plan: entry.plan, version: entry.version, terms: entry.terms };
        must(engine, asked, &publish).await?;
    }
    Ok(())
}

/// A domain of the platform's own.
///
/// # Errors
/// The refusal, or the machine failed.
pub async fn share_domain(
    engine: &Engine,
    asked: CommandName,
    name: &DomainName,
) -> anyhow::Result<Result<Cursor, HostingRefusal>> {
    let domain: DomainId = id_of(&format!("shared-domain/{name}"));
    run(engine, asked, &AddSharedDomain { domain, name: name.clone() }).await
}

/// `hosterra operator`.
///
/// # Errors
/// A login that cannot be one or is taken; the machine failed.
pub async fn register_operator(config: &Config, login: &str) -> anyhow::Result<ExitCode> {
    let login = LoginName::parse(login).map_err(|fault| anyhow::anyhow!("the login: {fault}"))?;
    let mut password = String::new();
    std::io::stdin()
        .take(PASSWORD_OCTETS_MAX)
        .read_to_string(&mut password)
        .context("reading the password")?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    anyhow::ensure!(password.chars().count() >= 10, "expected a password of at least 10 characters");
    let platform = Platform::open(config).await?;
    let open = OpenAccount { account: AccountId::PLATFORM, name: "Platform".to_owned() };
    // Opened before, most often.
    let _ = run(&platform.engine, asked::OPERATOR, &open).await?;
    let register = RegisterUser {
        account: AccountId::PLATFORM,
        user: UserId::from_uuid(Uuid::now_v7()),
        login,
        name: None,
        password: Some(hashed(password).await?),
        role: UserRole::Operator,
        must_change_password: false,
        services: vec![],
    };
    must(&platform.engine, asked::OPERATOR, &register).await?;
    platform.engine.shutdown().await;
    Ok(ExitCode::SUCCESS)
}
