//! Crowds of one network before the real server, on sockets: nobody else waits for them.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::client::{Proxies, seen};
use crate::limit::{
    BODY_TIME_MIN, CONNECTIONS_OF_NETWORK_MAX, HEAD_TIME_MAX, REQUEST_COUNT_MAX, UNDER_WAY_OF_NETWORK_MAX,
};
use crate::{Plain, Transport, guard, serve};

/// The proxy of the operator's.
const PROXY: u8 = 9;
/// A request whose body has begun and does not go on.
const DRIPPING: &str = "POST /ask HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx";
const ASKING: &str = "POST /ask HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx";
const HEALTH: &str = "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/// The server with one question; tells who asks.
async fn server(stop: &CancellationToken) -> SocketAddr {
    let proxies = Proxies::new(&[format!("127.0.0.{PROXY}/32").parse().expect("a network")]);
    let answer = |ConnectInfo(peer): ConnectInfo<SocketAddr>, body: String| async move {
        format!("{} said {body}", peer.ip())
    };
    let router = Router::new().route("/ask", post(answer)).route("/health/live", get(async || "live"));
    let router = guard::small(router, &guard::Room::default());
    let router = guard::guarded(router, Transport::Plain).layer(from_fn_with_state(proxies.clone(), seen));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("it listens");
    serve(listener, Plain, (router, proxies), stop.clone()).expect("it serves").address
}

/// A connection of the peer 127.0.0.`host` that has said `words`.
async fn saying(server: SocketAddr, host: u8, words: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind((Ipv4Addr::new(127, 0, 0, host), 0).into()).expect("an address of its own");
    let mut stream = socket.connect(server).await.expect("it connects");
    // Whoever is refused may be gone before it has said anything.
    drop(stream.write_all(words.as_bytes()).await);
    stream
}

/// All that is told until the end.
async fn told(mut stream: TcpStream) -> String {
    let mut octets = Vec::new();
    drop(stream.read_to_end(&mut octets).await);
    String::from_utf8_lossy(&octets).into_owned()
}

async fn asked(server: SocketAddr, host: u8, words: &str) -> String {
    let answer = async { told(saying(server, host, words).await).await };
    tokio::time::timeout(Duration::from_secs(5), answer).await.expect("an answer, soon")
}

#[tokio::test]
async fn bodies_that_drip_from_many_networks_keep_nobody_from_an_answer() {
    let stop = CancellationToken::new();
    let server = server(&stop).await;
    let mut dripping = Vec::new();
    for host in 20..30 {
        for _ in 0..REQUEST_COUNT_MAX.div_ceil(10) + 1 {
            dripping.push(saying(server, host, DRIPPING).await);
        }
    }
    assert!(dripping.len() > REQUEST_COUNT_MAX);
    assert!(asked(server, 1, ASKING).await.ends_with("127.0.0.1 said x"));
    assert!(asked(server, 20, ASKING).await.ends_with("127.0.0.20 said x"), "its share is not used up");
    stop.cancel();
}

#[tokio::test]
async fn a_network_that_has_its_share_of_requests_is_told_so_and_asks_about_health() {
    let stop = CancellationToken::new();
    let server = server(&stop).await;
    let mut dripping = Vec::new();
    for _ in 0..UNDER_WAY_OF_NETWORK_MAX {
        dripping.push(saying(server, 2, DRIPPING).await);
    }
    // The server has read the last of them when this is refused; until then it may still be answered.
    let mut refused = asked(server, 2, ASKING).await;
    for _ in 0..50 {
        if refused.starts_with("HTTP/1.1 429") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        refused = asked(server, 2, ASKING).await;
    }
    assert!(refused.starts_with("HTTP/1.1 429"), "{refused}");
    assert!(refused.contains("retry-after: 1") && refused.contains("Your network has"), "{refused}");
    assert!(asked(server, 2, HEALTH).await.ends_with("live"));
    assert!(asked(server, 3, ASKING).await.ends_with("127.0.0.3 said x"));
    stop.cancel();
}

#[tokio::test]
async fn a_network_that_has_its_share_of_connections_is_told_so_and_a_proxy_has_none() {
    let stop = CancellationToken::new();
    let server = server(&stop).await;
    let mut silent = Vec::new();
    for host in [2, PROXY] {
        for _ in 0..CONNECTIONS_OF_NETWORK_MAX {
            silent.push(saying(server, host, "").await);
        }
    }
    let refused = asked(server, 2, HEALTH).await;
    assert!(refused.starts_with("HTTP/1.1 429") && refused.contains("Retry-After"), "{refused}");
    let (head, body) = refused.split_once("\r\n\r\n").expect("a head");
    assert!(head.contains(&format!("Content-Length: {}", body.len())), "{head}");
    assert!(asked(server, 3, HEALTH).await.ends_with("live"));
    let forwarded = ASKING.replace("Host: x", "Host: x\r\nX-Forwarded-For: 192.0.2.7");
    assert!(asked(server, PROXY, &forwarded).await.ends_with("192.0.2.7 said x"));
    stop.cancel();
}

#[tokio::test]
async fn behind_a_proxy_the_share_is_the_clients() {
    let stop = CancellationToken::new();
    let server = server(&stop).await;
    let of = |words: &str, client: &str| {
        words.replace("Host: x", &format!("Host: x\r\nX-Forwarded-For: {client}"))
    };
    let mut dripping = Vec::new();
    for host in 0..UNDER_WAY_OF_NETWORK_MAX {
        dripping.push(saying(server, PROXY, &of(DRIPPING, &format!("2001:db8:1:2::{host:x}"))).await);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let refused = asked(server, PROXY, &of(ASKING, "2001:db8:1:2:ffff::1")).await;
    assert!(refused.starts_with("HTTP/1.1 429"), "{refused}");
    assert!(asked(server, PROXY, &of(ASKING, "2001:db8:1:3::1")).await.ends_with("said x"));
    stop.cancel();
}

#[tokio::test(start_paused = true)]
async fn who_brings_no_request_or_no_body_is_let_go() {
    let stop = CancellationToken::new();
    let server = server(&stop).await;
    for (words, wait, answer) in [
        ("", HEAD_TIME_MAX, ""),
        // The first octet of either HTTP.
        ("P", HEAD_TIME_MAX, ""),
        ("GET / HTTP/1.1\r\nHost: x\r\n", HEAD_TIME_MAX, ""),
        (DRIPPING, BODY_TIME_MIN, "HTTP/1.1 408"),
    ] {
        let begun = tokio::time::Instant::now();
        let told = told(saying(server, 2, words).await).await;
        assert!(told.starts_with(answer), "{words:?}: {told}");
        assert!(begun.elapsed() >= wait && begun.elapsed() < wait * 3, "{words:?}: {:?}", begun.elapsed());
    }
    stop.cancel();
}
