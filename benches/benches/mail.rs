//! A message of 30 KB: taken apart, and stored durably by 1 and by 64 deliverers at a time.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use database::Database;
use kernel::{ByteSize, MailboxId, TenantId, Timestamp};
use store::{Acceptance, Deposit, Destination, Flags, Owner, Retention, SqlStore, Store as _};
use uuid::Uuid;

/// A usual message: text and HTML, and an attachment.
fn message(number: u64) -> Vec<u8> {
    let text = format!("Line of an ordinary letter, number {number}, with some words in it.\r\n").repeat(60);
    let attachment =
        "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU2Nzg5QUJDREVGR0hJSktMTU5PUFFSU1RV\r\n".repeat(270);
    format!(
        "From: Ann <ann@elsewhere.example>\r\nTo: Bob <bob@demo.example>\r\nSubject: letter {number}\r\n\
         Date: Wed, 17 Jul 2026 02:23:25 -0700\r\nMessage-ID: <{number}@elsewhere.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\nContent-Type: multipart/alternative; \
         boundary=inner\r\n\r\n--inner\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n--inner\r\n\
         Content-Type: text/html; charset=utf-8\r\n\r\n<p>{text}</p>\r\n--inner--\r\n--outer\r\n\
         Content-Type: application/pdf; name=x.pdf\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=x.pdf\r\n\r\n{attachment}--outer--\r\n"
    )
    .into_bytes()
}

fn acceptance(number: u64) -> Acceptance {
    let owner = Owner {
        tenant: TenantId::new(Uuid::from_u128(1)),
        mailbox: MailboxId::new(Uuid::from_u128(u128::from(number % 100) + 1)),
    };
    Acceptance {
        message: Bytes::from(message(number)),
        deposits: vec![Deposit {
            owner,
            destination: Destination::Inbox,
            flags: Flags::NONE,
            internal_date: None,
            quota: ByteSize::gib(100).into(),
            prefix: Bytes::from_static(b"Return-Path: <ann@elsewhere.example>\r\n"),
        }],
        queued: Vec::new(),
        sender: None,
        tenant: owner.tenant,
        dsn: (None, None),
        queueing: store::Queueing::default(),
    }
}

fn mail(criterion: &mut Criterion) {
    let octets = message(1);
    let mut group = criterion.benchmark_group("message");
    group.throughput(Throughput::Bytes(octets.len() as u64));
    group
        .bench_function("summarize 30 KB", |bencher| bencher.iter(|| message::summarize(black_box(&octets))));
    let summary = message::summarize(&octets);
    group.bench_function("search text 30 KB", |bencher| {
        bencher.iter(|| message::search_text(black_box(&octets), black_box(&summary)));
    });
    group.finish();

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder on the disk");
    let database = Database::open_sqlite(&folder.path().join("mail.db")).expect("a file");
    let now: store::Now = Arc::new(|| Timestamp::from_secs(1_800_000_000));
    let store =
        Arc::new(runtime.block_on(SqlStore::open(database, now, Retention::days(30))).expect("a store"));
    let mut group = criterion.benchmark_group("store");
    group.sample_size(10);
    let mut number = 0_u64;
    for deliverers in [1_u64, 64] {
        group.throughput(Throughput::Elements(deliverers));
        group.bench_function(format!("accept 30 KB, durable, {deliverers} at a time"), |bencher| {
            bencher.iter_custom(|rounds| {
                let started = Instant::now();
                runtime.block_on(async {
                    let mut tasks = tokio::task::JoinSet::new();
                    for deliverer in 0..deliverers {
                        let store = Arc::clone(&store);
                        let base = number + deliverer * rounds;
                        tasks.spawn(async move {
                            for round in 0..rounds {
                                let accepted =
                                    store.accept(acceptance(base + round)).await.expect("accepted");
                                assert!(accepted.deposits[0].is_ok());
                            }
                        });
                    }
                    while let Some(done) = tasks.join_next().await {
                        done.expect("a deliverer");
                    }
                });
                number += deliverers * rounds;
                started.elapsed()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, mail);
criterion_main!(benches);
