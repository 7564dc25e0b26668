//! The Tokio runtime of an async test: its arguments, which are those of `#[tokio::test]`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{LitInt, Signature};

use crate::ast::Flavor;
use crate::test_args::TestArgs;

/// Refuses arguments of a runtime if the test has none, or if its runtime does not accept them.
pub(crate) fn refuse(args: &TestArgs, sig: &Signature) -> syn::Result<()> {
    let single_thread_arg = single_thread_arg(args);
    let runtime_arg = args.flavor.map(|(_, span)| span).or(args.worker_threads.as_ref().map(LitInt::span));
    match (&sig.asyncness, runtime_arg.or(single_thread_arg.map(|(_, span)| span))) {
        (None, Some(span)) => {
            return Err(syn::Error::new(
                span,
                "only an `async` test has a runtime: make the function `async`, or remove this argument",
            ));
        }
        (Some(token), _) if !cfg!(feature = "tokio") => {
            return Err(syn::Error::new_spanned(token, needs_feature("test")));
        }
        _ => {}
    }
    let is_multi_thread = matches!(args.flavor, Some((Flavor::MultiThread, _)));
    match (&args.worker_threads, single_thread_arg) {
        (Some(threads), _) if !is_multi_thread => {
            Err(syn::Error::new(threads.span(), "`worker_threads` needs `flavor = \"multi_thread\"`, as in Tokio"))
        }
        (_, Some((name, span))) if is_multi_thread => {
            let message = format!("`{name}` needs `flavor = \"current_thread\"`, as in Tokio");
            Err(syn::Error::new(span, message))
        }
        _ => Ok(()),
    }
}

/// Why an async function of this kind is refused if the feature is off.
pub(crate) fn needs_feature(kind: &str) -> String {
    format!("an async {kind} needs the feature `tokio` of swimlanes: add `features = [\"tokio\"]` to the dependency")
}

/// The argument, if any, that only a runtime with one thread accepts.
fn single_thread_arg(args: &TestArgs) -> Option<(&'static str, Span)> {
    let start_paused = args.start_paused.as_ref().map(|boolean| ("start_paused", boolean.span()));
    start_paused.or(args.unhandled_panic.as_ref().map(|variant| ("unhandled_panic", variant.span())))
}

/// The runtime, as a value of the library.
pub(crate) fn flavor(args: &TestArgs) -> TokenStream {
    match (args.flavor, &args.worker_threads) {
        (None | Some((Flavor::CurrentThread, _)), _) => {
            let adjust = adjust(args);
            quote! { __private::Flavor::CurrentThread { adjust: #adjust } }
        }
        (Some((Flavor::MultiThread, _)), None) => {
            quote! { __private::Flavor::MultiThread { workers: ::std::option::Option::None } }
        }
        (Some((Flavor::MultiThread, _)), Some(threads)) => {
            quote! { __private::Flavor::MultiThread { workers: ::std::option::Option::Some(#threads) } }
        }
    }
}

/// Calls of Tokio's builder. They are part of the expansion, as these methods need the feature `test-util` or `tokio_unstable`, which only the
/// crate of the test can enable.
fn adjust(args: &TestArgs) -> TokenStream {
    let mut calls = TokenStream::new();
    if let Some(boolean) = &args.start_paused {
        let call = quote_spanned! { boolean.span() => __builder.start_paused(#boolean); };
        calls.extend(quote! { #[allow(unused_imports)] use __private::StartPaused as _; #call });
    }
    if let Some(variant) = &args.unhandled_panic {
        calls.extend(quote_spanned! { variant.span() =>
            __builder.unhandled_panic(__private::tokio::runtime::UnhandledPanic::#variant);
        });
    }
    if calls.is_empty() {
        return quote! { ::std::option::Option::None };
    }
    quote! { ::std::option::Option::Some(|__builder: &mut __private::tokio::runtime::Builder| { #calls }) }
}
