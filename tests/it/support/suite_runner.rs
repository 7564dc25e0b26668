//! Runs a fixture suite in its own process, and returns its output.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use tempfile::TempDir;

use crate::support::executable;

/// All isolations.
pub(crate) const ISOLATIONS: [&str; 4] = ["thread", "process", "test", "none"];

/// A run of a fixture that is being configured.
pub(crate) struct Fixture {
    command: Command,
    tmp: TempDir,
    files: Arc<TempDir>,
}

/// A file for a fixture; dropping it deletes the file.
#[derive(Clone)]
pub(crate) struct File {
    path: PathBuf,
    _dir: Arc<TempDir>,
}

impl File {
    pub(crate) fn text(&self) -> String {
        std::fs::read_to_string(&self.path).expect("it was written")
    }

    /// The lines so far; none if the file does not exist.
    pub(crate) fn lines(&self) -> Vec<String> {
        std::fs::read_to_string(&self.path).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    pub(crate) fn as_str(&self) -> &str {
        self.path.to_str().expect("text")
    }
}

impl AsRef<OsStr> for File {
    fn as_ref(&self) -> &OsStr {
        self.path.as_os_str()
    }
}

impl AsRef<Path> for File {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}

/// A run that has started.
pub(crate) struct Started {
    pub(crate) child: Child,
    tmp: TempDir,
    _files: Arc<TempDir>,
}

impl Started {
    /// Waits until it ends.
    pub(crate) fn ended(self) -> Answer {
        let output = self.child.wait_with_output().expect("it ends");
        Answer::new(output, self.tmp)
    }

    /// The directory for temporary files.
    pub(crate) fn tmp(&self) -> &Path {
        self.tmp.path()
    }
}

/// The output of a run.
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The remaining entries in the directory for temporary files.
    pub(crate) left: Vec<String>,
    tmp: TempDir,
}

/// The suite `examples/NAME.rs`.
#[track_caller]
pub(crate) fn fixture(name: &str) -> Fixture {
    Fixture::at(executable::path(name))
}

