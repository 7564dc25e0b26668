//! Expands a time to an expression.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;

pub(crate) fn expression(time: Duration) -> TokenStream {
    let (seconds, nanoseconds) = (time.as_secs(), time.subsec_nanos());
    quote! { ::std::time::Duration::new(#seconds, #nanoseconds) }
}
