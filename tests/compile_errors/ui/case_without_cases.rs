//! A parameter that takes a value of each case, and there are none.

#[swimlanes::test(serial)]
fn test(worker: swimlanes::Worker, #[case] number: u8) {
    drop((worker, number));
}

fn main() {}
