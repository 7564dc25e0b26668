//! 300 tests with all tags, made at run time. Each records its start and its end in the file named in `TRACE`, as those of `tags` do.
#![allow(missing_docs)]

use std::fs::OpenOptions;
use std::io::Write;
use std::num::NonZeroU32;
use std::process::ExitCode;

use swimlanes::Tags;

/// The tags of the tests whose names begin so, and how many such tests there are.
fn kinds() -> [(&'static str, Tags, u32); 11] {
    let units = |n| NonZeroU32::new(n).expect("more than zero");
    [
        ("free_", Tags::new(), 80),
        ("serial_", Tags::new().serial(), 30),
        ("key_", Tags::new().serial_key("key"), 30),
        ("alone_", Tags::new().no_parallel(), 10),
        ("redis_", Tags::new().shared_resource("redis"), 20),
        ("redis_read_", Tags::new().shared_resource_shared("redis"), 20),
        ("pool_one_", Tags::new().shared_resource_units("pool", units(1)), 40),
        ("pool_two_", Tags::new().shared_resource_units("pool", units(2)), 20),
        ("pool_all_", Tags::new().shared_resource("pool"), 10),
        ("redis_and_key_", Tags::new().shared_resource("redis").serial_key("key"), 10),
        ("group_a_", Tags::new().group("a"), 30),
    ]
}

fn note(name: &str, what: &str) {
    let path = std::env::var_os("TRACE").expect("TRACE names a file");
    let mut file = OpenOptions::new().create(true).append(true).open(path).expect("the file opens");
    // One write, so that lines of several processes do not mix.
    file.write_all(format!("{name} {what}\n").as_bytes()).expect("it is written");
}

fn main() -> ExitCode {
    let mut runner = swimlanes::runner().resource("pool", 3);
    for (prefix, tags, n) in kinds() {
        for n in 1..=n {
            let name = format!("{prefix}{n}");
            let traced = name.clone();
            runner = runner.test(&name, tags.clone(), move || {
                note(&traced, "start");
                (0..2_000).for_each(|_| std::thread::yield_now());
                note(&traced, "end");
            });
        }
    }
    runner.run()
}
