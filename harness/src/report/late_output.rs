//! What threads that tests had left behind wrote after those were over.

use std::io::{self, Write};

use crate::model::event::Told;
use crate::model::excerpt::Excerpt;
use crate::report::buffer::Buffer;

/// What was written late, test by test, in the order in which they began to.
#[derive(Default)]
pub(crate) struct LateOutput {
    // As bounded as what a test writes in time, however often a thread is heard of.
    written: Vec<(Told, Excerpt)>,
}

impl LateOutput {
    /// More of it.
    pub(crate) fn add(&mut self, told: &Told, output: &[u8]) {
        let is_its = |(other, _): &(Told, Excerpt)| (other.case, other.round) == (told.case, told.round);
        let ix = self.written.iter().position(is_its).unwrap_or_else(|| {
            self.written.push((told.clone(), Excerpt::default()));
            self.written.len() - 1
        });
        self.written[ix].1.push(output);
    }

    /// A block for each test, if there is any.
    pub(crate) fn write(&mut self, rounds: u32, page: &mut Buffer) -> io::Result<()> {
        if !self.written.is_empty() {
            page.line("\nleft behind:")?;
        }
        for (told, excerpt) in &mut self.written {
            write!(page, "\n---- {} wrote after its end", told.name)?;
            if rounds > 1 {
                write!(page, ", round {}", told.round)?;
            }
            page.line(" ----")?;
            page.raw(&excerpt.take());
            page.end_line();
        }
        Ok(())
    }
}
