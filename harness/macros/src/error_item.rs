//! The expansion of an attribute macro that reports an error: the error, and the function without our attributes.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ItemFn;

use crate::{inner_attrs, matrix};

/// The error and the item. The item stays, so that the compiler reports no other error because of its absence.
pub(crate) fn error_item(error: &syn::Error, item: TokenStream) -> TokenStream {
    let error = error.to_compile_error();
    let item = strip_helper_attrs(item);
    quote! { #error #item }
}

/// The item without the attributes that only our macros understand.
fn strip_helper_attrs(item: TokenStream) -> TokenStream {
    let Ok(mut function) = syn::parse2::<ItemFn>(item.clone()) else { return item };
    function.attrs.retain(|attribute| !inner_attrs::is_helper_attr(attribute));
    matrix::strip_helper_attrs(&mut function);
    // Without a registration nothing calls the function.
    let allow = quote! { #[allow(dead_code)] };
    [allow, function.into_token_stream()].into_iter().collect()
}
