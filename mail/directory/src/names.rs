//! Names of which each belongs to one at a time, in whatever order it is heard to whom.

use compact_str::CompactString;
use hashbrown::HashMap;

/// Names with whoever has each.
///
/// Accounts are read side by side: where a name has passed from one to another, the new owner may be heard of before the old
/// one gives it back, or the old one's whole story after the new one's. So all are kept who have taken a name and not given
/// it back. Once everything is read that is one.
#[derive(Debug)]
pub(crate) struct Names<V> {
    /// Whoever took it last, of those who have not given it back.
    held: HashMap<CompactString, V>,
    /// The others: almost always nobody.
    others: HashMap<CompactString, Vec<V>>,
}

impl<V> Default for Names<V> {
    fn default() -> Self {
        Self { held: HashMap::new(), others: HashMap::new() }
    }
}

impl<V> Names<V> {
    /// Whoever has it.
    pub(crate) fn get(&self, name: &str) -> Option<&V> {
        self.held.get(name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.held.contains_key(name)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.held.values()
    }

    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    /// Somebody has it from now on; `is_same` knows them again.
    pub(crate) fn take(&mut self, name: CompactString, value: V, is_same: impl Fn(&V) -> bool) {
        self.leave(&name, is_same);
        if let Some(before) = self.held.insert(name.clone(), value) {
            self.others.entry(name).or_default().push(before);
        }
    }

    /// Whoever `is_same` knows has it no more.
    pub(crate) fn leave(&mut self, name: &str, is_same: impl Fn(&V) -> bool) {
        if let Some(others) = self.others.get_mut(name) {
            others.retain(|other| !is_same(other));
        }
        if self.held.get(name).is_some_and(&is_same) {
            let next = self.others.get_mut(name).and_then(Vec::pop);
            match next {
                Some(next) => drop(self.held.insert(CompactString::from(name), next)),
                None => drop(self.held.remove(name)),
            }
        }
        if self.others.get(name).is_some_and(Vec::is_empty) {
            self.others.remove(name);
        }
    }

    /// What whoever `is_same` knows has at the name.
    pub(crate) fn of_mut(&mut self, name: &str, is_same: impl Fn(&V) -> bool) -> Option<&mut V> {
        let held = self.held.get_mut(name).filter(|value| is_same(value));
        let mut others = self.others.get_mut(name).into_iter().flatten();
        held.or_else(|| others.find(|other| is_same(other)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who has taken and given back what, in the order of each.
    const STORIES: [&[(bool, u8)]; 3] = [&[(true, 1), (false, 1)], &[(true, 2), (false, 2)], &[(true, 3)]];

    fn told(names: &mut Names<u8>, (takes, who): (bool, u8)) {
        match takes {
            true => names.take(CompactString::from("a"), who, |other| *other == who),
            false => names.leave("a", |other| *other == who),
        }
    }

    #[test]
    fn whoever_has_not_given_it_back_has_it_in_whatever_order_the_accounts_are_read() {
        let mut orders: Vec<Vec<usize>> = vec![Vec::new()];
        let events: usize = STORIES.iter().map(|story| story.len()).sum();
        for _ in 0..events {
            let longer = orders.iter().flat_map(|order| {
                let told = |index: usize| order.iter().filter(|one| **one == index).count();
                let next = (0..STORIES.len()).filter(move |index| told(*index) < STORIES[*index].len());
                next.map(|index| [order.as_slice(), &[index]].concat())
            });
            orders = longer.collect();
        }
        assert_eq!(orders.len(), 30);
        for order in orders {
            let (mut names, mut next) = (Names::default(), [0_usize; 3]);
            for index in &order {
                told(&mut names, STORIES[*index][next[*index]]);
                next[*index] += 1;
            }
            assert_eq!((names.get("a"), names.others.len()), (Some(&3), 0), "{order:?}");
        }
    }

    #[test]
    fn what_is_taken_twice_by_one_is_theirs_once() {
        let mut names = Names::default();
        told(&mut names, (true, 1));
        told(&mut names, (true, 1));
        told(&mut names, (false, 1));
        assert!(!names.has("a") && names.len() == 0);
    }
}
