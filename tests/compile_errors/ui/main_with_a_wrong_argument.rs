//! `main!` accepts two arguments.

mod one {
    swimlanes::main!(allow_plain_test);
}

mod other {
    swimlanes::main!(allow_plain_tests, allow_plain_tests);
}

mod third {
    swimlanes::main!(crate);
}

fn main() {}
