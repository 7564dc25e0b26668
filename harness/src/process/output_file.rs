//! The output of another process: an unnamed file, to which that process appends, and which this one reads. Unlike with a pipe, no thread
//! has to read meanwhile. The order of stdout and stderr is kept, and the output of C code and of further processes is included.

use std::fs::File;
use std::io::{self, Read, Seek};

use crate::model::excerpt::Excerpt;

/// The reading end.
#[derive(Debug)]
pub(crate) struct OutputFile(File);

impl OutputFile {
    /// An empty file, and the end to write to.
    ///
    /// # Errors
    ///
    /// If the system cannot create the file.
    pub(crate) fn new() -> io::Result<(Self, File)> {
        let file = anonymous_file()?;
        rustix::fs::fcntl_setfl(&file, rustix::fs::OFlags::APPEND)?;
        let ours = file.try_clone()?;
        Ok((Self(ours), file))
    }

    /// The output since the last call. If it is long, only its beginning and its end.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub(crate) fn take(&self) -> io::Result<Vec<u8>> {
        let mut file = &self.0;
        if file.metadata()?.len() == 0 {
            return Ok(Vec::new());
        }
        file.rewind()?;
        let (mut excerpt, mut chunk) = (Excerpt::default(), [0; 16 * 1024]);
        loop {
            match file.read(&mut chunk) {
                Ok(0) => break,
                Ok(n) => excerpt.push(&chunk[..n]),
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(cause),
            }
        }
        file.set_len(0)?;
        Ok(excerpt.take())
    }
}

#[cfg(target_os = "linux")]
fn anonymous_file() -> io::Result<File> {
    Ok(File::from(rustix::fs::memfd_create(c"swimlanes-output", rustix::fs::MemfdFlags::CLOEXEC)?))
}

#[cfg(not(target_os = "linux"))]
fn anonymous_file() -> io::Result<File> {
    tempfile::tempfile()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn output_is_returned_once() {
        let (written, mut file) = OutputFile::new().expect("a file");
        for text in ["one\n", "two\n"] {
            file.write_all(text.as_bytes()).expect("written");
            assert_eq!(written.take().expect("read"), text.as_bytes());
        }
        assert!(written.take().expect("read").is_empty());
    }

    #[test]
    fn long_output_keeps_both_ends() {
        let (written, mut file) = OutputFile::new().expect("a file");
        let mut text = vec![b'a'; 3 << 20];
        text[0] = b'<';
        *text.last_mut().expect("some") = b'>';
        file.write_all(&text).expect("written");
        let output = written.take().expect("read");
        assert_eq!((output[0], output[output.len() - 1]), (b'<', b'>'));
        assert!(String::from_utf8_lossy(&output).contains("\n[swimlanes: 2.0 MiB of output left out here]\n"));
    }
}
