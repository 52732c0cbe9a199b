//! What mutations answer: the changed thing, or why the model said no.

mod entry;

use std::time::Duration;

use async_graphql::{Context, Result, SimpleObject, Value};
use authority::{Denied, Limited};
use engine::{Case, Outcome};
use hosting::HostingRefusal;
use kernel::{AccountId, CommandId, CommandName, Cursor, LimitFact, Refusal};

use crate::error::{Fault, refusal_of};
use crate::language::Language;
use crate::limit::{PASSWORD_OCTETS_MAX, PASSWORD_OCTETS_MIN, READ_YOUR_WRITES_MS_MAX};
use crate::request::{Asked, boxed};
use crate::scalar::{Uid, Whole};

/// Why a mutation was refused. Nothing was changed.
#[derive(Debug, Clone, SimpleObject)]
pub struct UserError {
    /// For programs, for example `MAILBOX_LIMIT_REACHED`. Never renamed.
    pub code: String,
    /// The path of the input field at fault, for example `mailboxes.3.localPart`.
    pub field: Option<String>,
    /// For people, in the language of the request.
    pub message: String,
    /// The limits that stood in the way.
    pub limits: Vec<Limit>,
}

/// One limit that stood in the way.
#[derive(Debug, Clone, SimpleObject)]
pub struct Limit {
    /// What is limited, for example `mailboxes`.
    pub name: String,
    /// How much is allowed.
    pub allowed: Whole,
    /// How much is used already, where that matters.
    pub used: Option<Whole>,
}

impl From<LimitFact> for Limit {
    fn from(fact: LimitFact) -> Self {
        Self { name: fact.name.to_owned(), allowed: Whole(fact.allowed), used: fact.used.map(Whole) }
    }
}

/// The code of every fault that parsing finds.
pub(crate) const MALFORMED: &str = "MALFORMED";

/// The code where login or password is wrong.
pub(crate) const WRONG_CREDENTIALS: &str = "WRONG_CREDENTIALS";

/// What a mutation came to.
#[derive(Debug, Clone)]
pub(crate) enum Answer<K> {
    /// It is so now; the cursor is where to read it.
    Done { key: K, cursor: Cursor, is_repeat: bool },
    /// The model, or the parser, said no.
    Refused(Vec<UserError>),
}

impl<K> Answer<K> {
    pub(crate) fn errors(&self) -> &[UserError] {
        match self {
            Self::Done { .. } => &[],
            Self::Refused(errors) => errors,
        }
    }

    /// The same about something else.
    pub(crate) fn map<T>(self, change: impl FnOnce(K) -> T) -> Answer<T> {
        match self {
            Self::Done { key, cursor, is_repeat } => Answer::Done { key: change(key), cursor, is_repeat },
            Self::Refused(errors) => Answer::Refused(errors),
        }
    }

    pub(crate) const fn cursor(&self) -> Option<Cursor> {
        match self {
            Self::Done { cursor, .. } => Some(*cursor),
            Self::Refused(_) => None,
        }
    }
}

/// Gathers what is wrong with an input, all of it at once.
#[derive(Debug)]
pub(crate) struct Faults {
    language: Language,
    errors: Vec<UserError>,
}

impl Faults {
    pub(crate) fn new(ctx: &Context<'_>) -> Result<Self> {
        Ok(Self { language: ctx.caller()?.language, errors: Vec::new() })
    }

    /// Adds one: `field` is its path.
    pub(crate) fn add(&mut self, field: impl Into<String>, english: &str, french: &str) {
        self.errors.push(UserError {
            code: MALFORMED.to_owned(),
            field: Some(field.into()),
            message: self.language.pick(english, french).to_owned(),
            limits: Vec::new(),
        });
    }

    /// Adds one with a code of its own.
    pub(crate) fn coded(&mut self, code: &str, field: &str, english: &str, french: &str) {
        self.add(field, english, french);
        if let Some(error) = self.errors.last_mut() {
            code.clone_into(&mut error.code);
        }
    }

    /// Adds that something cannot end after so many days from now: it is 1 to `most`.
    pub(crate) fn days(&mut self, field: &str, most: u32, given: u32) {
        self.add(
            field,
            &format!("expected 1 to {most} days, not {given}"),
            &format!("de 1 à {most} jours attendus, pas {given}"),
        );
        if let Some(error) = self.errors.last_mut() {
            let (allowed, used) = (Whole(most.into()), Some(Whole(given.into())));
            error.limits.push(Limit { name: "days".to_owned(), allowed, used });
        }
    }

