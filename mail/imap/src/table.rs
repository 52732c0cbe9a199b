//! Every command: its name, when it may be given, how its arguments are read, who runs it, and whether changes of the
//! folder may be told before its answer.

use crate::answer::{Failure, Outcome};
use crate::command;
use crate::grammar::{self, Parsed, Parser};
use crate::session::Session;

/// When a command may be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Always,
    NotAuthenticated,
    Authenticated,
    Selected,
}

/// What may be told of the folder before the answer (RFC 9051 section 7.5.1): sequence numbers must not move under a
/// command that uses them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Updates {
    /// Everything.
    All,
    /// Nothing that moves sequence numbers.
    Still,
}

macro_rules! commands {
    ($($name:literal $when:ident $updates:ident $variant:ident($arguments:ty) = $parse:path => $run:path;)*) => {
        /// A command with its arguments.
        #[derive(Debug)]
        pub(crate) enum Body {
            $($variant($arguments),)*
        }

        impl Body {
            /// Reads the arguments of the command `name`; none where there is no such command.
            pub(crate) fn parse(name: &str, parser: &mut Parser<'_>) -> Option<Parsed<Self>> {
                match name {
                    $($name => Some($parse(parser).map(Self::$variant)),)*
                    _ => None,
                }
            }

            pub(crate) const fn when(&self) -> When {
                match self {
                    $(Self::$variant(_) => When::$when,)*
                }
            }

            pub(crate) const fn updates(&self) -> Updates {
                match self {
                    $(Self::$variant(_) => Updates::$updates,)*
                }
            }

            /// Runs the command. Each future is boxed: a waiting session holds none of them.
            pub(crate) async fn run(self, session: &mut Session<'_>) -> Outcome {
                match self {
                    $(Self::$variant(arguments) => Box::pin($run(session, arguments)).await,)*
                }
            }
        }
    };
}

commands! {
    "CAPABILITY"   Always           All   Capability(()) = grammar::nothing => command::capability::run;
    "NOOP"         Always           All   Noop(()) = grammar::nothing => command::noop::run;
    "LOGOUT"       Always           Still Logout(()) = grammar::nothing => command::logout::run;
    "ID"           Always           All   Id(()) = grammar::id => command::id::run;
    "STARTTLS"     NotAuthenticated Still StartTls(()) = grammar::nothing => command::starttls::run;
    "LOGIN"        NotAuthenticated Still Login(grammar::Login) = grammar::login => command::login::run;
    "AUTHENTICATE" NotAuthenticated Still Authenticate(grammar::Authenticate) = grammar::authenticate => command::authenticate::run;
    "ENABLE"       Authenticated    All   Enable(grammar::Enable) = grammar::enable => command::enable::run;
    "SELECT"       Authenticated    Still Select(grammar::Select) = grammar::select => command::select::select;
    "EXAMINE"      Authenticated    Still Examine(grammar::Select) = grammar::select => command::select::examine;
    "CREATE"       Authenticated    All   Create(grammar::Create) = grammar::create => command::create::run;
    "DELETE"       Authenticated    All   Delete(grammar::Naming) = grammar::naming => command::delete::run;
    "RENAME"       Authenticated    All   Rename(grammar::Renaming) = grammar::renaming => command::rename::run;
    "SUBSCRIBE"    Authenticated    All   Subscribe(grammar::Naming) = grammar::naming => command::subscribe::subscribe;
    "UNSUBSCRIBE"  Authenticated    All   Unsubscribe(grammar::Naming) = grammar::naming => command::subscribe::unsubscribe;
    "LIST"         Authenticated    All   List(grammar::List) = grammar::list => command::list::list;
    "LSUB"         Authenticated    All   Lsub(grammar::List) = grammar::lsub => command::list::lsub;
    "NAMESPACE"    Authenticated    All   Namespace(()) = grammar::nothing => command::namespace::run;
    "STATUS"       Authenticated    All   Status(grammar::Status) = grammar::status => command::status::run;
    "APPEND"       Authenticated    All   Append(grammar::Append) = grammar::append => command::append::run;
    "IDLE"         Authenticated    All   Idle(()) = grammar::nothing => command::idle::run;
    "GETQUOTA"     Authenticated    All   GetQuota(String) = grammar::get_quota => command::quota::get_quota;
    "GETQUOTAROOT" Authenticated    All   GetQuotaRoot(grammar::Naming) = grammar::naming => command::quota::get_quota_root;
    "SETQUOTA"     Authenticated    All   SetQuota(grammar::QuotaLimits) = grammar::set_quota => command::quota::set_quota;
    "MYRIGHTS"     Authenticated    All   MyRights(grammar::Naming) = grammar::naming => command::acl::my_rights;
    "GETACL"       Authenticated    All   GetAcl(grammar::Naming) = grammar::naming => command::acl::get_acl;
    "LISTRIGHTS"   Authenticated    All   ListRights(grammar::Identified) = grammar::identified => command::acl::list_rights;
    "SETACL"       Authenticated    All   SetAcl(grammar::AclChange) = grammar::acl_change => command::acl::set_acl;
    "DELETEACL"    Authenticated    All   DeleteAcl(grammar::Identified) = grammar::identified => command::acl::delete_acl;
    "CHECK"        Selected         All   Check(()) = grammar::nothing => command::noop::run;
    "CLOSE"        Selected         Still Close(()) = grammar::nothing => command::close::close;
    "UNSELECT"     Selected         Still Unselect(()) = grammar::nothing => command::close::unselect;
    "EXPUNGE"      Selected         All   Expunge(()) = grammar::nothing => command::expunge::expunge;
    "UID EXPUNGE"  Selected         All   UidExpunge(grammar::Set) = grammar::uid_expunge => command::expunge::uid_expunge;
    "SEARCH"       Selected         Still Search(grammar::Search) = grammar::search => command::search::run;
    "UID SEARCH"   Selected         All   UidSearch(grammar::Search) = grammar::uid_search => command::search::run;
    "FETCH"        Selected         Still Fetch(grammar::Fetch) = grammar::fetch => command::fetch::run;
    "UID FETCH"    Selected         All   UidFetch(grammar::Fetch) = grammar::uid_fetch => command::fetch::run;
    "STORE"        Selected         Still Store(grammar::Storing) = grammar::store => command::store::run;
    "UID STORE"    Selected         All   UidStore(grammar::Storing) = grammar::uid_store => command::store::run;
    "COPY"         Selected         All   Copy(grammar::Copying) = grammar::copying => command::copy::run;
    "UID COPY"     Selected         All   UidCopy(grammar::Copying) = grammar::uid_copying => command::copy::run;
    "MOVE"         Selected         All   Move(grammar::Copying) = grammar::copying => command::r#move::run;
    "UID MOVE"     Selected         All   UidMove(grammar::Copying) = grammar::uid_copying => command::r#move::run;
}

/// That a command may be given now.
pub(crate) fn permit(when: When, session: &Session<'_>) -> Result<(), Failure> {
    match when {
        When::Always => Ok(()),
        When::NotAuthenticated if session.login.is_none() => Ok(()),
        When::NotAuthenticated => Err(Failure::Bad("You are signed in already")),
        When::Authenticated if session.login.is_some() => Ok(()),
        When::Selected if session.selected.is_some() => Ok(()),
        When::Authenticated => Err(Failure::Bad("Sign in first")),
        When::Selected if session.login.is_none() => Err(Failure::Bad("Sign in first")),
        When::Selected => Err(Failure::Bad("Select a folder first")),
    }
}
