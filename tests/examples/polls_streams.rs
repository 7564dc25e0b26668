//! Tests that poll their own stdout and stderr, and one that writes more than a pipe holds.
#![allow(missing_docs)]

use std::io::Write;

#[cfg(target_os = "linux")]
#[swimlanes::test]
fn polls_its_streams() {
    use rustix::event::epoll;

    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).expect("made");
    for stream in [rustix::stdio::stdout(), rustix::stdio::stderr()] {
        epoll::add(&epoll, stream, epoll::EventData::new_u64(0), epoll::EventFlags::OUT).expect("added");
        epoll::delete(&epoll, stream).expect("deleted");
    }
}

/// Directly to the streams, as a program in another language does.
#[swimlanes::test]
fn writes_much() {
    let line = [b'x'; 1023];
    for _ in 0..512 {
        std::io::stdout().write_all(&line).expect("written");
        std::io::stderr().write_all(b"\n").expect("written");
    }
    let status = std::process::Command::new("sh").args(["-c", "yes | head -c 500000; echo end"]).status();
    assert!(status.expect("sh starts").success());
    panic!("after much output");
}

swimlanes::main!();
