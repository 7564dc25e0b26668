//! What may be shared cannot be changed.

#[swimlanes::test]
fn wants_it_for_itself(list: &mut Vec<u8>) {
    list.clear();
}

fn main() {}
