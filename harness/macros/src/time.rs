//! Times in arguments, such as `"500ms"`, and the time as an expression of the expansion.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

/// A time that is not zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(Duration);

impl Time {
    pub(crate) const MAX: Self = Self(Duration::MAX);

    /// Parses `500ms`, `5s` or `2m`, as the command line does. The error is a sentence without its subject.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match humantime::parse_duration(text) {
            Ok(Duration::ZERO) => Err("it cannot be zero".to_owned()),
            Ok(time) => Ok(Self(time)),
            Err(cause) => Err(cause.to_string()),
        }
    }
}

impl ToTokens for Time {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let (seconds, nanoseconds) = (self.0.as_secs(), self.0.subsec_nanos());
        tokens.extend(quote! { ::std::time::Duration::new(#seconds, #nanoseconds) });
    }
}
