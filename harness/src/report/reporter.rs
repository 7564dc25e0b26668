//! What every format has in common.

use std::io;

use crate::model::event::Event;
use crate::report::buffer::Buffer;

/// Writes what is told in one format.
pub(crate) trait Reporter {
    /// Appends what a reader learns from this event to the buffer.
    fn handle(&mut self, event: &Event, buffer: &mut Buffer) -> io::Result<()>;
}
