//! A validation server for YubiKeys, of version 2.0 of the protocol: it checks the client's signature, knows which touch was
//! used, and signs what it answers. Its signatures are computed here and not by what it judges.

use std::collections::{BTreeMap, HashMap};
use std::net::Ipv4Addr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

/// What clients and servers share.
pub(crate) const SECRET_KEY: &str = "mG5be6ZJU1qBGz24yPh/ESM3UdU=";
/// Who the client is there.
pub(crate) const CLIENT_ID: &str = "87";
/// Characters of a key's identity.
const IDENTITY_CHARACTER_COUNT: usize = 12;

/// How a server misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "each test has its own misfortunes")]
pub(crate) enum Manner {
    Honest,
    /// Says yes to everything.
    Gullible,
    /// Signs with another key.
    Forged,
    /// Says what it said first, whatever is asked.
    Repeating,
    /// Fails inside.
    Broken,
    /// Is not of the protocol.
    Garbage,
}

#[derive(Debug, Default)]
struct Memory {
    /// The last touch of each key, and the nonce it was asked with.
    last: HashMap<String, (String, String)>,
    first: Option<String>,
}

/// What a key of `identity` types at its `touch`: no real key, since nothing here knows its secret, and of the right form.
pub(crate) fn typed(identity: &str, touch: u8) -> String {
    let digits = b"cbdefghijklnrtuv";
    let digit = |value: u8| char::from(digits[usize::from(value)]);
    format!("{identity}{}{}{}", "v".repeat(30), digit(touch >> 4), digit(touch & 15))
}

/// Starts one; where it answers.
pub(crate) async fn server(manner: Manner) -> String {
    changing(manner).await.0
}

/// Starts one whose manner may change; where it answers.
pub(crate) async fn changing(manner: Manner) -> (String, Arc<Mutex<Manner>>) {
    let manner = Arc::new(Mutex::new(manner));
    let shared = Arc::clone(&manner);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback");
    let port = listener.local_addr().expect("bound").port();
    let memory = Arc::new(Mutex::new(Memory::default()));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (memory, manner) = (Arc::clone(&memory), Arc::clone(&shared));
            tokio::spawn(async move {
                let mut request = Vec::new();
                let mut octets = [0; 1024];
                while !request.windows(4).any(|window| window == b"\r\n\r\n") {
                    let count = stream.read(&mut octets).await.unwrap_or(0);
                    if count == 0 {
                        return;
                    }
                    request.extend_from_slice(&octets[..count]);
                }
                let request = String::from_utf8(request).expect("text");
                let manner = *manner.lock().await;
                let body = answered(manner, &mut *memory.lock().await, &request);
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            });
        }
    });
    (format!("http://127.0.0.1:{port}/wsapi/2.0/verify"), manner)
}

fn answered(manner: Manner, memory: &mut Memory, request: &str) -> String {
    let target = request.split(' ').nth(1).expect("a target");
    let query = target.strip_prefix("/wsapi/2.0/verify?").expect("the path of the protocol");
    let asked: BTreeMap<String, String> = query
        .split('&')
        .map(|pair| pair.split_once('=').expect("a pair"))
        .map(|(key, value)| {
            (key.to_owned(), value.replace("%2B", "+").replace("%2F", "/").replace("%3D", "="))
        })
        .collect();
    let of = |name: &str| asked.get(name).cloned().unwrap_or_default();
    let (otp, nonce) = (of("otp"), of("nonce"));
    let mut unsigned = asked.clone();
    unsigned.remove("h");
    let status = match manner {
        Manner::Garbage => return "<html>It works!</html>".to_owned(),
        Manner::Broken => "BACKEND_ERROR",
        Manner::Gullible => "OK",
        _ if of("id") != CLIENT_ID => "NO_SUCH_CLIENT",
        _ if signature(SECRET_KEY, &unsigned) != of("h") => "BAD_SIGNATURE",
        _ if !(16..=40).contains(&nonce.len()) || otp.len() < 34 => "MISSING_PARAMETER",
        _ => judged(memory, &otp, &nonce),
    };
    let mut answer = BTreeMap::from([
        ("t".to_owned(), "2026-11-25T20:34:50Z0678".to_owned()),
        ("otp".to_owned(), otp.clone()),
        ("nonce".to_owned(), nonce),
        ("sl".to_owned(), "25".to_owned()),
        ("status".to_owned(), status.to_owned()),
    ]);
    if status == "OK" && of("timestamp") == "1" {
        answer.insert("timestamp".to_owned(), "8000".to_owned());
        answer.insert("sessioncounter".to_owned(), "19".to_owned());
        answer.insert("sessionuse".to_owned(), touch_of(&otp).to_string());
    }
    let key = if manner == Manner::Forged { "AAAAAAAAAAAAAAAAAAAAAAAAAAA=" } else { SECRET_KEY };
    let mut lines = vec![format!("h={}", signature(key, &answer))];
    lines.extend(answer.iter().map(|(key, value)| format!("{key}={value}")));
    let body = lines.join("\r\n") + "\r\n\r\n";
    match manner {
        Manner::Repeating => memory.first.get_or_insert(body).clone(),
        _ => body,
    }
}

/// Only a later touch than the last is good.
fn judged(memory: &mut Memory, otp: &str, nonce: &str) -> &'static str {
    let (identity, secret) = otp.split_at(IDENTITY_CHARACTER_COUNT);
    if !secret.starts_with(&"v".repeat(30)) {
        return "BAD_OTP";
    }
    let last = memory.last.get(identity);
    if last.is_some_and(|(known, asked)| known == otp && asked == nonce) {
        return "REPLAYED_REQUEST";
    }
    if last.is_some_and(|(known, _)| touch_of(known) >= touch_of(otp)) {
        return "REPLAYED_OTP";
    }
    memory.last.insert(identity.to_owned(), (otp.to_owned(), nonce.to_owned()));
    "OK"
}

fn touch_of(otp: &str) -> u8 {
    let digits = "cbdefghijklnrtuv";
    otp[otp.len() - 2..].chars().fold(0, |sum, digit| {
        (sum << 4) | u8::try_from(digits.find(digit).expect("a digit")).expect("below 16")
    })
}

/// HMAC-SHA-1 (RFC 2104) of `key=value` joined by `&`; maps are in the order of their keys.
fn signature(key: &str, fields: &BTreeMap<String, String>) -> String {
    let line = fields.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&");
    let mut block = [0_u8; 64];
    let key = STANDARD.decode(key).expect("base64");
    block[..key.len()].copy_from_slice(&key);
    let hashed = |pad: u8, text: &[u8]| {
        let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
        context.update(&block.map(|octet| octet ^ pad));
        context.update(text);
        context.finish()
    };
    let inner = hashed(0x36, line.as_bytes());
    STANDARD.encode(hashed(0x5c, inner.as_ref()))
}