impl Fixture {
    /// Any program, in an environment without variables of the harness that runs this test.
    pub(crate) fn at(path: impl AsRef<OsStr>) -> Self {
        swimlanes_faults::heed_interrupts();
        let tmp = tempfile::tempdir().expect("a directory");
        let mut command = Command::new(path);
        for (name, _) in std::env::vars_os() {
            let is_of_a_harness =
                ["NEXTEST", "RUST_TEST", "SWIMLANES", "CARGO", "TEST_", "TESTBRIDGE", "BAZEL", "XML_OUTPUT", "CI_NODE"]
                    .iter();
            if is_of_a_harness.clone().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
                command.env_remove(name);
            }
        }
        command.env("RUST_BACKTRACE", "0").env_remove("NO_COLOR").stdin(Stdio::null());
        command.env("SWIMLANES_TMPDIR", tmp.path()).env("SWIMLANES_NAMESPACE", tmp.path());
        // Other runs of the suite, which the tests of other files start, would change the order of its tests.
        command.env("SWIMLANES_HISTORY", "off");
        Self { command, tmp, files: Arc::new(tempfile::tempdir().expect("a directory")) }
    }

    pub(crate) fn args(mut self, args: &[&str]) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Shares the directory for temporary files with another run.
    pub(crate) fn beside(mut self, tmp: &Path) -> Self {
        self.command.env("SWIMLANES_TMPDIR", tmp).env("SWIMLANES_NAMESPACE", tmp);
        self
    }

    /// Starts it as a job, as a shell does: in its own process group. In an orphaned group, SIGTSTP has no effect.
    pub(crate) fn in_own_group(mut self) -> Self {
        self.command.process_group(0);
        self
    }

    /// Redirects stdout to this target.
    pub(crate) fn stdout(mut self, stdout: impl Into<Stdio>) -> Self {
        self.command.stdout(stdout);
        self
    }

    /// Redirects stderr to this target.
    pub(crate) fn stderr(mut self, stderr: impl Into<Stdio>) -> Self {
        self.command.stderr(stderr);
        self
    }

    /// Names the directory for temporary files by a relative path.
    pub(crate) fn relative(mut self) -> Self {
        self.command.current_dir(self.tmp.path()).env("SWIMLANES_TMPDIR", ".");
        self
    }

    /// A file beside the directory that swimlanes uses, which is checked for leftovers.
    pub(crate) fn file(&self, name: &str) -> File {
        File { path: self.files.path().join(name), _dir: Arc::clone(&self.files) }
    }

    /// Starts it without waiting.
    pub(crate) fn start(mut self) -> Started {
        let child = self.command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the fixture starts");
        Started { child, tmp: self.tmp, _files: self.files }
    }

    /// Starts it with its output in files, in its own session, whose number is that of the child.
    pub(crate) fn start_writing(self, stdout: &File, stderr: &File) -> Started {
        // `setsid` becomes the program: it forks only if it leads a group, which a new child does not.
        let mut command = self.command_by(&["setsid"]);
        let [stdout, stderr] = [stdout, stderr].map(|file| std::fs::File::create(&file.path).expect("made"));
        let child = command.stdout(stdout).stderr(stderr).spawn().expect("setsid starts");
        Started { child, tmp: self.tmp, _files: self.files }
    }

    /// Runs it through a program that gets its command line.
    pub(crate) fn by(self, words: &[&str]) -> Self {
        let command = self.command_by(words);
        Self { command, ..self }
    }

    fn command_by(&self, words: &[&str]) -> Command {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).arg(self.command.get_program()).args(self.command.get_args()).stdin(Stdio::null());
        for (name, value) in self.command.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    /// Runs it to its end on its own terminal. Also returns the output of the terminal.
    #[cfg(unix)]
    pub(crate) fn run_on_terminal(mut self) -> (Answer, String) {
        use std::io::Read;

        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
        use rustix::termios::{Winsize, tcsetwinsize};

        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&ours).and_then(|()| unlockpt(&ours)).expect("others can open it");
        let size = Winsize { ws_row: 24, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&ours, size).expect("a terminal has a size");
        let path = ptsname(&ours, Vec::new()).expect("it has a name").into_string().expect("text");
        let theirs = || std::fs::File::options().read(true).write(true).open(&path).expect("opened");
        let child = self.command.stdout(theirs()).stderr(theirs()).spawn().expect("the fixture starts");
        // The command holds the terminal open until it is dropped.
        drop(self.command);
        let (mut ours, mut shown, mut part) = (std::fs::File::from(ours), Vec::new(), [0; 4096]);
        // On Linux, reading fails when no process has the terminal open any more.
        while let Ok(n @ 1..) = ours.read(&mut part) {
            shown.extend_from_slice(&part[..n]);
        }
        let output = child.wait_with_output().expect("it ends");
        (Answer::new(output, self.tmp), String::from_utf8(shown).expect("text").replace("\r\n", "\n"))
    }

    /// Runs it to its end. Also returns the lines of the file in its variable `LOG`; nothing else may remain.
    pub(crate) fn run_logging(self, args: &[&str]) -> (Answer, Vec<String>) {
        let log = self.file("log");
        let answer = self.env("LOG", &log).args(args).run();
        assert!(answer.left.is_empty(), "{args:?} left {:?}: {}", answer.left, answer.text());
        (answer, log.lines())
    }

    /// Runs it to its end.
    pub(crate) fn run(mut self) -> Answer {
        let output = self.command.output().expect("the fixture starts");
        Answer::new(output, self.tmp)
    }
}

impl Answer {
    fn new(output: Output, tmp: TempDir) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the fixture writes text");
        let left = below(tmp.path());
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr), left, tmp }
    }

    /// The directory for temporary files.
    pub(crate) fn tmp(&self) -> &Path {
        self.tmp.path()
    }

    /// The names of the tests in the order in which they ended.
    pub(crate) fn ran(&self) -> Vec<String> {
        let name = |line: &str| line.strip_prefix("test ")?.split_once(" ... ").map(|(name, _)| name.to_owned());
        self.stdout.lines().filter_map(name).collect()
    }

    /// The content of a snapshot: stdout, stderr if it is not empty, and the exit code.
    pub(crate) fn text(&self) -> String {
        let stderr = if self.stderr.is_empty() { String::new() } else { format!("--- stderr\n{}", self.stderr) };
        let code = self.code.map_or("killed by a signal".to_owned(), |code| code.to_string());
        format!("{}{stderr}--- exit code {code}\n", self.stdout)
    }
}

/// All entries below a directory, as relative paths, sorted.
pub(crate) fn below(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).into_iter().flatten().flatten() {
            let path = entry.path();
            found.push(path.strip_prefix(dir).expect("it is below").display().to_string());
            if path.is_dir() {
                open.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A named pipe, at which a reader and a writer wait for each other.
pub(crate) fn pipe(file: File) -> File {
    let made = Command::new("mkfifo").arg(&file).status().expect("mkfifo starts");
    assert!(made.success());
    file
}
