//! What operators and owners order while a storm goes on.

use std::sync::Arc;

use store::{Order, Orderer, Queue as _, QueueEntry, RecipientState, Selection, Suspension};

use super::queue::at_once;
use super::world::TROUBLED;
use super::{Run, is_sound};

impl Run {
    /// One order about mail that has trouble, and what it means for that mail.
    pub(super) fn order(&self) {
        let truth = Arc::clone(&self.truth);
        let troubled: Vec<u64> = self.troubled().collect();
        let of = Selection {
            queue_id: troubled.get(truth.below(troubled.len() as u64)).copied(),
            ..Selection::default()
        };
        let site = TROUBLED[truth.below(3)];
        match truth.below(8) {
            0..=2 => self.carry_out(&of, Order::Hold),
            3 => self.carry_out(&of, Order::Release),
            4 => self.carry_out(&of, Order::Retry),
            5 => self.carry_out(&of, Order::Bounce),
            6 => {
                truth.suspended(site);
                let (site, since) = (site.to_owned(), truth.now());
                at_once(self.store.suspend(Suspension { site, reason: "a test".to_owned(), since }))
                    .expect("suspended");
            }
            _ => self.resume(site),
        }
    }

    /// The messages of which something goes to a domain with trouble, and nothing elsewhere.
    fn troubled(&self) -> impl Iterator<Item = u64> {
        let is_troubled =
            |id: &u64| self.entries(*id).iter().all(|entry| !is_sound(&entry.address.to_string()));
        self.accepted.iter().map(|(id, _)| *id).filter(is_troubled)
    }

    fn carry_out(&self, of: &Selection, order: Order) {
        let Some(queue_id) = of.queue_id else { return };
        let before = self.entries(queue_id);
        let reached = at_once(self.store.order_by(of, order, (Orderer::Operator, ""))).expect("ordered");
        self.truth.note(format!("{order:?} of {queue_id}: {reached}"));
        self.know(&before, order);
    }

    fn know(&self, before: &[QueueEntry], order: Order) {
        for entry in before.iter().filter(|entry| !entry.state.is_end()) {
            let is_leased = entry.state == RecipientState::Leased;
            self.truth.ordered(&entry.address.to_string(), order, is_leased);
        }
    }

    fn resume(&self, site: &str) {
        at_once(self.store.resume(site)).expect("resumed");
        self.truth.resumed(site);
    }

    /// Everything may go on.
    pub(super) fn release_all(&self) {
        for id in self.troubled() {
            self.carry_out(&Selection { queue_id: Some(id), ..Selection::default() }, Order::Release);
        }
        TROUBLED.iter().for_each(|site| self.resume(site));
    }
}
