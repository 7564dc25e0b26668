//! The write semaphore: one client at a time, in the order of their arrival, for threads and tasks.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot::{Receiver, Sender, channel};

/// Lets one client pass at a time. A clone is the same gate.
///
/// Production code would use a [`tokio::sync::Mutex`], which has the same queue for threads and tasks. But it does not report how many
/// wait, and a race needs that number: a waiting client cannot continue, and a client that has received the pass can, even before it has
/// noticed that. So this is a queue with [`waiting`](Self::waiting).
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<Mutex<Queue>>);

#[derive(Debug, Default)]
struct Queue {
    is_taken: bool,
    waiting: VecDeque<Sender<Pass>>,
}

/// Makes the others wait until it is dropped.
#[derive(Debug)]
#[must_use = "dropping it at once lets the others pass"]
pub struct Pass(Gate);

impl Gate {
    /// A free gate.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits for the pass, in a thread.
    ///
    /// # Panics
    ///
    /// If it has to wait in a task of tokio: use [`enter_async`](Self::enter_async) there.
    pub fn enter(&self) -> Pass {
        match self.ask() {
            Ok(pass) => pass,
            Err(turn) => turn.blocking_recv().expect(HANDED_ON),
        }
    }

    /// Waits for the pass, in a task. Dropping the future gives up the place in the queue, and does not block the others.
    pub async fn enter_async(&self) -> Pass {
        match self.ask() {
            Ok(pass) => pass,
            Err(turn) => turn.await.expect(HANDED_ON),
        }
    }

    /// The number of waiting clients. A client that has received the pass does not count, even if it has not noticed that yet.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue().waiting.len()
    }

    /// Returns the pass if it is free, or the channel through which it comes.
    fn ask(&self) -> Result<Pass, Receiver<Pass>> {
        let mut queue = self.queue();
        if !queue.is_taken {
            queue.is_taken = true;
            return Ok(Pass(self.clone()));
        }
        let (turn, receiver) = channel();
        queue.waiting.push_back(turn);
        Err(receiver)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A sender leaves the queue only to send, and the queue lives as long as a waiting client.
const HANDED_ON: &str = "the holder of the pass sends it";

impl Drop for Pass {
    fn drop(&mut self) {
        let next = {
            let mut queue = self.0.queue();
            let next = queue.waiting.pop_front();
            queue.is_taken = next.is_some();
            next
        };
        // A client that has ended does not receive it: then that pass is dropped in turn, and goes to the next client.
        let refused = next.map(|next| next.send(Self(self.0.clone())));
        drop(refused);
    }
}
