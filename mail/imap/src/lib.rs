//! IMAP4rev1 and rev2.
