//! The conditional attributes of a function: `#[cfg]` and `#[cfg_attr]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, ItemFn};

/// Whether the attribute decides if the function, or another attribute, exists.
pub(crate) fn is_conditional(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr")
}

/// The function with its conditional attributes above `ours`. `None` if it has no such attribute.
///
/// The compiler has not evaluated the attributes below ours when it calls the macro. It evaluates those above ours first, and then calls
/// the macro again.
pub(crate) fn reapply_after_cfg(ours: &TokenStream, function: &ItemFn) -> Option<TokenStream> {
    if !function.attrs.iter().any(is_conditional) {
        return None;
    }
    let mut function = function.clone();
    let (conditions, others) = function.attrs.into_iter().partition::<Vec<_>, _>(is_conditional);
    function.attrs = others;
    Some(quote! { #(#conditions)* #[#ours] #function })
}
