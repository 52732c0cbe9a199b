//! Values that are changed by id and looked for by key.

use std::hash::Hash;

use hashbrown::HashMap;

/// Values with an id and a key each. No two have the same key: the model refuses that.
#[derive(Debug)]
pub(crate) struct Shelf<I, K, V> {
    values: HashMap<K, V>,
    keys: HashMap<I, K>,
}

impl<I, K, V> Default for Shelf<I, K, V> {
    fn default() -> Self {
        Self { values: HashMap::new(), keys: HashMap::new() }
    }
}

impl<I: Hash + Eq, K: Hash + Eq + Clone, V> Shelf<I, K, V> {
    /// The value is so from now on, wherever it stood before.
    pub(crate) fn put(&mut self, id: I, key: K, value: V) {
        self.take(&id);
        self.values.insert(key.clone(), value);
        self.keys.insert(id, key);
    }

    /// The value is gone.
    pub(crate) fn take(&mut self, id: &I) {
        if let Some(key) = self.keys.remove(id) {
            self.values.remove(&key);
        }
    }

    pub(crate) fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        Q: Hash + hashbrown::Equivalent<K> + ?Sized,
    {
        self.values.get(key)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}
