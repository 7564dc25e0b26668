//! The table of named locks: which are held, how often, and which classes wait for them.

use std::collections::HashMap;
use std::time::Duration;

use crate::model::tags::{Access, LockClaim, LockNamespace};
use crate::model::worker::Slot;
use crate::schedule::index::{Acquire, Key, KeyIx, MACHINE, QueueIx};
use crate::schedule::queues::Queues;

/// What keeps a class from starting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blocker {
    /// Its group belongs to this worker.
    OwnedBy(Slot),
    /// This lock is not free for it.
    Held(Key),
}

/// How a lock is held in this process, and whether another process holds it.
#[derive(Debug, Default)]
struct LockState {
    /// The capacity of a counted resource.
    capacity: Option<u32>,
    exclusive: bool,
    shared: u32,
    units: u32,
    elsewhere: bool,
    /// A group belongs to the worker that ran its first test.
    is_group: bool,
    owner: Option<Slot>,
    /// The total duration of the waiting tests that need it, one after the other.
    load: Duration,
    /// One queue for each way to take it.
    queues: Vec<QueueIx>,
}

impl LockState {
    fn is_free_for(&self, take: Acquire) -> bool {
        if self.exclusive || self.elsewhere {
            return false;
        }
        match take {
            Acquire::Exclusive => self.shared == 0 && self.units == 0,
            Acquire::Shared => true,
            Acquire::Units(n) => self.capacity.is_none_or(|capacity| self.units + n <= capacity),
        }
    }

    /// The part of a test's duration during which no other test can have the lock.
    fn share_of(&self, take: Acquire, weight: Duration) -> Duration {
        match take {
            Acquire::Exclusive => weight,
            Acquire::Shared => Duration::ZERO,
            Acquire::Units(n) => weight * n / self.capacity.unwrap_or(n).max(1),
        }
    }
}

#[derive(Debug)]
pub(super) struct Locks {
    /// The first state is that of [`MACHINE`].
    states: Vec<LockState>,
    by_name: HashMap<(LockNamespace, &'static str), KeyIx>,
    elsewhere: usize,
}

impl Locks {
    pub(super) fn new() -> Self {
        Self { states: vec![LockState::default()], by_name: HashMap::new(), elsewhere: 0 }
    }

    /// The key for `lock`; `capacity` if it is a counted resource.
    pub(super) fn key(&mut self, lock: &LockClaim, capacity: Option<u32>) -> Key {
        let states = &mut self.states;
        let ix = *self.by_name.entry((lock.domain, lock.name)).or_insert_with(|| {
            states.push(LockState { capacity, ..LockState::default() });
            KeyIx(states.len() - 1)
        });
        let access = match lock.access {
            Access::Exclusive => Acquire::Exclusive,
            Access::Shared => Acquire::Shared,
            Access::Units(n) => Acquire::Units(n.get()),
        };
        Key { ix, access }
    }

    /// A key for one group: its tests exclude each other and stay on one worker.
    pub(super) fn group_key(&mut self) -> Key {
        self.states.push(LockState { is_group: true, ..LockState::default() });
        Key { ix: KeyIx(self.states.len() - 1), access: Acquire::Exclusive }
    }

    /// A test of this weight will need these keys.
    pub(super) fn add_demand(&mut self, keys: &[Key], weight: Duration) {
        for key in keys {
            let state = &mut self.states[key.ix.0];
            state.load += state.share_of(key.access, weight);
        }
    }

    /// The longest chain that one of these keys is part of.
    pub(super) fn longest_chain(&self, keys: &[Key]) -> Duration {
        keys.iter().map(|key| self.states[key.ix.0].load).max().unwrap_or_default()
    }

    /// The same, for all keys but one.
    pub(super) fn longest_chain_besides(&self, without: Key, keys: &[Key]) -> Duration {
        let others = keys.iter().filter(|key| key.ix != without.ix);
        others.map(|key| self.states[key.ix.0].load).max().unwrap_or_default()
    }

    /// The key with the most work.
    pub(super) fn busiest(&self, keys: &[Key]) -> Option<Key> {
        keys.iter().copied().max_by_key(|key| self.states[key.ix.0].load)
    }

    pub(super) fn is_free(&self, key: Key) -> bool {
        self.states[key.ix.0].is_free_for(key.access)
    }

    /// The queue of the classes that take the key.
    pub(super) fn queue(&mut self, key: Key, queues: &mut Queues) -> QueueIx {
        let own = &mut self.states[key.ix.0].queues;
        own.iter().copied().find(|&queue| queues.get(queue).key == key).unwrap_or_else(|| {
            own.push(queues.add(key));
            own[own.len() - 1]
        })
    }

    /// The `n`-th queue of this lock, for any way to take it.
    pub(super) fn nth_queue(&self, key: Key, n: usize) -> Option<QueueIx> {
        self.states[key.ix.0].queues.get(n).copied()
    }

    /// Sets whether something runs.
    pub(super) fn set_machine_busy(&mut self, is_busy: bool) {
        self.states[MACHINE.ix.0].exclusive = is_busy;
    }

    pub(super) fn obstacle(&self, keys: &[Key], worker: Slot) -> Option<Blocker> {
        let owner = keys.iter().find_map(|key| self.states[key.ix.0].owner);
        if let Some(owner) = owner.filter(|&owner| owner != worker) {
            return Some(Blocker::OwnedBy(owner));
        }
        let blocker = keys.iter().find(|key| !self.states[key.ix.0].is_free_for(key.access));
        blocker.map(|&key| Blocker::Held(key))
    }

    /// Takes all keys for a test of this weight that starts on `worker`. They must be free.
    pub(super) fn take(&mut self, keys: &[Key], worker: Slot, weight: Duration) {
        for key in keys {
            let state = &mut self.states[key.ix.0];
            match key.access {
                Acquire::Exclusive => state.exclusive = true,
                Acquire::Shared => state.shared += 1,
                Acquire::Units(n) => state.units += n,
            }
            if state.is_group {
                state.owner = Some(worker);
            }
            state.load = state.load.saturating_sub(state.share_of(key.access, weight));
        }
    }

    /// Releases all keys.
    pub(super) fn release(&mut self, keys: &[Key]) {
        for key in keys {
            let state = &mut self.states[key.ix.0];
            match key.access {
                Acquire::Exclusive => state.exclusive = false,
                Acquire::Shared => state.shared -= 1,
                Acquire::Units(n) => state.units -= n,
            }
        }
    }

    /// Another process holds the lock.
    pub(super) fn hold_elsewhere(&mut self, lock: &LockClaim) -> Key {
        let key = self.by_name[&(lock.domain, lock.name)];
        let state = &mut self.states[key.0];
        self.elsewhere += usize::from(!state.elsewhere);
        state.elsewhere = true;
        self.key(lock, None)
    }

    /// The other process has released the lock.
    pub(super) fn external_release(&mut self, lock: &LockClaim) -> Key {
        let key = self.by_name[&(lock.domain, lock.name)];
        let state = &mut self.states[key.0];
        self.elsewhere -= usize::from(state.elsewhere);
        state.elsewhere = false;
        self.key(lock, None)
    }

    pub(super) fn is_any_held_elsewhere(&self) -> bool {
        self.elsewhere > 0
    }
}
