//! ENVELOPE (RFC 9051 section 7.5.2).

use message::{AddressItem, Envelope};

use crate::print::{nstring, string};

pub(crate) fn envelope(out: &mut Vec<u8>, envelope: &Envelope) {
    out.push(b'(');
    nstring(out, envelope.date.as_deref());
    out.push(b' ');
    nstring(out, envelope.subject.as_deref());
    // Sender and Reply-To say the same as From where they are absent.
    let or_from =
        |items: &'_ Vec<AddressItem>| if items.is_empty() { envelope.from.clone() } else { items.clone() };
    for items in [
        envelope.from.clone(),
        or_from(&envelope.sender),
        or_from(&envelope.reply_to),
        envelope.to.clone(),
        envelope.cc.clone(),
        envelope.bcc.clone(),
    ] {
        out.push(b' ');
        addresses(out, &items);
    }
    out.push(b' ');
    nstring(out, envelope.in_reply_to.as_deref());
    out.push(b' ');
    nstring(out, envelope.message_id.as_deref());
    out.push(b')');
}

fn addresses(out: &mut Vec<u8>, items: &[AddressItem]) {
    if items.is_empty() {
        return out.extend_from_slice(b"NIL");
    }
    out.push(b'(');
    for item in items {
        match item {
            AddressItem::Address(address) => {
                out.push(b'(');
                nstring(out, address.name.as_deref());
                out.extend_from_slice(b" NIL ");
                string(out, &address.local);
                out.push(b' ');
                string(out, &address.domain);
                out.push(b')');
            }
            AddressItem::GroupStart(name) => {
                out.extend_from_slice(b"(NIL NIL ");
                string(out, name);
                out.extend_from_slice(b" NIL)");
            }
            AddressItem::GroupEnd => out.extend_from_slice(b"(NIL NIL NIL NIL)"),
        }
    }
    out.push(b')');
}
