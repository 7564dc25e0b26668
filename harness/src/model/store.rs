//! Values by type, one of each: what a worker, and what a run, keeps for its tests.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use once_cell::sync::OnceCell;

type Shared = Arc<dyn Any + Send + Sync>;

/// One value of each type, made when it is first asked for and shared from then on.
///
/// Several threads may ask at once: one of them makes the value, the others wait for it. A failure is not kept: the
/// next one who asks tries again.
#[derive(Default)]
pub(crate) struct Store {
    cells: Mutex<HashMap<TypeId, Arc<OnceCell<Shared>>>>,
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
        self.cell(TypeId::of::<T>()).get().map(downcast)
    }

    /// Drops all values that nobody else holds.
    pub(crate) fn clear(&self) {
        let cells = std::mem::take(&mut *self.cells.lock().unwrap_or_else(PoisonError::into_inner));
        drop(cells);
    }

    fn cell(&self, key: TypeId) -> Arc<OnceCell<Shared>> {
        // The map is whole at every moment the lock is free, so a panic elsewhere cannot have broken it.
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(cells.entry(key).or_default())
    }
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
