//! The arguments `backoff` and `retry_on`, which take the words of `--retry-backoff` and `--retry-on`. They expand to values of the library.

use proc_macro2::TokenStream;
use quote::quote;
use syn::LitStr;

use crate::time::Time;

/// `"fixed:200ms"`, `"exponential:100ms"` or `"exponential:100ms..5s"`
pub(crate) fn parse_backoff(text: &LitStr) -> syn::Result<TokenStream> {
    let error = |why: &str| syn::Error::new(text.span(), why);
    let parse_time = |time: &str| Time::parse(time).map_err(|why| error(&format!("`{time}`: {why}")));
    match text.value().split_once(':') {
        Some(("fixed", times)) if times.contains("..") => Err(error("`fixed` takes one time, without a limit")),
        Some(("fixed", time)) => {
            let delay = parse_time(time)?;
            Ok(quote! { __private::Backoff::Fixed(#delay) })
        }
        Some(("exponential", times)) => {
            let (first, at_most) = match times.split_once("..") {
                None => (parse_time(times)?, Time::MAX),
                Some((first, at_most)) => (parse_time(first)?, parse_time(at_most)?),
            };
            match first <= at_most {
                true => Ok(quote! { __private::Backoff::Exponential { first: #first, at_most: #at_most } }),
                false => Err(error("the first delay is longer than the limit")),
            }
        }
        _ => Err(error(
            "unknown backoff: write \"fixed:TIME\", \"exponential:TIME\" or \"exponential:TIME..TIME\", as in \"exponential:100ms..5s\"",
        )),
    }
}

/// `"same"`, `"any"` or `"alone"`
pub(crate) fn parse_retry_on(text: &LitStr) -> syn::Result<TokenStream> {
    match &*text.value() {
        "same" => Ok(quote! { __private::RetryOn::Same }),
        "any" => Ok(quote! { __private::RetryOn::Any }),
        "alone" => Ok(quote! { __private::RetryOn::Alone }),
        _ => Err(syn::Error::new(text.span(), "unknown value of `retry_on`: use \"same\", \"any\" or \"alone\"")),
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    /// The values without the paths of the expansion, or the error.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let text = LitStr::new(text, Span::call_site());
        let result = match parse_backoff(&text) {
            Ok(tokens) => tokens
                .to_string()
                .replace("__private :: Backoff :: ", "")
                .replace(":: std :: time :: Duration :: new ", ""),
            Err(error) => format!("error: {error}"),
        };
        assert_eq!(result, expected, "{}", text.value());
    }

    #[test]
    fn backoff_is_a_kind_and_times() {
        check("fixed:200ms", "Fixed ((0u64 , 200000000u32))");
        check("exponential:100ms..5s", "Exponential { first : (0u64 , 100000000u32) , at_most : (5u64 , 0u32) }");
        check("exponential:1s..1s", "Exponential { first : (1u64 , 0u32) , at_most : (1u64 , 0u32) }");
        check(
            "exponential:1s",
            "Exponential { first : (1u64 , 0u32) , at_most : (18446744073709551615u64 , 999999999u32) }",
        );
    }

    #[test]
    fn backoff_with_a_wrong_time_is_refused() {
        check("fixed:", "error: ``: value was empty");
        check("fixed:0s", "error: `0s`: it cannot be zero");
        check("fixed:5", "error: `5`: time unit needed, for example 5sec or 5ms");
        check("exponential:..5s", "error: ``: value was empty");
        check("exponential:1s..", "error: ``: value was empty");
    }
}
