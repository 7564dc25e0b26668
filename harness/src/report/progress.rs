//! Live progress on a terminal: a line for each worker and a bar for the whole run, below the results.

#[cfg(feature = "progress")]
pub(crate) use shown::Live;

#[cfg(not(feature = "progress"))]
pub(crate) use hidden::Live;

#[cfg(feature = "progress")]
mod shown {
    use std::time::{Duration, Instant};

    use anstyle::{AnsiColor, Style};

    use crate::model::event::Event;
    use crate::os::stdout;
    use crate::report::buffer::{Coloring, FAINT, GREEN, RED};

    /// The width of the bar.
    const WIDTH: usize = 30;

    const CYAN: Style = AnsiColor::Cyan.on_default();

    /// How often the lines are drawn at most.
    const INTERVAL: Duration = Duration::from_millis(100);

    const NO_LINE_WRAP: &str = "\x1b[?7l";
    const LINE_WRAP: &str = "\x1b[?7h";
    const CLEAR_TO_END_OF_LINE: &str = "\x1b[0K";
    const CLEAR_TO_END_OF_SCREEN: &str = "\x1b[0J";

    pub(crate) struct Live {
        lines: Lines,
        drawn: Option<Drawn>,
    }

    /// What is on the terminal now.
    struct Drawn {
        at: Instant,
        text: String,
    }

    struct Lines {
        started: Instant,
        coloring: Coloring,
        /// What each worker runs, and since when.
        workers: Vec<Option<(String, Instant)>>,
        planned: usize,
        done: usize,
        failed: usize,
    }

    impl Lines {
        fn text(&self) -> String {
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
            Some(Self { lines, drawn: None })
        }

        pub(crate) fn handle(&mut self, event: &Event) {
            match event {
                Event::AttemptStarted { test_id, worker, attempt, .. } => {
                    let again = if *attempt > 1 { format!(" (attempt {attempt})") } else { String::new() };
                    if let Some(runs) = self.lines.workers.get_mut(worker.ix()) {
                        *runs = Some((format!("{}{again}", test_id.name), Instant::now()));
                    }
                }
                // A retry may come later, and on another worker.
                Event::AttemptFinished(finished) => {
                    if let Some(runs) = self.lines.workers.get_mut(finished.worker.ix()) {
                        *runs = None;
                    }
                }
                Event::CaseFinished(finished) => {
                    self.lines.done += 1;
                    self.lines.failed += usize::from(finished.verdict.failure().is_some());
                }
                Event::RunStarted(_)
                | Event::Kept { .. }
                | Event::LateOutput { .. }
                | Event::Slow(_)
                | Event::Diagnostic { .. }
                | Event::RunFinished(_) => return,
            }
            self.tick();
        }

        /// Draws the lines, if they have changed and the last time was long enough ago.
        pub(crate) fn tick(&mut self) {
            let now = Instant::now();
            if self.drawn.as_ref().is_some_and(|drawn| now.duration_since(drawn.at) < INTERVAL) {
                return;
            }
            let text = self.lines.text();
            if self.drawn.as_ref().is_some_and(|drawn| drawn.text == text) {
                return;
            }
            let lines = text.replace('\n', &format!("{CLEAR_TO_END_OF_LINE}\n"));
            stdout::show_on_stderr(&format!(
                "{}{NO_LINE_WRAP}{lines}{CLEAR_TO_END_OF_LINE}{LINE_WRAP}",
                self.to_start()
            ));
            self.drawn = Some(Drawn { at: now, text });
        }

        /// Clears the lines, calls `write`, and draws them again.
        pub(crate) fn beside<T>(&mut self, write: impl FnOnce() -> T) -> T {
            self.clear();
            let written = write();
            self.tick();
            written
        }

        pub(crate) fn end(mut self) {
            self.clear();
        }

        fn clear(&mut self) {
            if self.drawn.is_some() {
                stdout::show_on_stderr(&format!("{}{CLEAR_TO_END_OF_SCREEN}", self.to_start()));
                self.drawn = None;
            }
        }

        /// Moves the cursor from the end of the lines to their start.
        fn to_start(&self) -> String {
            match self.drawn.as_ref().map_or(0, |drawn| drawn.text.matches('\n').count()) {
                0 => "\r".to_owned(),
                n => format!("\x1b[{n}F"),
            }
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

        pub(crate) fn tick(&mut self) {
            match *self {}
        }

        pub(crate) fn beside<T>(&mut self, _: impl FnOnce() -> T) -> T {
            match *self {}
        }

        pub(crate) fn end(self) {
            match self {}
        }
    }
}