    /// Adds what the model says of one of several values of an argument, which is named.
    pub(crate) fn refused_by(&mut self, refusal: &impl Refusal, value: &str) {
        let said = user_error(refusal, self.language);
        self.errors.push(UserError { message: format!("`{value}`: {}", said.message), ..said });
    }

    /// What was found: for outcomes that are no payloads of an event.
    pub(crate) fn into_errors(self) -> Vec<UserError> {
        self.errors
    }

    /// The value, or a fault at `field` in the words of the parser.
    pub(crate) fn take<T, E: std::fmt::Display>(&mut self, field: &str, parsed: Result<T, E>) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(fault) => {
                self.add(field, &fault.to_string(), french(&fault.to_string()));
                None
            }
        }
    }

    /// A new password that is long enough and not easily guessed. `about` is what others know of its owner.
    pub(crate) fn password(
        &mut self,
        field: &str,
        password: String,
        about: &[&str],
    ) -> Option<secrecy::SecretString> {
        if password.len() < PASSWORD_OCTETS_MIN {
            self.add(
                field,
                "a password has at least 10 characters",
                "un mot de passe a au moins 10 caractères",
            );
            return None;
        }
        if password.len() > PASSWORD_OCTETS_MAX {
            // What is not ASCII takes more than one of them.
            self.add(
                field,
                "this password is too long: 512 characters at most, fewer with accents or signs",
                "ce mot de passe est trop long : 512 caractères au plus, moins avec des accents ou des signes",
            );
            return None;
        }
        if let Some((english, french)) = crate::access::strength::weakness(&password, about) {
            self.errors.push(UserError {
                code: "PASSWORD_WEAK".to_owned(),
                field: Some(field.to_owned()),
                message: self.language.pick(english, french).to_owned(),
                limits: Vec::new(),
            });
            return None;
        }
        Some(password.into())
    }

    /// Adds that login or password is wrong; which of them is not told.
    pub(crate) fn wrong_credentials(&mut self) {
        self.errors.push(UserError {
            code: WRONG_CREDENTIALS.to_owned(),
            field: None,
            message: self
                .language
                .pick("the login or the password is wrong", "l'identifiant ou le mot de passe est faux")
                .to_owned(),
            limits: Vec::new(),
        });
    }

    /// Adds that the second factor is missing or wrong.
    pub(crate) fn second_factor(&mut self, is_missing: bool) {
        self.second_factor_at("code", is_missing);
    }

    /// Adds that nobody can say whether what was typed is right.
    pub(crate) fn second_factor_unreachable(&mut self, field: &str) {
        self.coded(
            "SECOND_FACTOR_UNREACHABLE",
            field,
            "the server that knows YubiKeys does not answer: use a recovery code or another factor, or try again later",
            "le serveur qui vérifie les YubiKeys ne répond pas : utilisez un code de secours ou un autre facteur, ou \
             réessayez plus tard",
        );
    }

    /// The same in another field.
    pub(crate) fn second_factor_at(&mut self, field: &str, is_missing: bool) {
        let (code, english, french) = if is_missing {
            (
                "SECOND_FACTOR_NEEDED",
                "this login has a second factor: give a code of the authenticator app or of a YubiKey, a recovery code or a passkey",
                "cet accès a un second facteur : donnez un code de l'application ou d'une YubiKey, un code de secours ou une clé d'accès",
            )
        } else {
            (
                "WRONG_SECOND_FACTOR",
                "this code or passkey is wrong or was used before",
                "ce code ou cette clé d'accès est faux ou a déjà servi",
            )
        };
        self.errors.push(UserError {
            code: code.to_owned(),
            field: Some(field.to_owned()),
            message: self.language.pick(english, french).to_owned(),
            limits: Vec::new(),
        });
    }

    /// Adds that a passkey opens nothing here; why is not told.
    pub(crate) fn wrong_passkey(&mut self) {
        let (english, french) = (
            "this passkey opens nothing here, or the question is over: begin anew",
            "cette clé d'accès n'ouvre rien ici, ou la demande est expirée : recommencez",
        );
        self.errors.push(UserError {
            code: "WRONG_PASSKEY".to_owned(),
            field: Some("answer".to_owned()),
            message: self.language.pick(english, french).to_owned(),
            limits: Vec::new(),
        });
    }

    /// Whether nothing is wrong so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// Refuses with what was found, or goes on where nothing is wrong.
    pub(crate) fn refused<K>(self) -> Answer<K> {
        Answer::Refused(self.errors)
    }
}

