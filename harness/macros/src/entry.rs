//! Expands `main!`: the `main` of a target, with the list of its dropped tests.

use std::path::Path;

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitStr, Token};

use crate::ast::CratePath;
use crate::dropped_tests::{self, Condition, DroppedTest};

/// The arguments of `main!(…)`.
#[derive(Default)]
pub(crate) struct MainArgs {
    allow_plain_tests: bool,
    crate_path: CratePath,
}

impl Parse for MainArgs {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut args = Self::default();
        while !input.is_empty() {
            let key = input.call(Ident::parse_any)?;
            match &*key.to_string() {
                "allow_plain_tests" if args.allow_plain_tests => return Err(duplicate(&key)),
                "crate" if args.crate_path.0.is_some() => return Err(duplicate(&key)),
                "allow_plain_tests" => args.allow_plain_tests = true,
                "crate" => {
                    if !input.peek(Token![=]) {
                        return Err(syn::Error::new(key.span(), "`crate` needs a path, as in `crate = lanes`"));
                    }
                    input.parse::<Token![=]>()?;
                    // A string is accepted too, as the attributes take one.
                    args.crate_path = CratePath(Some(match input.peek(LitStr) {
                        true => input.parse::<LitStr>()?.parse_with(syn::Path::parse_mod_style)?,
                        false => input.call(syn::Path::parse_mod_style)?,
                    }));
                }
                name => {
                    let message = format!("unknown argument `{name}`: `main!` accepts `allow_plain_tests` and `crate`");
                    return Err(syn::Error::new(key.span(), message));
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(args)
    }
}

fn duplicate(key: &Ident) -> syn::Error {
    syn::Error::new(key.span(), format!("`{key}` is given twice"))
}

/// Expands to the `main`. `root` is the file of the call, if the compiler knows it.
pub(crate) fn main(args: &MainArgs, root: Option<&Path>) -> TokenStream {
    let crate_path = &args.crate_path;
    let name = args.crate_path.0.as_ref().and_then(|path| path.segments.last());
    let name = name.map_or("swimlanes".to_owned(), |segment| segment.ident.to_string());
    let dropped_tests = match root {
        Some(root) if !args.allow_plain_tests => find(root, &name),
        _ => Vec::new(),
    };
    let advice = advice(&dropped_tests, root, &name);
    let warnings =
        by_condition(&dropped_tests).into_iter().map(|(condition, group)| warning(condition, &group, &advice));
    let entries = dropped_tests.iter().map(|DroppedTest { name, text, condition, .. }| {
        let cfg = cfg(condition);
        quote! { #cfg #crate_path::__private::DroppedTest { name: #name, text: #text } }
    });
    quote! {
        fn main() -> ::std::process::ExitCode {
            #crate_path::runner()
                .for_target(#crate_path::__private::Target {
                    krate: ::std::env!("CARGO_CRATE_NAME"),
                    package: ::std::env!("CARGO_PKG_NAME"),
                    bin: ::std::option_env!("CARGO_BIN_NAME"),
                    is_integration_test: ::std::option_env!("CARGO_TARGET_TMPDIR").is_some(),
                    file: ::std::file!(),
                    dropped: &[#(#entries),*],
                    dropped_advice: #advice,
                })
                .run()
        }

        #(#warnings)*

        // The compiler keeps this test only with its own harness. That harness would run no `#[swimlanes::test]` and pass.
        #[::core::prelude::v1::test]
        fn harness_false_is_missing_in_cargo_toml() {
            ::std::panic!(
                "this target runs on the compiler's own harness, which does not know `#[swimlanes::test]`; \
                 set `harness = false` for it in Cargo.toml"
            );
        }
    }
}

fn find(root: &Path, name: &str) -> Vec<DroppedTest> {
    let _lexer = OwnLexer::begin();
    dropped_tests::find(root, &[name, "swimlanes"], &|path| std::fs::read_to_string(path).ok())
}

/// A guard: while it exists, proc-macro2 lexes text itself. The lexer of the compiler would give no line numbers, and it would report
/// errors in files that are not part of the target.
struct OwnLexer;

impl OwnLexer {
    fn begin() -> Self {
        proc_macro2::fallback::force();
        Self
    }
}

impl Drop for OwnLexer {
    fn drop(&mut self) {
        proc_macro2::fallback::unforce();
    }
}

/// How to run the dropped tests, and how to silence the warning.
fn advice(dropped_tests: &[DroppedTest], root: Option<&Path>, name: &str) -> String {
    let (mut lines, is_renamed) = (Vec::new(), name != "swimlanes");
    if dropped_tests.iter().any(|test| test.needs_import) {
        let root = root.map_or("the root of the crate".to_owned(), dropped_tests::display_path);
        // The attributes expand to paths that begin with `::swimlanes`.
        let alias = if is_renamed { " as swimlanes" } else { "" };
        lines.push(format!("to run each `#[test]`, add `#[macro_use(test)] extern crate {name}{alias};` to {root}"));
    }
    let crate_path = if is_renamed { format!(", crate = {name}") } else { String::new() };
    lines.push(format!("to leave them out on purpose, write `{name}::main!(allow_plain_tests{crate_path});`"));
    lines.join("\n")
}

fn by_condition(dropped_tests: &[DroppedTest]) -> Vec<(&Condition, Vec<&DroppedTest>)> {
    let mut groups: Vec<(&Condition, Vec<&DroppedTest>)> = Vec::new();
    for test in dropped_tests {
        match groups.iter_mut().find(|(condition, _)| **condition == test.condition) {
            Some((_, group)) => group.push(test),
            None => groups.push((&test.condition, vec![test])),
        }
    }
    groups
}

/// A compiler warning. Macros of stable Rust cannot emit one, so the expansion uses a deprecated item.
fn warning(condition: &Condition, dropped_tests: &[&DroppedTest], advice: &str) -> TokenStream {
    let cfg = cfg(condition);
    let what = match dropped_tests.len() {
        1 => "1 test of this target never runs".to_owned(),
        n => format!("{n} tests of this target never run"),
    };
    let list: String = dropped_tests.iter().map(|test| format!("\n  {}", test.text)).collect();
    let note =
        format!("{what}, as the compiler drops `#[test]` functions where `harness = false` is set:{list}\n{advice}");
    quote! {
        #cfg
        #[warn(deprecated)]
        const _: () = {
            #[deprecated(note = #note)]
            const TESTS_THAT_NEVER_RUN: () = ();
            TESTS_THAT_NEVER_RUN
        };
    }
}

fn cfg(condition: &Condition) -> Option<TokenStream> {
    let predicate = (!condition.is_none()).then(|| condition.predicate())?;
    // The predicate was printed from tokens, so it parses.
    let predicate: TokenStream = predicate.parse().unwrap_or_else(|_| quote! { all() });
    Some(quote! { #[cfg(#predicate)] })
}

/// The file that calls the macro. `None` in some editors.
pub(crate) fn root() -> Option<std::path::PathBuf> {
    proc_macro::Span::call_site().local_file()
}
