//! What a message is given on its way out: signatures, seals, a rewritten sender.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use kernel::{DomainName, EmailAddress, Timestamp};
use sign::{Algorithm, ChainState, Prepared, Signer, SigningKey, Srs, generate, seal};

fn message() -> Vec<u8> {
    let text = "Line of an ordinary letter, with some words in it, as they come.\r\n".repeat(460);
    format!(
        "From: Ann <ann@x.example>\r\nTo: Bob <bob@demo.example>\r\nSubject: letter\r\nMIME-Version: 1.0\r\n\
         Date: Wed, 25 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@x.example>\r\nContent-Type: text/plain\r\n\r\n{text}"
    )
    .into_bytes()
}

fn key(algorithm: Algorithm) -> SigningKey {
    SigningKey::from_pkcs8(algorithm, &generate(algorithm).expect("a key")).expect("what was made")
}

fn signing(criterion: &mut Criterion) {
    let (octets, now) = (message(), Timestamp::from_secs(1_800_000_000));
    let domain = DomainName::parse("x.example").expect("a domain");
    let signers = Algorithm::ALL.map(|algorithm| Signer {
        domain: domain.clone(),
        selector: "h1".to_owned(),
        key: key(algorithm),
        lifetime: Some(Duration::from_secs(7 * 86_400)),
    });
    let mut group = criterion.benchmark_group("sign");
    for signer in &signers {
        group.bench_function(format!("30 KB, {}", signer.key.algorithm().tag()), |bencher| {
            bencher.iter(|| signer.sign(&Prepared::new(black_box(&octets)), now).expect("a signature"));
        });
    }
    group.bench_function("30 KB, both", |bencher| {
        bencher.iter(|| {
            let prepared = Prepared::new(black_box(&octets));
            signers.each_ref().map(|signer| signer.sign(&prepared, now).expect("a signature"))
        });
    });
    group.bench_function("30 KB, read and hashed only", |bencher| {
        bencher.iter(|| Prepared::new(black_box(&octets)));
    });
    let rsa = key(Algorithm::Rsa);
    let sealer = Signer { domain: domain.clone(), selector: "arc".to_owned(), key: rsa, lifetime: None };
    group.bench_function("30 KB, first ARC set, rsa-sha256", |bencher| {
        bencher.iter(|| {
            let prepared = Prepared::new(black_box(&octets));
            seal(&sealer, &prepared, "x.example; spf=pass", ChainState::None, now).expect("a seal")
        });
    });
    group.finish();

    let srs = Srs::new(&[7; 32], domain);
    let sender = EmailAddress::parse("ann@elsewhere.example").expect("an address");
    let rewritten = srs.forward(&sender, now).expect("an address");
    let mut group = criterion.benchmark_group("srs");
    group.bench_function("forward", |bencher| bencher.iter(|| srs.forward(black_box(&sender), now)));
    group.bench_function("reverse", |bencher| bencher.iter(|| srs.reverse(black_box(&rewritten), now)));
    group.finish();
}

criterion_group!(benches, signing);
criterion_main!(benches);