/// The French sentence for a parser's English one.
fn french(english: &str) -> &str {
    match english {
        "an address needs an `@`" => "une adresse contient un `@`",
        "the part before the `@` is empty" => "la partie avant le `@` est vide",
        "the part before the `@` is longer than 64 octets" => "la partie avant le `@` dépasse 64 octets",
        "the part before the `@` holds a character that is not allowed, or a dot out of place" => {
            "la partie avant le `@` contient un caractère interdit ou un point mal placé"
        }
        "a domain has 1 to 255 octets" => "un domaine a de 1 à 255 octets",
        "the domain is not a valid name" => "le domaine n'est pas un nom valide",
        "a login name has 3 to 128 characters" => "un identifiant a de 3 à 128 caractères",
        "a login name holds letters, digits and . _ @ + - only" => {
            "un identifiant ne contient que des lettres, des chiffres et . _ @ + -"
        }
        other => other,
    }
}

/// The id of the intention: a new one, or what the caller's own comes to for them and this mutation.
///
/// Ids of things are derived from it, and events tell the ids from which the platform derives its own commands: what a caller gives
/// is never taken as it is, so that nobody names what another has made or is about to make, and two who choose the same mean two
/// things (decision 226). Whoever is not signed in is the address that they come from.
pub(crate) fn command(ctx: &Context<'_>, given: Option<Uid>) -> CommandId {
    let Some((Uid(given), caller)) = given.zip(ctx.caller().ok()) else {
        return CommandId::new(uuid::Uuid::now_v7());
    };
    let whose = ctx.bare_standing().map_or_else(
        |_| caller.peer.to_string(),
        |standing| format!("{} {:?}", standing.home, standing.principal.actor),
    );
    let name = format!("{whose} {}", ctx.field().name());
    CommandId::new(uuid::Uuid::new_v5(&given, name.as_bytes()))
}

/// Runs `use_case` as the caller; `key` names what the payload will show.
///
/// The authority's no and failures of the machine are errors, the model's no is an answer.
pub(crate) async fn run<K>(
    ctx: &Context<'_>,
    command: CommandId,
    use_case: &dyn Case<HostingRefusal>,
    key: K,
) -> Result<Answer<K>> {
    let standing = ctx.standing()?;
    let mut principal = standing.principal.clone();
    let account = use_case.tenant().account();
    // Whoever acts in an account that is not theirs acts for it: every event says so.
    if account != standing.home && account != AccountId::PLATFORM {
        principal.on_behalf_of = Some(account);
    }
    run_as(ctx, &principal, command, use_case, key).await
}

/// The same as another principal: for sign-ins, whose principal is only just proved.
pub(crate) async fn run_as<K>(
    ctx: &Context<'_>,
    principal: &authority::Principal,
    command: CommandId,
    use_case: &dyn Case<HostingRefusal>,
    key: K,
) -> Result<Answer<K>> {
    Ok(answered(ctx, principal, command, use_case).await?.map(|()| key))
}

