//! Counts Ctrl-C, and notifies the thread that waits for a child.

use std::io;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::stability::process_event::ProcessEvent;

/// The process ends with this after Ctrl-C, as a shell has it.
pub(super) const EXIT_CODE: u8 = 130;

/// The interrupts so far.
#[derive(Debug, Default)]
pub(super) struct Interrupts {
    state: Mutex<InterruptState>,
}

#[derive(Debug, Default)]
struct InterruptState {
    count: u32,
    listener: Option<Sender<ProcessEvent>>,
}

impl Interrupts {
    /// Listens to Ctrl-C, and the signals that ask a process to end, from now on.
    ///
    /// # Errors
    ///
    /// When the process has such a listener already.
    pub(super) fn watch() -> io::Result<Arc<Self>> {
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
    pub(super) fn is_raised(&self) -> bool {
        self.lock().count > 0
    }

    /// Sends further interrupts to this listener. It receives earlier ones at once.
    pub(super) fn listen(&self, listener: Option<Sender<ProcessEvent>>) {
        let mut state = self.lock();
        if let Some(listener) = listener.as_ref().filter(|_| state.count > 0) {
            // The caller holds the receiver, so this cannot fail.
            let _ = listener.send(ProcessEvent::Interrupted(state.count));
        }
        state.listener = listener;
    }

    /// One more.
    pub(super) fn raise(&self) -> InterruptEffect {
        let mut state = self.lock();
        state.count += 1;
        let count = state.count;
        let is_delivered =
            state.listener.as_ref().is_some_and(|listener| listener.send(ProcessEvent::Interrupted(count)).is_ok());
        // The first is seen when the next run is due. The third means that the second did not help.
        if count == 1 || (count == 2 && is_delivered) { InterruptEffect::Handled } else { InterruptEffect::Unhandled }
    }

    fn lock(&self) -> MutexGuard<'_, InterruptState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an interrupt has an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InterruptEffect {
    Handled,
    Unhandled,
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn the_first_ends_the_campaign_and_the_second_what_runs() {
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
    fn with_nothing_running_the_second_is_one_too_many() {
        let interrupts = Interrupts::default();
        assert_eq!([interrupts.raise(), interrupts.raise()], [InterruptEffect::Handled, InterruptEffect::Unhandled]);
    }
}
