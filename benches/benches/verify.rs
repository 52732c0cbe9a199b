//! The checks of incoming mail over a zone in memory: what they cost beside DNS.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use kernel::{DomainName, Timestamp};
use resolver::{Name, Zone};
use sign::{Algorithm, Prepared, Signer, SigningKey, generate};
use verify::dkim::{DkimResult, Message};
use verify::dmarc::Identifiers;
use verify::spf::{Question, SpfResult};

const NOW_SECS: i64 = 1_800_000_000;

/// A letter of 30 KB.
fn letter() -> Vec<u8> {
    let line = "An ordinary line of an ordinary letter, seventy-odd octets with its end.\r\n";
    format!(
        "From: Ann <ann@example.org>\r\nTo: Bob <bob@demo.example>\r\nSubject: letter\r\n\
         Date: Wed, 17 Jul 2026 02:23:25 -0700\r\nMessage-ID: <1@example.org>\r\n\r\n{}",
        line.repeat(400)
    )
    .into_bytes()
}

/// The letter signed by `algorithm`, and the record of its key.
fn signed(algorithm: Algorithm, selector: &str) -> (Vec<u8>, String) {
    let der = generate(algorithm).expect("a key");
    let key = SigningKey::from_pkcs8(algorithm, &der).expect("a key");
    let kind = if algorithm == Algorithm::Rsa { "rsa" } else { "ed25519" };
    let public = format!("v=DKIM1; k={kind}; p={}", key.public());
    let letter = letter();
    let signer = Signer {
        domain: DomainName::parse("example.org").expect("a name"),
        selector: selector.to_owned(),
        key,
        lifetime: None,
    };
    let now = Timestamp::from_secs(NOW_SECS);
    let field = signer.sign(&Prepared::new(&letter), now).expect("a signature");
    let pieces: Vec<String> =
        public.as_bytes().chunks(200).map(|p| format!("\"{}\"", String::from_utf8_lossy(p))).collect();
    let record = format!("{selector}._domainkey.example.org. TXT {}\n", pieces.join(" "));
    ([field.as_bytes(), &letter].concat(), record)
}

fn verify(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let (by_rsa, rsa_record) = signed(Algorithm::Rsa, "r");
    let (by_ed25519, ed25519_record) = signed(Algorithm::Ed25519, "e");
    let zone = Zone::parse(&format!(
        "{rsa_record}{ed25519_record}example.org. TXT \"v=spf1 include:a.example.org include:b.example.org mx -all\"\n\
         a.example.org. TXT \"v=spf1 ip4:198.51.100.0/24 -all\"\nb.example.org. TXT \"v=spf1 ip4:203.0.113.0/24 -all\"\n\
         example.org. MX 10 mx.example.org.\nmx.example.org. A 192.0.2.1\n\
         _dmarc.example.org. TXT \"v=DMARC1; p=reject\"\n"
    ))
    .expect("a zone");
    let mut group = criterion.benchmark_group("verify");
    for (name, octets) in [("DKIM RSA 2048, 30 KB", &by_rsa), ("DKIM Ed25519, 30 KB", &by_ed25519)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let message = Message::new(black_box(octets));
                let results =
                    runtime.block_on(verify::dkim::verify(&zone, &message, NOW_SECS.unsigned_abs()));
                assert_eq!(results[0].result, DkimResult::Pass, "{}", results[0].reason);
            });
        });
    }
    let question = Question {
        address: "192.0.2.1".parse().expect("an address"),
        domain: "example.org",
        local_part: "ann",
        helo: "mx.example.org",
        receiver: "mx.demo.example",
        now_secs: NOW_SECS,
    };
    group.bench_function("SPF, two includes and an mx", |bencher| {
        bencher.iter(|| {
            let spf = runtime.block_on(verify::spf::check(&zone, black_box(&question)));
            assert_eq!(spf.result, SpfResult::Pass);
        });
    });
    let name = |text| Name::parse(text).expect("a name");
    let identifiers = Identifiers { dkim: vec![name("mail.example.org")], ..Identifiers::default() };
    group.bench_function("DMARC, relaxed by a walk", |bencher| {
        bencher.iter(|| {
            runtime.block_on(verify::dmarc::evaluate(&zone, black_box(&[name("example.org")]), &identifiers))
        });
    });
    group.finish();
}

criterion_group!(all, verify);
criterion_main!(all);
