//! A parameter with `#[case]` needs cases.

#[swimlanes::test(serial)]
fn test(worker: swimlanes::Worker, #[case] number: u8) {
    drop((worker, number));
}

fn main() {}
