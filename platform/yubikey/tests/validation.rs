//! YubiKeys before validation servers that are honest, broken, forged, away, or several.

mod fake;

use std::sync::Arc;

use fake::{CLIENT_ID, Manner, SECRET_KEY, server, typed};
use yubikey::{Caller, Otp, Reach, Refused, Servers, SetUpError, SystemLookup, Touch, Verifier};

const KEY: &str = "cccccccbcjdi";

fn caller() -> Caller {
    Caller::new(Reach::default().with_loopback(), Arc::new(SystemLookup), vec![]).expect("a caller")
}

fn servers(urls: &[&str]) -> Servers {
    Servers {
        urls: urls.iter().map(|&url| url.to_owned()).collect(),
        client_id: CLIENT_ID.to_owned(),
        secret_key: SECRET_KEY.to_owned(),
    }
}

fn verifier(urls: &[&str]) -> Verifier {
    Verifier::new(servers(urls), caller()).expect("set up")
}

fn otp(touch: u8) -> Otp {
    Otp::parse(&typed(KEY, touch)).expect("of the right form")
}

/// A port where nobody listens.
async fn away() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    format!("http://{}/wsapi/2.0/verify", listener.local_addr().expect("bound"))
}

#[tokio::test]
async fn a_touch_is_good_once_and_an_earlier_one_never() {
    let url = server(Manner::Honest).await;
    let verifier = verifier(&[&url]);
    assert_eq!(verifier.verify(&otp(5)).await, Ok(Touch { counter: Some(19 * 256 + 5) }));
    assert_eq!(verifier.verify(&otp(5)).await, Err(Refused::Replayed));
    assert_eq!(verifier.verify(&otp(4)).await, Err(Refused::Replayed), "typed before, shown after");
    assert_eq!(verifier.verify(&otp(6)).await, Ok(Touch { counter: Some(19 * 256 + 6) }));
    let never = Otp::parse(&format!("{KEY}{}", "c".repeat(32))).expect("of the right form");
    assert_eq!(verifier.verify(&never).await, Err(Refused::Wrong));
}

#[tokio::test]
async fn what_is_forged_repeated_or_broken_is_as_if_nobody_had_answered() {
    for manner in [Manner::Forged, Manner::Broken, Manner::Garbage] {
        let url = server(manner).await;
        assert_eq!(verifier(&[&url]).verify(&otp(1)).await, Err(Refused::Unreachable), "{manner:?}");
    }
    let url = server(Manner::Repeating).await;
    let repeating = verifier(&[&url]);
    assert!(repeating.verify(&otp(1)).await.is_ok());
    assert_eq!(repeating.verify(&otp(2)).await, Err(Refused::Unreachable), "an old yes is no yes");
    let url = server(Manner::Honest).await;
    let stranger = Servers { client_id: "88".to_owned(), ..servers(&[&url]) };
    let stranger = Verifier::new(stranger, caller()).expect("set up");
    assert_eq!(stranger.verify(&otp(1)).await, Err(Refused::Unreachable));
    let other = Servers { secret_key: "AAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned(), ..servers(&[&url]) };
    let other = Verifier::new(other, caller()).expect("set up");
    assert_eq!(other.verify(&otp(1)).await, Err(Refused::Unreachable), "our signature was refused");
    assert!(verifier(&[&url]).verify(&otp(1)).await.is_ok(), "nothing of that has used the touch up");
}

#[tokio::test]
async fn of_several_servers_one_that_knows_is_enough() {
    let (honest, broken, gone) = (server(Manner::Honest).await, server(Manner::Broken).await, away().await);
    let verifier = verifier(&[&gone, &broken, &honest]);
    assert!(verifier.verify(&otp(1)).await.is_ok());
    assert_eq!(verifier.verify(&otp(1)).await, Err(Refused::Replayed));
    // The same server twice: it knows by the nonce that it is one question.
    let url = server(Manner::Honest).await;
    assert!(self::verifier(&[&url, &url]).verify(&otp(1)).await.is_ok());
    assert_eq!(self::verifier(&[&gone, &broken]).verify(&otp(2)).await, Err(Refused::Unreachable));
}

#[tokio::test]
async fn a_server_of_our_own_networks_is_not_called_unless_allowed() {
    let url = server(Manner::Honest).await;
    let confined = Caller::new(Reach::default(), Arc::new(SystemLookup), vec![]).expect("a caller");
    let verifier = Verifier::new(servers(&[&url]), confined).expect("set up");
    assert_eq!(verifier.verify(&otp(1)).await, Err(Refused::Unreachable));
}

#[test]
fn a_wrong_set_up_says_what_is_expected() {
    let good = "https://api.yubico.com/wsapi/2.0/verify";
    let with = |change: &dyn Fn(&mut Servers)| {
        let mut servers = servers(&[good]);
        change(&mut servers);
        Verifier::new(servers, caller()).map(|_| ()).expect_err("wrong")
    };
    assert_eq!(with(&|servers| servers.urls.clear()), SetUpError::ServerCount);
    assert_eq!(with(&|servers| servers.urls = vec![good.to_owned(); 6]), SetUpError::ServerCount);
    for url in ["api.yubico.com", "ftp://api.yubico.com/", "https://api.yubico.com/?x=1", "https://a@b/"] {
        assert_eq!(with(&|servers| servers.urls = vec![url.to_owned()]), SetUpError::Url, "{url}");
    }
    for id in ["", "x", "123456789012345678901", "1&otp=2"] {
        assert_eq!(with(&|servers| id.clone_into(&mut servers.client_id)), SetUpError::ClientId, "{id}");
    }
    assert_eq!(with(&|servers| servers.secret_key = "secret".to_owned()), SetUpError::SecretKey);
    assert!(!format!("{:?}", servers(&[good])).contains(SECRET_KEY));
}
