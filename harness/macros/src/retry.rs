//! Expands the arguments `backoff` and `retry_on` to expressions.

use proc_macro2::TokenStream;
use quote::quote;
use swimlanes_core::backoff::{Backoff, RetryOn};

use crate::time;

pub(crate) fn backoff(backoff: Backoff) -> TokenStream {
    match backoff {
        Backoff::Fixed(delay) => {
            let delay = time::expression(delay);
            quote! { __private::Backoff::Fixed(#delay) }
        }
        Backoff::Exponential { first, at_most } => {
            let (first, at_most) = (time::expression(first), time::expression(at_most));
            quote! { __private::Backoff::Exponential { first: #first, at_most: #at_most } }
        }
        Backoff::None => quote! { __private::Backoff::None },
        _ => unreachable!("no text is parsed to another variant"),
    }
}

pub(crate) fn retry_on(retry_on: RetryOn) -> TokenStream {
    match retry_on {
        RetryOn::Same => quote! { __private::RetryOn::Same },
        RetryOn::Process => quote! { __private::RetryOn::Process },
        RetryOn::Any => quote! { __private::RetryOn::Any },
        RetryOn::Alone => quote! { __private::RetryOn::Alone },
        _ => unreachable!("no text is parsed to another variant"),
    }
}

#[cfg(test)]
mod tests {
    use swimlanes_core::backoff;

    use super::*;

    /// The tokens without the paths of the expansion.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let tokens = super::backoff(backoff::parse(text).expect("a backoff")).to_string();
        let tokens = tokens.replace("__private :: Backoff :: ", "").replace(":: std :: time :: Duration :: new ", "");
        assert_eq!(tokens, expected, "{text}");
    }

    #[test]
    fn each_backoff_is_an_expression() {
        check("fixed:200ms", "Fixed ((0u64 , 200000000u32))");
        check("exponential:100ms..5s", "Exponential { first : (0u64 , 100000000u32) , at_most : (5u64 , 0u32) }");
        check(
            "exponential:1s",
            "Exponential { first : (1u64 , 0u32) , at_most : (18446744073709551615u64 , 999999999u32) }",
        );
    }

    #[test]
    fn each_retry_on_is_an_expression() {
        for (text, variant) in [("same", "Same"), ("process", "Process"), ("any", "Any"), ("alone", "Alone")] {
            let tokens = retry_on(backoff::parse_retry_on(text).expect("a word")).to_string();
            assert_eq!(tokens, format!("__private :: RetryOn :: {variant}"));
        }
    }
}