/// The same for all kinds of keys: compiled once.
#[boxed]
async fn answered(
    ctx: &Context<'_>,
    principal: &authority::Principal,
    command: CommandId,
    use_case: &dyn Case<HostingRefusal>,
) -> Result<Answer<()>> {
    let caller = ctx.caller()?;
    // What was asked for stands with all that comes of it, also in other accounts.
    let content = crate::content::mark(ctx, command)?;
    let command = command.named(CommandName::of(ctx.field().name())).saying(content);
    let outcome = ctx.platform()?.engine.run(principal, command, caller.correlation, use_case).await;
    match outcome.map_err(|error| ctx.failed(use_case.name(), &error))? {
        Outcome::Done { cursor, is_repeat } => {
            // Whoever hears that a session has ended, or that a right was taken, is not asked to wait: what comes after the
            // answer is judged by it here. Done it is in any case.
            let patience = Duration::from_millis(READ_YOUR_WRITES_MS_MAX);
            if !ctx.platform()?.people.heard(cursor, patience).await {
                tracing::warn!(change = use_case.name(), "requests are not yet judged by what was done");
            }
            Ok(Answer::Done { key: (), cursor, is_repeat })
        }
        Outcome::Refused(refusal) => {
            let said = entry::named(ctx, use_case.tenant(), user_error(&refusal, caller.language))?;
            // A row of a bulk names its Box as the model calls it.
            let is_named = (is_of_state(&said) || is_kept(&said)) && ctx.field().name() != "bulk";
            Ok(Answer::Refused(vec![if is_named { at_box(ctx, said) } else { said }]))
        }
        // As the model says it, which looks at the same where it counts.
        Outcome::Denied(Denied::Limited(limited)) => {
            Ok(Answer::Refused(vec![at_box(ctx, user_error(&refusal_of(limited), caller.language))]))
        }
        // It is a field of what was sent that is at fault.
        Outcome::Denied(Denied::CommandReused) => Ok(Answer::Refused(vec![UserError {
            code: Fault::CommandReused.code().to_owned(),
            field: Some("commandId".to_owned()),
            message: Fault::CommandReused.text(caller.language).into_owned(),
            limits: Vec::new(),
        }])),
        Outcome::Denied(denied) => Err(ctx.fault(denied.into())),
    }
}

/// The answer where the model says no before anything is run: for values that are parsed by its own rules.
pub(crate) fn refusal<K>(ctx: &Context<'_>, refusal: &impl Refusal) -> Result<Answer<K>> {
    ctx.standing()?;
    Ok(Answer::Refused(vec![user_error(refusal, ctx.caller()?.language)]))
}

/// The thing that a mutation has made or changed; none where whoever did it may not see it: it is done all the same.
///
/// # Errors
/// Reading failed otherwise.
pub(crate) fn if_seen<T>(read: Result<T>) -> Result<Option<T>> {
    match read {
        Ok(thing) => Ok(Some(thing)),
        Err(error) => {
            let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
            let is_unseen = [Fault::Forbidden, Fault::NotFound]
                .iter()
                .any(|fault| code == Some(&Value::from(fault.code())));
            if is_unseen { Ok(None) } else { Err(error) }
        }
    }
}

/// The answer no, as the model would give it.
pub(crate) fn refused_by<K>(refusal: &impl Refusal, language: Language) -> Answer<K> {
    Answer::Refused(vec![user_error(refusal, language)])
}

/// Whether it is the state of a Box that stands in the way.
fn is_of_state(said: &UserError) -> bool {
    [Limited::Restricted, Limited::Suspended, Limited::Ended]
        .into_iter()
        .any(|limited| refusal_of(limited).code() == said.code)
}

/// Whether administrators keep all of something from the owner of a mailbox.
fn is_kept(said: &UserError) -> bool {
    said.code == "SETTING_NOT_SELF_SERVICE" && said.field.as_deref() == Some("mailboxId")
}

/// Whether the field is about something of a mailbox, which is the caller's own where none is named.
fn is_of_mailbox(field: &str) -> bool {
    ["appPassword", "filter", "push", "syncJob", "temporaryAlias"].iter().any(|noun| field.starts_with(noun))
}

/// The same with the argument by which the Box was meant: itself, or what is in it; where the caller named neither, the one that
/// names the mailbox, and none where the field has none.
fn at_box(ctx: &Context<'_>, said: UserError) -> UserError {
    let given = ctx.field().arguments().unwrap_or_default();
    let within = given.iter().filter_map(|(_, value)| match value {
        Value::Object(fields) => Some(fields),
        _ => None,
    });
    let named: Vec<&str> = given
        .iter()
        .map(|(name, value)| (name, value))
        .chain(within.flatten())
        .filter(|(_, value)| matches!(value, Value::String(_)))
        .map(|(name, _)| name.as_str())
        .collect();
    let of_things =
        named.iter().find(|name| name.ends_with("Id") && !["accountId", "commandId"].contains(name));
    let field = ["serviceId", "mailboxId", "domainId"].iter().find(|name| named.contains(name)).or(of_things);
    let field = field.or_else(|| is_of_mailbox(ctx.field().name()).then_some(&"mailboxId"));
    UserError { field: field.map(|name| (*name).to_owned()), ..said }
}

