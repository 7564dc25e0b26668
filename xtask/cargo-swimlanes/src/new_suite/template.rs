//! What this suite tests.

use swimlanes::prelude::*;

#[swimlanes::test]
fn writes_a_file(dir: TestDir) -> std::io::Result<()> {
    // The directory belongs to this test, and is removed after it.
    let path = dir.path().join("greeting");
    std::fs::write(&path, "hello")?;
    assert_eq!(std::fs::read_to_string(path)?, "hello");
    Ok(())
}

swimlanes::main!();
