//! Wrong attributes are compile errors that point at the word they are about.
#![allow(missing_docs)]

#[test]
fn refusals_point_at_the_word() {
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}
