//! The parameters of a test, and of a fixture's function: each is taken by its type.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{FnArg, Ident, ItemFn, PatType, Type};

use crate::attributes;

/// One parameter.
pub(crate) struct Parameter<'a> {
    /// Without the `&`.
    ty: &'a Type,
    is_shared: bool,
    /// What holds it in the expansion.
    name: Ident,
}

/// All of a function.
pub(crate) fn of(function: &ItemFn) -> syn::Result<Vec<Parameter<'_>>> {
    let inputs = function.sig.inputs.iter().enumerate();
    inputs
        .map(|(ix, input)| match input {
            FnArg::Typed(typed) => parameter(ix, typed),
            FnArg::Receiver(receiver) => {
                Err(syn::Error::new_spanned(receiver, "this is a function of its own: it has no `self`"))
            }
        })
        .collect()
}

fn parameter(ix: usize, parameter: &PatType) -> syn::Result<Parameter<'_>> {
    if let Some(condition) = parameter.attrs.iter().find(|attribute| attributes::is_conditional(attribute)) {
        let message = "a function has all its parameters or is not there at all: put the `#[cfg]` on the function";
        return Err(syn::Error::new_spanned(condition, message));
    }
    let name = format_ident!("__fixture_{ix}");
    let (ty, is_shared) = match &*parameter.ty {
        Type::Reference(reference) if reference.mutability.is_some() => {
            let message = "others may share it: take it by `&`, or by value if it is made for each test";
            return Err(syn::Error::new_spanned(&parameter.ty, message));
        }
        Type::Reference(reference) => (&*reference.elem, true),
        ty => (ty, false),
    };
    match ty {
        Type::ImplTrait(_) | Type::TraitObject(_) | Type::Slice(_) => {
            Err(syn::Error::new_spanned(ty, "a fixture is found by its type, so the parameter needs one with a name"))
        }
        Type::Path(path) if is_shared && path.path.is_ident("str") => Err(syn::Error::new_spanned(
            ty,
            "a fixture is found by its type: a function can make a `String`, and `&String` takes it",
        )),
        ty => Ok(Parameter { ty, is_shared, name }),
    }
}

/// The statement that has the values made, one for each.
pub(crate) fn takes(parameters: &[Parameter<'_>]) -> TokenStream {
    let takes = parameters.iter().map(|Parameter { ty, is_shared, name }| {
        let value = match is_shared {
            true => quote_spanned! { ty.span() => __macros::Wanted::<#ty>::new().shared(__setup)? },
            false => quote_spanned! { ty.span() => (&__macros::Wanted::<#ty>::new()).take(__setup)? },
        };
        quote! { let #name = #value; }
    });
    quote! { #(#takes)* }
}

/// What is handed to the function.
pub(crate) fn handed_over(parameters: &[Parameter<'_>]) -> TokenStream {
    let each = parameters.iter().map(|Parameter { is_shared, name, .. }| match is_shared {
        true => quote! { &#name },
        false => quote! { #name },
    });
    quote! { #(#each),* }
}

/// The function that says what is taken.
pub(crate) fn listed(parameters: &[Parameter<'_>]) -> TokenStream {
    let each = parameters.iter().map(|Parameter { ty, is_shared, .. }| match is_shared {
        true => quote_spanned! { ty.span() => __macros::Wanted::<#ty>::new().shared_param() },
        false => quote_spanned! { ty.span() => (&__macros::Wanted::<#ty>::new()).param() },
    });
    quote! { || ::std::vec![#(#each),*] }
}
