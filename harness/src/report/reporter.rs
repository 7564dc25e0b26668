//! The trait of all formats.

use std::io;

use crate::model::event::Event;
use crate::report::buffer::Buffer;

/// Writes events in one format.
pub(crate) trait Reporter {
    /// Appends the text for this event to the buffer.
    fn handle(&mut self, event: &Event, buffer: &mut Buffer) -> io::Result<()>;
}
