//! Calls to servers that answer, stall, answer garbage, answer too much, or stand where nobody may call.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use caller::{Answer, Bytes, Call, CallError, Caller, Lookup, Method, Reach};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello";

/// Every name leads there.
struct Everywhere(Vec<IpAddr>);

#[async_trait]
impl Lookup for Everywhere {
    async fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(self.0.clone())
    }
}

fn caller(reach: Reach, addresses: &[&str]) -> Caller {
    let addresses = addresses.iter().map(|text| text.parse().expect("an address")).collect();
    Caller::new(reach, Arc::new(Everywhere(addresses)), vec![]).expect("no roots")
}

async fn answer_once(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), answer: &str) -> String {
    let mut request = Vec::new();
    let mut octets = [0; 1024];
    while !request.windows(4).any(|window| window == b"\r\n\r\n") || !request.ends_with(b"!") {
        let count = stream.read(&mut octets).await.expect("a request");
        request.extend_from_slice(&octets[..count]);
    }
    stream.write_all(answer.as_bytes()).await.expect("written");
    String::from_utf8(request).expect("text")
}

/// A server of one answer in the clear; its port.
async fn server(answer: &'static str) -> (u16, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback");
    let port = listener.local_addr().expect("bound").port();
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a call");
        let request = answer_once(&mut stream, answer).await;
        if answer.is_empty() {
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
        request
    });
    (port, served)
}

fn call(url: String) -> Call {
    Call {
        method: Method::POST,
        url,
        headers: vec![],
        body: Bytes::from_static(b"hey!"),
        answer_octets_max: 100,
        deadline: Duration::from_millis(800),
    }
}

async fn on_loopback(answer: &'static str) -> Result<Answer, CallError> {
    let (port, _) = server(answer).await;
    let caller = caller(Reach::default().with_loopback(), &["127.0.0.1"]);
    caller.call(call(format!("http://localhost:{port}/hook?a=b"))).await
}

#[tokio::test]
async fn a_request_is_whole_and_its_answer_is_read() {
    let (port, served) = server(OK).await;
    let caller = caller(Reach::default().with_loopback(), &["127.0.0.1"]);
    let asked = call(format!("http://localhost:{port}/hook?a=b")).header("x-test", "1").expect("a header");
    let answer = caller.call(asked).await.expect("an answer");
    assert_eq!((answer.status, answer.body.as_ref(), answer.is_whole), (200, b"hello".as_slice(), true));
    assert_eq!(answer.content_type.as_deref(), Some("text/plain"));
    let request = served.await.expect("served");
    assert!(request.starts_with("POST /hook?a=b HTTP/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("host: localhost:{port}\r\n")) && request.ends_with("\r\n\r\nhey!"));
    assert!(request.contains("x-test: 1\r\n") && request.contains("content-length: 4\r\n"));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let answer =
        on_loopback("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1/\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(answer.await.expect("an answer").status, 302);
}

#[tokio::test]
async fn stalling_garbage_and_floods_end_in_time() {
    assert!(matches!(on_loopback("").await, Err(CallError::Late)));
    assert!(matches!(on_loopback("220 mail.example ESMTP\r\n").await, Err(CallError::Http(_))));
    let broken = "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nabc";
    assert!(on_loopback(broken).await.is_err());
    let flood = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nc8\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
                 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
                 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n0\r\n\r\n";
    let answer = on_loopback(flood).await.expect("an answer");
    assert_eq!((answer.body.len(), answer.is_whole), (100, false));
}

#[tokio::test]
async fn what_leads_into_our_own_networks_is_not_called() {
    let public = caller(Reach::default(), &["127.0.0.1"]);
    for url in ["https://shop.example/", "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/"]
    {
        assert!(matches!(public.call(call(url.to_owned())).await, Err(CallError::Forbidden)), "{url}");
    }
    // A name with a public address and one of ours, as in a rebinding.
    let mixed = caller(Reach::default(), &["9.9.9.9", "10.0.0.1"]);
    assert!(matches!(mixed.call(call("https://shop.example/".to_owned())).await, Err(CallError::Forbidden)));
    // In the clear only to this machine, whatever is allowed.
    let inside = Reach::new(vec!["10.0.0.0/8".parse().expect("a network")]);
    let inside = caller(inside, &["10.0.0.1"]);
    assert!(matches!(inside.call(call("http://shop.example/".to_owned())).await, Err(CallError::Clear)));
    for url in ["ftp://shop.example/", "https://a@shop.example/", "/hook", "https://"] {
        assert!(matches!(inside.call(call(url.to_owned())).await, Err(CallError::Url)), "{url}");
    }
}

#[tokio::test]
async fn a_certificate_must_be_good_for_the_name() {
    let made = rcgen::generate_simple_self_signed(vec!["shop.example".to_owned()]).expect("a certificate");
    let certificate = made.cert.der().clone();
    let key = rustls_pki_types::PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("a certificate");
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a call");
            if let Ok(mut stream) = acceptor.accept(stream).await {
                answer_once(&mut stream, OK).await;
                let _ = stream.shutdown().await;
            }
        }
    });
    let here = || Arc::new(Everywhere(vec![Ipv4Addr::LOCALHOST.into()]));
    let reach = Reach::default().with_loopback();
    let knowing = Caller::new(reach.clone(), here(), vec![certificate]).expect("roots");
    let at = |host: &str| call(format!("https://{host}:{port}/"));
    assert_eq!(knowing.call(at("shop.example")).await.expect("an answer").status, 200);
    assert!(matches!(knowing.call(at("other.example")).await, Err(CallError::Tls(_))));
    let unknowing = Caller::new(reach, here(), vec![]).expect("no roots");
    assert!(matches!(unknowing.call(at("shop.example")).await, Err(CallError::Tls(_))));
}
