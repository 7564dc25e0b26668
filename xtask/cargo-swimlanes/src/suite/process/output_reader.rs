//! Reads what a child writes to a pipe, on a thread. Unlike a file, a child can poll a pipe, as it does under cargo.

use std::hash::{BuildHasher, RandomState};
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::thread::{self, JoinHandle};

/// The reader of a pipe.
pub(crate) struct OutputReader {
    /// Another process can hold the pipe open after the end of the child, so no end of file can be waited for. This end writes the mark.
    writer: PipeWriter,
    /// The bytes that mark the end. No program writes them by chance.
    mark: Vec<u8>,
    thread: JoinHandle<io::Result<Vec<u8>>>,
}

impl OutputReader {
    /// Starts to read a new pipe. Returns the reader, and the end for the child.
    ///
    /// # Errors
    ///
    /// If the pipe or the thread cannot be made.
    pub(crate) fn start() -> io::Result<(Self, PipeWriter)> {
        let (pipe, writer) = io::pipe()?;
        let mark = format!("\0end of the child {:016x}", RandomState::new().hash_one(std::process::id())).into_bytes();
        let its_mark = mark.clone();
        let thread = thread::Builder::new().name("output".to_owned()).spawn(move || read_to(pipe, &its_mark))?;
        let its_end = writer.try_clone()?;
        Ok((Self { writer, mark, thread }, its_end))
    }

    /// Everything that was written before this call.
    ///
    /// # Errors
    ///
    /// If the pipe cannot be read.
    pub(crate) fn finish(mut self) -> io::Result<Vec<u8>> {
        self.writer.write_all(&self.mark)?;
        self.thread.join().map_err(|_| io::Error::other("the thread that read the output panicked"))?
    }
}

/// Reads until the mark, which is not returned.
fn read_to(mut pipe: PipeReader, mark: &[u8]) -> io::Result<Vec<u8>> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 64 * 1024]);
    loop {
        let n = match pipe.read(&mut chunk) {
            Ok(0) => return Ok(bytes),
            Ok(n) => n,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
            Err(cause) => return Err(cause),
        };
        // The mark can arrive in two parts.
        let from = bytes.len().saturating_sub(mark.len());
        bytes.extend_from_slice(&chunk[..n]);
        if let Some(at) = bytes[from..].windows(mark.len()).position(|window| window == mark) {
            bytes.truncate(from + at);
            return Ok(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finish_returns_all_output_although_another_process_holds_the_pipe() {
        for length in [0, 3, 64 * 1024 - 5, 1 << 20] {
            let (reader, mut writer) = OutputReader::start().expect("a pipe");
            let text = vec![b'x'; length];
            writer.write_all(&text).expect("written");
            assert_eq!(reader.finish().expect("read"), text);
            drop(writer);
        }
    }
}
