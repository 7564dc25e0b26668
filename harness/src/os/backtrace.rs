//! Selects the part of a stuck test's stack that is shown: the frames of the test itself.

use std::backtrace::Backtrace;

use crate::os::sys::{self, ProbeStuck, Stack};

/// The signal handler. The stack of the test begins after it and one frame of the system.
const HANDLER: &str = "stack_probe::on_signal";
/// The function in which the harness calls the test.
const BODY: &str = "__rust_begin_short_backtrace";

/// When a stack is captured: at the timeout.
pub(crate) const ITS_TIME: &str = "its time was up";
/// Or later, if it could not be captured then.
pub(crate) const ITS_END: &str = "its process was about to end";

/// Where the test on this thread is now, for its report. `None` if it has ended, or cannot capture its stack safely.
pub(crate) fn report(stack: &Stack) -> Option<String> {
    stack.ask().map(|stack| text_of(stack, ITS_TIME))
}

/// Like [`report`], in a process that is about to end. Also `None` if the stack was captured before.
///
/// # Errors
///
/// See [`Stack::ask_at_last`].
pub(crate) fn last_report(stack: &Stack, when: &str) -> Result<Option<String>, ProbeStuck> {
    Ok(stack.ask_at_last()?.map(|stack| text_of(stack, when)))
}

/// Writes such a report to stderr, with the name of the test, as several tests write there.
pub(crate) fn show(name: &str, report: &str) {
    // There is no place to report an error.
    let _ = sys::write_stderr(format!("test {name}: {report}").as_bytes());
}

fn text_of(stack: &Backtrace, when: &str) -> String {
    format!("stack of the test when {when}:\n{}", test_frames(&stack.to_string()))
}

/// The stack without the frames of the handler and of the harness. If these are not recognized, the whole stack.
fn test_frames(text: &str) -> String {
    let mut frames: Vec<String> = Vec::new();
    for line in text.lines() {
        match (name_in(line), frames.last_mut()) {
            (None, Some(frame)) => *frame += &format!("{line}\n"),
            (name, _) => frames.push(format!("{}\n", name.unwrap_or(line))),
        }
    }
    let is_at = |mark: &'static str| move |frame: &String| frame.lines().next().is_some_and(|name| name.contains(mark));
    let start = frames.iter().position(is_at(HANDLER)).map_or(0, |at| at + 2);
    let frames = frames.get(start..).unwrap_or_default();
    let end = frames.iter().position(is_at(BODY)).unwrap_or(frames.len());
    frames[..end].iter().enumerate().map(|(number, frame)| format!("{number:>4}: {frame}")).collect()
}

/// The name of the function, if a frame begins in this line.
fn name_in(line: &str) -> Option<&str> {
    let (number, name) = line.trim_start().split_once(": ")?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(name)
}

#[cfg(all(test, unix))]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::channel;
    use std::thread;

    use super::*;

    const WHOLE: &str = "   0: swimlanes::os::sys::stack_probe::on_signal
             at src/a.rs:1:2
   1: <unknown>
   2: syscall
   3: suite::waits
             at suite.rs:7:5
   4: swimlanes::platform::panics::__rust_begin_short_backtrace
  10: main
";

    #[test]
    fn only_frames_of_the_test_are_shown() {
        assert_eq!(test_frames(WHOLE), "   0: syscall\n   1: suite::waits\n             at suite.rs:7:5\n");
    }

    #[test]
    fn stack_without_names_is_not_cut() {
        let text = "   0: <unknown>\n   1: <unknown>\n";
        assert_eq!(test_frames(text), text);
    }

    #[inline(never)]
    fn waits_for_the_end(end: &std::sync::mpsc::Receiver<()>) {
        // Returns when the sender is dropped.
        let _ = end.recv();
    }

    #[test]
    fn stack_of_a_thread_is_available_until_it_ends() {
        let stack = Arc::new(Stack::default());
        let ended = Arc::new(Stack::default());
        let (go, end) = channel::<()>();
        let (ready, is_ready) = channel();
        let thread = {
            let (stack, ended) = (Arc::clone(&stack), Arc::clone(&ended));
            thread::spawn(move || {
                drop(ended.enter());
                let _entered = stack.enter();
                ready.send(()).expect("the receiver waits");
                waits_for_the_end(&end);
            })
        };
        is_ready.recv().expect("it starts");
        assert_eq!(report(&ended), None);
        // The thread may not have reached the system call yet, so the last report is requested.
        let text = last_report(&stack, ITS_TIME).expect("it is not stuck").expect("it says");
        assert!(text.starts_with("stack of the test when its time was up:\n   0: "), "{text}");
        assert!(!text.contains(HANDLER), "{text}");
        drop(go);
        thread.join().expect("no panic");
    }
}
