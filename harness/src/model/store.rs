//! Values by type, one of each: what a worker, and what a run, keeps for its tests.

use std::any::{Any, TypeId};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use once_cell::sync::OnceCell;

type Shared = Arc<dyn Any + Send + Sync>;

type Cell = Arc<OnceCell<Shared>>;

/// One value of each type, made when it is first asked for and shared from then on.
///
/// Several threads may ask at once: one of them makes the value, the others wait for it. A failure is not kept: the
/// next one who asks tries again.
#[derive(Default)]
pub struct Store {
    /// Few, so looking through them is quick.
    cells: Mutex<Vec<(TypeId, Cell)>>,
}

impl Store {
    /// The value of type `T`, made by `make` if there is none yet.
    pub(crate) fn get_or_make<T, E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E>
    where
        T: Any + Send + Sync,
    {
        let cell = self.cell(TypeId::of::<T>());
        let shared = cell.get_or_try_init(|| make().map(|value| Arc::new(value) as Shared))?;
        Ok(downcast(shared))
    }

    /// The value of type `T`, if it was made already.
    pub(crate) fn get<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        find(&self.lock(), TypeId::of::<T>())?.get().map(downcast)
    }

    /// Whether nobody has asked for any.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Drops all values that nobody else holds, the last one first.
    pub(crate) fn clear(&self) {
        let mut cells = std::mem::take(&mut *self.lock());
        while let Some(cell) = cells.pop() {
            drop(cell);
        }
    }

    fn cell(&self, key: TypeId) -> Cell {
        let mut cells = self.lock();
        if let Some(cell) = find(&cells, key) {
            return Arc::clone(cell);
        }
        let cell = Arc::default();
        cells.push((key, Arc::clone(&cell)));
        cell
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(TypeId, Cell)>> {
        // The list is whole at every moment the lock is free, so a panic elsewhere cannot have broken it.
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find(cells: &[(TypeId, Cell)], key: TypeId) -> Option<&Cell> {
    cells.iter().find(|(other, _)| *other == key).map(|(_, cell)| cell)
}

fn downcast<T: Any + Send + Sync>(shared: &Shared) -> Arc<T> {
    Arc::clone(shared).downcast().expect("the key of a cell is the type of its value")
}

#[cfg(test)]
mod tests {
    use super::Store;

    #[test]
    fn a_value_is_made_once() {
        let store = Store::default();
        assert_eq!(*store.get_or_make::<u32, ()>(|| Ok(1)).expect("made"), 1);
        assert_eq!(*store.get_or_make::<u32, ()>(|| Ok(2)).expect("kept"), 1);
        assert_eq!(store.get::<u32>().as_deref(), Some(&1));
    }

    #[test]
    fn a_failure_is_not_kept() {
        let store = Store::default();
        assert_eq!(store.get_or_make::<u32, _>(|| Err("down")), Err("down"));
        assert!(store.get::<u32>().is_none());
        assert_eq!(*store.get_or_make::<u32, ()>(|| Ok(2)).expect("made"), 2);
    }
}
