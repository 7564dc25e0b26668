//! A fixture cannot be taken by `&mut`, as tests may share it.

#[swimlanes::test]
fn wants_it_for_itself(list: &mut Vec<u8>) {
    list.clear();
}

fn main() {}
