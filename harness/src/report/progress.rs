//! Live progress on a terminal: a line for each worker and a bar for the whole run, below the results.

#[cfg(feature = "progress")]
pub(crate) use shown::Live;

#[cfg(not(feature = "progress"))]
pub(crate) use hidden::Live;

#[cfg(feature = "progress")]
mod shown {
    use std::time::{Duration, Instant};

    use anstyle::{AnsiColor, Style};
    use nutmeg::{Destination, Options, View};

    use crate::model::event::Event;
    use crate::report::buffer::{Coloring, FAINT, GREEN, RED};

    /// The width of the bar.
    const WIDTH: usize = 30;

    const CYAN: Style = AnsiColor::Cyan.on_default();

    pub(crate) struct Live(View<Lines>);

    struct Lines {
        started: Instant,
        coloring: Coloring,
        /// What each worker runs, and since when.
        workers: Vec<Option<(String, Instant)>>,
        planned: usize,
        done: usize,
        failed: usize,
    }

    impl nutmeg::Model for Lines {
        fn render(&mut self, _width: usize) -> String {
            let now = Instant::now();
            let seconds = |since| format!("{:>4}s", now.saturating_duration_since(since).as_secs());
            let mut lines = String::new();
            for (slot, runs) in self.workers.iter().enumerate() {
                let (name, since) = runs.as_ref().map_or(("-", now), |(name, since)| (name, *since));
                let worker = self.styled(CYAN, &format!("worker {slot}"));
                lines += &format!("  {worker} {} {name}\n", self.styled(FAINT, &seconds(since)));
            }
            let full = (WIDTH * self.done).checked_div(self.planned).unwrap_or(WIDTH).min(WIDTH);
            let bar = self.styled(GREEN, &"█".repeat(full)) + &self.styled(FAINT, &"░".repeat(WIDTH - full));
            let failed = match self.failed {
                0 => String::new(),
                n => format!(" {}", self.styled(RED, &format!("{n} failed"))),
            };
            let took = self.styled(FAINT, seconds(self.started).trim_start());
            lines + &format!("  {bar} {}/{}{failed} {took}", self.done, self.planned)
        }
    }

    impl Lines {
        fn styled(&self, style: Style, text: &str) -> String {
            match self.coloring {
                Coloring::Colored => format!("{style}{text}{style:#}"),
                Coloring::Plain => text.to_owned(),
            }
        }
    }

    impl Live {
        pub(crate) fn new(planned: usize, workers: u32, coloring: Coloring) -> Option<Self> {
            let (started, workers) = (Instant::now(), vec![None; workers as usize]);
            let lines = Lines { started, coloring, workers, planned, done: 0, failed: 0 };
            let options = Options::new().destination(Destination::Stderr).print_holdoff(Duration::ZERO);
            Some(Self(View::new(lines, options)))
        }

        pub(crate) fn handle(&mut self, event: &Event) {
            match event {
                Event::AttemptStarted { test_id, worker, attempt, .. } => self.0.update(|lines| {
                    let again = if *attempt > 1 { format!(" (attempt {attempt})") } else { String::new() };
                    if let Some(runs) = lines.workers.get_mut(worker.ix()) {
                        *runs = Some((format!("{}{again}", test_id.name), Instant::now()));
                    }
                }),
                // A retry may come later, and on another worker.
                Event::AttemptFinished(finished) => self.0.update(|lines| {
                    if let Some(runs) = lines.workers.get_mut(finished.worker.ix()) {
                        *runs = None;
                    }
                }),
                Event::CaseFinished(finished) => self.0.update(|lines| {
                    lines.done += 1;
                    lines.failed += usize::from(finished.verdict.failure().is_some());
                }),
                Event::RunStarted(_)
                | Event::Kept { .. }
                | Event::LateOutput { .. }
                | Event::Slow(_)
                | Event::Diagnostic { .. }
                | Event::RunFinished(_) => {}
            }
        }

        /// Updates the times.
        pub(crate) fn tick(&self) {
            self.0.update(|_| ());
        }

        /// Hides the lines while `write` runs.
        pub(crate) fn beside<T>(&self, write: impl FnOnce() -> T) -> T {
            self.0.suspend();
            let written = write();
            self.0.resume();
            written
        }

        pub(crate) fn end(self) {
            self.0.finish();
        }
    }
}

#[cfg(not(feature = "progress"))]
mod hidden {
    use crate::model::event::Event;
    use crate::report::buffer::Coloring;

    pub(crate) enum Live {}

    impl Live {
        pub(crate) fn new(_planned: usize, _workers: u32, _coloring: Coloring) -> Option<Self> {
            None
        }

        pub(crate) fn handle(&mut self, _: &Event) {
            match *self {}
        }

        pub(crate) fn tick(&self) {
            match *self {}
        }

        pub(crate) fn beside<T>(&self, _: impl FnOnce() -> T) -> T {
            match *self {}
        }

        pub(crate) fn end(self) {
            match self {}
        }
    }
}
