//! Wrong attributes are compile errors that point at the word they are about.
#![allow(missing_docs)]

#[test]
fn refusals_point_at_the_word() {
    let files = if cfg!(feature = "tokio") { "ui/*.rs" } else { "ui_without_tokio/*.rs" };
    trybuild::TestCases::new().compile_fail(files);
}