fn user_error(refusal: &impl Refusal, language: Language) -> UserError {
    UserError {
        code: refusal.code().to_owned(),
        field: refusal.field().map(str::to_owned),
        message: crate::wiring::text(refusal, language),
        limits: refusal.limits().into_iter().map(Limit::from).collect(),
    }
}

/// A payload type: `<Noun>Payload { <noun>, userErrors, position }`, where the noun is read from its projection once
/// that shows the change.
macro_rules! payload {
    ($(#[$doc:meta])* $name:ident { $field:ident: $object:ty, by $key:ty, $projection:expr, $read:path }) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name(pub(crate) $crate::payload::Answer<$key>);

        $(#[$doc])*
        #[async_graphql::Object]
        impl $name {
            /// The thing as it is now; none where the mutation was refused, or where the caller may not see it.
            async fn $field(&self, ctx: &async_graphql::Context<'_>) -> async_graphql::Result<Option<$object>> {
                match &self.0 {
                    $crate::payload::Answer::Done { key, cursor, .. } => {
                        $crate::request::settled(ctx, $projection, *cursor).await?;
                        $crate::payload::if_seen($read(ctx, key).await)
                    }
                    $crate::payload::Answer::Refused(_) => Ok(None),
                }
            }

            /// Why the mutation was refused; empty where it was done.
            async fn user_errors(&self) -> &[$crate::payload::UserError] {
                self.0.errors()
            }

            /// Where the change stands: give it as `atLeast` to a query that must show it.
            async fn position(&self) -> Option<$crate::scalar::Place> {
                self.0.cursor().map($crate::scalar::Place)
            }
        }
    };
}
pub(crate) use payload;

/// A payload type with a secret that is made by the mutation and shown once:
/// `<Noun>Payload { <noun>, <secret>, userErrors, position }`.
macro_rules! secret_payload {
    ($(#[$doc:meta])* $name:ident {
        $field:ident: $object:ty, by $key:ty, $projection:expr, $read:path;
        $(#[$secret_doc:meta])* $secret:ident
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name {
            pub(crate) answer: $crate::payload::Answer<$key>,
            pub(crate) secret: $crate::access::secret::Secret,
        }

        $(#[$doc])*
        #[async_graphql::Object]
        impl $name {
            /// The thing as it is now; none where the mutation was refused, or where the caller may not see it.
            async fn $field(&self, ctx: &async_graphql::Context<'_>) -> async_graphql::Result<Option<$object>> {
                match &self.answer {
                    $crate::payload::Answer::Done { key, cursor, .. } => {
                        $crate::request::settled(ctx, $projection, *cursor).await?;
                        $crate::payload::if_seen($read(ctx, key).await)
                    }
                    $crate::payload::Answer::Refused(_) => Ok(None),
                }
            }

            $(#[$secret_doc])*
            async fn $secret(&self) -> Option<String> {
                match self.answer {
                    $crate::payload::Answer::Done { is_repeat: false, .. } => Some(self.secret.reveal()),
                    $crate::payload::Answer::Done { is_repeat: true, .. }
                    | $crate::payload::Answer::Refused(_) => None,
                }
            }

            /// Why the mutation was refused; empty where it was done.
            async fn user_errors(&self) -> &[$crate::payload::UserError] {
                self.answer.errors()
            }

            /// Where the change stands: give it as `atLeast` to a query that must show it.
            async fn position(&self) -> Option<$crate::scalar::Place> {
                self.answer.cursor().map($crate::scalar::Place)
            }
        }
    };
}
pub(crate) use secret_payload;

#[cfg(test)]
mod tests {
    use hosting::LoginFault;
    use kernel::AddressFault;

    use super::*;

    #[test]
    fn what_parsers_say_of_addresses_and_logins_is_said_in_french() {
        let addresses = [
            AddressFault::NoAt,
            AddressFault::LocalPartEmpty,
            AddressFault::LocalPartTooLong,
            AddressFault::LocalPartCharacter,
            AddressFault::DomainLength,
            AddressFault::DomainLabel,
        ];
        let addresses = addresses.map(|fault| fault.to_string());
        let logins = [LoginFault::Length, LoginFault::Character].map(|fault| fault.to_string());
        for english in addresses.iter().chain(&logins) {
            assert_ne!(french(english), english);
        }
    }
}
