//! The write semaphore: one client at a time, in the order in which they came; threads and tasks alike.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot::{Receiver, Sender, channel};

/// Lets one client through at a time. Its clones are the same gate.
///
/// A program would take a [`tokio::sync::Mutex`], which has the same queue, for threads and tasks alike. It does not tell how many wait, and
/// a race has to know that: who waits cannot be the one that goes on, and who was given the pass can, even before it has noticed. So here
/// is a queue with [`waiting`](Self::waiting).
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<Mutex<Queue>>);

#[derive(Debug, Default)]
struct Queue {
    is_taken: bool,
    waiting: VecDeque<Sender<Pass>>,
}

/// Keeps the others waiting until it is dropped.
#[derive(Debug)]
#[must_use = "dropped at once, it keeps nobody out"]
pub struct Pass(Gate);

impl Gate {
    /// A gate that is free.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits until it is this thread's turn.
    ///
    /// # Panics
    ///
    /// When it has to wait in a task of tokio: there it is [`enter_async`](Self::enter_async) that waits.
    pub fn enter(&self) -> Pass {
        match self.ask() {
            Ok(pass) => pass,
            Err(turn) => turn.blocking_recv().expect(HANDED_ON),
        }
    }

    /// Waits until it is this task's turn. Who is dropped while it waits has lost its place, and holds up nobody.
    pub async fn enter_async(&self) -> Pass {
        match self.ask() {
            Ok(pass) => pass,
            Err(turn) => turn.await.expect(HANDED_ON),
        }
    }

    /// How many wait for their turn. Who was given the pass does not count, even if it has not noticed yet.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue().waiting.len()
    }

    /// The pass if nobody has it, or what it will come by.
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

/// A sender leaves the queue only to send, and the queue lives as long as who waits.
const HANDED_ON: &str = "whoever has the pass hands it on";

impl Drop for Pass {
    fn drop(&mut self) {
        let next = {
            let mut queue = self.0.queue();
            let next = queue.waiting.pop_front();
            queue.is_taken = next.is_some();
            next
        };
        // One that has gone away does not take it: then that pass is dropped in turn, and goes to the next.
        let refused = next.map(|next| next.send(Self(self.0.clone())));
        drop(refused);
    }
}
