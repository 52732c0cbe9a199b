//! What the server can do, in each state of a session.

use listener::Encryption;

/// The same before and after the login.
const ALWAYS: &str = "IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE";

/// What follows the login.
const AUTHENTICATED: &str = "IDLE UIDPLUS MOVE SPECIAL-USE CREATE-SPECIAL-USE NAMESPACE UNSELECT CONDSTORE QRESYNC \
ESEARCH SEARCHRES LIST-EXTENDED LIST-STATUS STATUS=SIZE QUOTA QUOTA=RES-STORAGE CHILDREN BINARY OBJECTID SAVEDATE \
PREVIEW WITHIN UTF8=ACCEPT ACL RIGHTS=kxte";

/// The list for a session.
pub(crate) fn capabilities(encryption: Encryption, is_authenticated: bool, append_limit: u64) -> String {
    if is_authenticated {
        return format!("{ALWAYS} {AUTHENTICATED} APPENDLIMIT={append_limit}");
    }
    match encryption {
        Encryption::Tls => format!("{ALWAYS} AUTH=PLAIN AUTH=LOGIN"),
        // A password in clear is never asked for (RFC 9051 section 6.2.3).
        Encryption::None => format!("{ALWAYS} STARTTLS LOGINDISABLED"),
    }
}
