//! The text for stdout, which is collected in a buffer and written between events.

use std::fmt::Display;
use std::io::{self, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use crate::os::stdout;

/// Text that is not yet written. Whether it is colored is decided when it is added.
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    coloring: Coloring,
}

/// Whether the output is colored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coloring {
    Colored,
    Plain,
}

impl Coloring {
    /// The effect of this choice on our stdout.
    pub(crate) fn of(choice: ColorChoice) -> Self {
        let choice = match choice {
            ColorChoice::Auto => AutoStream::choice(&io::stdout()),
            chosen => chosen,
        };
        match choice {
            ColorChoice::Never => Self::Plain,
            ColorChoice::Auto | ColorChoice::Always | ColorChoice::AlwaysAnsi => Self::Colored,
        }
    }
}

pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
pub(crate) const RED: Style = AnsiColor::Red.on_default();
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(crate) const FAINT: Style = Style::new().dimmed();

impl Buffer {
    pub(crate) fn new(coloring: Coloring) -> Self {
        Self { bytes: Vec::new(), coloring }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(crate) fn is_colored(&self) -> bool {
        match self.coloring {
            Coloring::Colored => true,
            Coloring::Plain => false,
        }
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.raw(text.as_bytes());
    }

    pub(crate) fn line(&mut self, text: impl Display) -> io::Result<()> {
        writeln!(self.bytes, "{text}")
    }

    pub(crate) fn styled(&mut self, style: Style, text: &str) -> io::Result<()> {
        if self.is_colored() {
            return write!(self.bytes, "{style}{text}{style:#}");
        }
        self.text(text);
        Ok(())
    }

    /// Ends a line that a test has left unfinished.
    pub(crate) fn end_line(&mut self) {
        if self.bytes.last().is_some_and(|&byte| byte != b'\n') {
            self.text("\n");
        }
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.raw(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes the buffer to stdout, and empties it.
pub(crate) fn show(buffer: &mut Buffer) -> io::Result<()> {
    // Not through the standard library's stdout: that would also write text that a test has printed without a line break. Besides, a test
    // that hangs could hold its lock.
    stdout::write_all(&std::mem::take(&mut buffer.bytes))
}
