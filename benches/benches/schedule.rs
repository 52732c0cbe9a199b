//! Turns between tenants: what it costs to give the next job to a connection.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use kernel::TenantId;
use outbound::{ReadyQueue, Weighed};
use store::Lane;
use uuid::Uuid;

/// Jobs of one queue: what one site may have waiting.
const JOB_COUNT: u32 = 2000;
/// How many jobs of one tenant may be at work.
const SHARE: u32 = 10;

struct Job {
    tenant: TenantId,
    octets: u64,
}

impl Weighed for Job {
    fn tenant(&self) -> TenantId {
        self.tenant
    }

    fn lane(&self) -> Lane {
        if self.octets.is_multiple_of(3) { Lane::Bulk } else { Lane::Interactive }
    }

    fn cost(&self) -> u64 {
        self.octets
    }

    fn recipient_count(&self) -> usize {
        1
    }
}

fn filled(tenant_count: u32) -> ReadyQueue<Job> {
    let mut queue = ReadyQueue::default();
    for number in 0..JOB_COUNT {
        let tenant = TenantId::new(Uuid::from_u128(u128::from(number % tenant_count)));
        queue.push(Job { tenant, octets: u64::from(number % 97) * 1024 + 500 });
    }
    queue
}

fn scheduling(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("schedule");
    for tenant_count in [1, 100, 1000] {
        group.bench_function(format!("2000 jobs of {tenant_count} tenants, all in turn"), |bencher| {
            bencher.iter_batched(
                || filled(tenant_count),
                |mut queue| {
                    while let Some(job) = queue.next(SHARE) {
                        queue.done(job.tenant());
                        black_box(job.octets);
                    }
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, scheduling);
criterion_main!(benches);
