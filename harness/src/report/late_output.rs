//! The output of threads that outlived their tests.

use std::io::{self, Write};

use crate::model::event::TestId;
use crate::model::excerpt::Excerpt;
use crate::report::buffer::Buffer;

/// Late output by test, in the order of the first writes.
#[derive(Default)]
pub(crate) struct LateOutput {
    // Bounded like the output of an attempt, however often a thread writes.
    written: Vec<(TestId, Excerpt)>,
}

impl LateOutput {
    /// Adds output.
    pub(crate) fn add(&mut self, test_id: &TestId, output: &[u8]) {
        let is_its =
            |(other, _): &(TestId, Excerpt)| (other.case, other.iteration) == (test_id.case, test_id.iteration);
        let ix = self.written.iter().position(is_its).unwrap_or_else(|| {
            self.written.push((test_id.clone(), Excerpt::default()));
            self.written.len() - 1
        });
        self.written[ix].1.push(output);
    }

    /// Writes a section for each test, if there are any.
    pub(crate) fn write(&mut self, iterations: u32, buffer: &mut Buffer) -> io::Result<()> {
        if !self.written.is_empty() {
            buffer.line("\nleft behind:")?;
        }
        for (test_id, excerpt) in &mut self.written {
            write!(buffer, "\n---- {} wrote after its end", test_id.name)?;
            if iterations > 1 {
                write!(buffer, ", iteration {}", test_id.iteration)?;
            }
            buffer.line(" ----")?;
            buffer.raw(&excerpt.take());
            buffer.end_line();
        }
        Ok(())
    }
}
