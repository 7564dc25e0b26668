//! Wrong attributes are compile errors that point at the wrong word.
#![allow(missing_docs)]

#[test]
fn compile_errors_point_at_the_wrong_word() {
    let files = if cfg!(feature = "tokio") { "ui/*.rs" } else { "ui_without_tokio/*.rs" };
    trybuild::TestCases::new().compile_fail(files);
}
