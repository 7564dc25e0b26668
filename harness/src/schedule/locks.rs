//! The table of named locks: what is held, by how many, and which classes wait for it.

use std::collections::HashMap;
use std::time::Duration;

use crate::model::tags::{Access, LockClaim, LockNamespace};
use crate::model::worker::Slot;
use crate::schedule::index::ClassIx;

/// The place of a lock in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct KeyIx(usize);

/// One lock a class takes, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    ix: KeyIx,
    access: Acquire,
}

/// [`Access`], ordered, and with the units that were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Acquire {
    Exclusive,
    Shared,
    Units(u32),
}

/// What keeps a class from starting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blocker {
    /// Its group belongs to this worker.
    OwnedBy(Slot),
    /// It tolerates nothing beside it, and something runs.
    Running,
    /// This lock is not free for it.
    Held(KeyIx),
}

/// How a lock is held in this process, and whether another process holds it.
#[derive(Debug, Default)]
struct LockState {
    /// Of a counted resource.
    capacity: Option<u32>,
    exclusive: bool,
    shared: u32,
    units: u32,
    elsewhere: bool,
    /// A group belongs to the worker that ran its first case.
    is_group: bool,
    owner: Option<Slot>,
    /// How long the cases that still want it will take, one after the other.
    load: Duration,
    waiting: Vec<ClassIx>,
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

    /// The part of a case's time during which nobody else can have it.
    fn share_of(&self, take: Acquire, weight: Duration) -> Duration {
        match take {
            Acquire::Exclusive => weight,
            Acquire::Shared => Duration::ZERO,
            Acquire::Units(n) => weight * n / self.capacity.unwrap_or(n).max(1),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Locks {
    states: Vec<LockState>,
    by_name: HashMap<(LockNamespace, &'static str), KeyIx>,
    elsewhere: usize,
}

impl Locks {
    /// The key that stands for `lock`; `capacity` if it is a counted resource.
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

    /// A key for one group: its cases exclude each other and stay on one worker.
    pub(super) fn group_key(&mut self) -> Key {
        self.states.push(LockState { is_group: true, ..LockState::default() });
        Key { ix: KeyIx(self.states.len() - 1), access: Acquire::Exclusive }
    }

    /// A case of this weight will want these keys.
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

    pub(super) fn obstacle(&self, keys: &[Key], worker: Slot) -> Option<Blocker> {
        let owner = keys.iter().find_map(|key| self.states[key.ix.0].owner);
        if let Some(owner) = owner.filter(|&owner| owner != worker) {
            return Some(Blocker::OwnedBy(owner));
        }
        let blocker = keys.iter().find(|key| !self.states[key.ix.0].is_free_for(key.access));
        blocker.map(|key| Blocker::Held(key.ix))
    }

    /// Takes all of them for a case of this weight that starts on `worker`. They must be free.
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

    /// Gives all of them back; the answer is the classes that may find what they need now.
    pub(super) fn release(&mut self, keys: &[Key]) -> Vec<ClassIx> {
        let mut woken = Vec::new();
        for key in keys {
            let state = &mut self.states[key.ix.0];
            match key.access {
                Acquire::Exclusive => state.exclusive = false,
                Acquire::Shared => state.shared -= 1,
                Acquire::Units(n) => state.units -= n,
            }
            woken.append(&mut state.waiting);
        }
        woken
    }

    /// The class waits until this lock is released.
    pub(super) fn park(&mut self, class: ClassIx, key: KeyIx) {
        self.states[key.0].waiting.push(class);
    }

    /// Another process holds it.
    pub(super) fn hold_elsewhere(&mut self, lock: &LockClaim) -> KeyIx {
        let key = self.by_name[&(lock.domain, lock.name)];
        let state = &mut self.states[key.0];
        self.elsewhere += usize::from(!state.elsewhere);
        state.elsewhere = true;
        key
    }

    /// The other process released it; the answer is the classes that may find what they need now.
    pub(super) fn external_release(&mut self, lock: &LockClaim) -> Vec<ClassIx> {
        let key = self.by_name[&(lock.domain, lock.name)];
        let state = &mut self.states[key.0];
        self.elsewhere -= usize::from(state.elsewhere);
        state.elsewhere = false;
        std::mem::take(&mut state.waiting)
    }

    pub(super) fn is_any_held_elsewhere(&self) -> bool {
        self.elsewhere > 0
    }
}
