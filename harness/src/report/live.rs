//! What runs now, on a terminal: a line for each worker and a bar for the whole run, below the results.

#[cfg(feature = "progress")]
pub(crate) use shown::Live;

#[cfg(not(feature = "progress"))]
pub(crate) use hidden::Live;

#[cfg(feature = "progress")]
mod shown {
    use std::time::Duration;

    use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

    use crate::model::event::Event;
    use crate::report::page::Coloring;

    /// How often the times are brought up to date.
    const TICK: Duration = Duration::from_millis(100);

    pub(crate) struct Live {
        screen: MultiProgress,
        total: ProgressBar,
        workers: Vec<ProgressBar>,
        failed: usize,
    }

    impl Live {
        pub(crate) fn new(planned: usize, workers: u32, coloring: Coloring) -> Option<Self> {
            let screen = MultiProgress::new();
            let style = |template: &str| ProgressStyle::with_template(template).expect("the template is a constant");
            let (lane, whole) = match coloring {
                Coloring::Colored => (
                    "  {prefix:.cyan} {wide_msg} {elapsed:.dim}",
                    "  {bar:30.green/dim} {pos}/{len} {msg:.red} {elapsed:.dim}",
                ),
                Coloring::Plain => ("  {prefix} {wide_msg} {elapsed}", "  {bar:30} {pos}/{len} {msg} {elapsed}"),
            };
            let lane = style(lane);
            let workers = (0..workers)
                .map(|slot| {
                    let bar = screen.add(ProgressBar::new_spinner().with_style(lane.clone()));
                    bar.set_prefix(format!("worker {slot}"));
                    bar.set_message("-");
                    bar
                })
                .collect();
            let total = screen.add(ProgressBar::new(planned as u64));
            total.set_style(style(whole));
            total.enable_steady_tick(TICK);
            Some(Self { screen, total, workers, failed: 0 })
        }

        pub(crate) fn told(&mut self, event: &Event) {
            match event {
                Event::AttemptStarted { told, worker, attempt, .. } => {
                    let Some(bar) = self.workers.get(worker.ix()) else { return };
                    let again = if *attempt > 1 { format!(" (attempt {attempt})") } else { String::new() };
                    bar.reset_elapsed();
                    bar.set_message(format!("{}{again}", told.name));
                    bar.enable_steady_tick(TICK);
                }
                // What comes next, if it is tried again, may be on another worker, and not at once.
                Event::AttemptFinished(finished) => {
                    if let Some(bar) = self.workers.get(finished.worker.ix()) {
                        bar.disable_steady_tick();
                        bar.set_message("-");
                    }
                }
                Event::CaseFinished(finished) => {
                    self.total.inc(1);
                    if finished.verdict.failure().is_some() {
                        self.failed += 1;
                        self.total.set_message(format!("{} failed", self.failed));
                    }
                }
                Event::RunStarted(_)
                | Event::Kept { .. }
                | Event::LateOutput { .. }
                | Event::Slow(_)
                | Event::Trouble { .. }
                | Event::RunFinished(_) => {}
            }
        }

        /// Takes the lines away while `write` writes.
        pub(crate) fn beside<T>(&self, write: impl FnOnce() -> T) -> T {
            self.screen.suspend(write)
        }

        pub(crate) fn end(self) {
            self.workers.iter().for_each(ProgressBar::finish_and_clear);
            self.total.finish_and_clear();
        }
    }
}

#[cfg(not(feature = "progress"))]
mod hidden {
    use crate::model::event::Event;
    use crate::report::page::Coloring;

    pub(crate) enum Live {}

    impl Live {
        pub(crate) fn new(_planned: usize, _workers: u32, _coloring: Coloring) -> Option<Self> {
            None
        }

        pub(crate) fn told(&mut self, _: &Event) {
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
