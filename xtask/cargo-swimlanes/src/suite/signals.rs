//! Counts Ctrl-C, and notifies the thread that waits for a child.

use std::io;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::suite::process_event::ProcessEvent;

/// The exit code after Ctrl-C, as in a shell.
pub(crate) const EXIT_CODE: u8 = 130;

/// The number of interrupts, and the thread that receives them.
#[derive(Debug, Default)]
pub(crate) struct Interrupts {
    state: Mutex<InterruptState>,
}

#[derive(Debug, Default)]
struct InterruptState {
    count: u32,
    listener: Option<Sender<ProcessEvent>>,
}

impl Interrupts {
    /// Handles Ctrl-C, and the other signals that ask a process to end, from now on.
    ///
    /// # Errors
    ///
    /// If the process already has such a handler.
    pub(crate) fn watch() -> io::Result<Arc<Self>> {
        let interrupts = Arc::new(Self::default());
        let watched = Arc::clone(&interrupts);
        ctrlc::set_handler(move || {
            if watched.raise() == InterruptEffect::Unhandled {
                std::process::exit(i32::from(EXIT_CODE));
            }
        })
        .map_err(io::Error::other)?;
        Ok(interrupts)
    }

    /// Whether the campaign should end.
    pub(crate) fn is_raised(&self) -> bool {
        self.lock().count > 0
    }

    /// Sends further interrupts to this listener. It receives earlier ones at once.
    pub(crate) fn listen(&self, listener: Option<Sender<ProcessEvent>>) {
        let mut state = self.lock();
        if let Some(listener) = listener.as_ref().filter(|_| state.count > 0) {
            // The caller holds the receiver, so this cannot fail.
            let _ = listener.send(ProcessEvent::Interrupted(state.count));
        }
        state.listener = listener;
    }

    /// Counts one more interrupt.
    pub(crate) fn raise(&self) -> InterruptEffect {
        let mut state = self.lock();
        state.count += 1;
        let count = state.count;
        let is_delivered =
            state.listener.as_ref().is_some_and(|listener| listener.send(ProcessEvent::Interrupted(count)).is_ok());
        // The first one takes effect before the next run. A third one means that the second had no effect.
        if count == 1 || (count == 2 && is_delivered) { InterruptEffect::Handled } else { InterruptEffect::Unhandled }
    }

    fn lock(&self) -> MutexGuard<'_, InterruptState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an interrupt has an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InterruptEffect {
    Handled,
    Unhandled,
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn the_first_ends_the_campaign_and_the_second_the_running_suite() {
        let interrupts = Interrupts::default();
        let (sender, received) = mpsc::channel();
        interrupts.listen(Some(sender));
        assert!(!interrupts.is_raised());
        assert_eq!([interrupts.raise(), interrupts.raise()], [InterruptEffect::Handled, InterruptEffect::Handled]);
        assert!(interrupts.is_raised());
        assert_eq!(
            received.try_iter().collect::<Vec<_>>(),
            [ProcessEvent::Interrupted(1), ProcessEvent::Interrupted(2)]
        );
        assert_eq!(interrupts.raise(), InterruptEffect::Unhandled);
    }

    #[test]
    fn without_a_running_suite_the_second_is_unhandled() {
        let interrupts = Interrupts::default();
        assert_eq!([interrupts.raise(), interrupts.raise()], [InterruptEffect::Handled, InterruptEffect::Unhandled]);
    }
}
