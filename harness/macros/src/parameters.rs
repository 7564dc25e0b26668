//! The fixtures among the parameters of a test, and of a fixture's function: each is taken by its type.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{FnArg, Ident, ItemFn, PatType, Type};

use crate::cfg::is_conditional;
use crate::matrix;

/// One parameter that is a fixture.
pub(crate) struct FixtureParam<'a> {
    /// Without the `&`.
    ty: &'a Type,
    is_shared: bool,
    /// What holds it in the expansion.
    name: Ident,
    /// Its place among all parameters.
    ix: usize,
}

/// All of a function, but for those in the places that are not fixtures.
pub(crate) fn fixture_params(
    function: &ItemFn,
    is_fixture: impl Fn(usize) -> bool,
) -> syn::Result<Vec<FixtureParam<'_>>> {
    let mut parameters = Vec::new();
    for (ix, input) in function.sig.inputs.iter().enumerate() {
        match input {
            FnArg::Typed(typed) => {
                refuse(typed)?;
                if is_fixture(ix) {
                    parameters.push(parameter(ix, typed)?);
                }
            }
            FnArg::Receiver(receiver) => {
                let message = "this is a function of its own: it has no `self`";
                return Err(syn::Error::new_spanned(receiver, message));
            }
        }
    }
    Ok(parameters)
}

/// Refuses what cannot stand there.
fn refuse(parameter: &PatType) -> syn::Result<()> {
    for attribute in &parameter.attrs {
        if is_conditional(attribute) {
            let message = "a function has all its parameters or is not there at all: put the `#[cfg]` on the function";
            return Err(syn::Error::new_spanned(attribute, message));
        }
        // Those of a test are gone by now.
        if matrix::is_helper_attr(attribute) {
            let message = "`#[case]` and `#[values(…)]` are for tests: a fixture is made of other fixtures alone";
            return Err(syn::Error::new_spanned(attribute, message));
        }
    }
    Ok(())
}

fn parameter(ix: usize, parameter: &PatType) -> syn::Result<FixtureParam<'_>> {
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
        ty => Ok(FixtureParam { ty, is_shared, name, ix }),
    }
}

/// Where the type stands, with the names of the expansion: a type that a macro has put in knows only its own.
fn type_span(ty: &Type) -> Span {
    ty.span().resolved_at(Span::call_site())
}

/// The statement that has the values made, one for each.
pub(crate) fn bind_params(parameters: &[FixtureParam<'_>]) -> TokenStream {
    let each = parameters.iter().map(|FixtureParam { ty, is_shared, name, .. }| {
        let value = match is_shared {
            true => quote_spanned! { type_span(ty) => (&&__macros::Wanted::<#ty>::new()).shared(__setup)? },
            false => quote_spanned! { type_span(ty) => (&&__macros::Wanted::<#ty>::new()).take(__setup)? },
        };
        quote! { let #name = #value; }
    });
    quote! { #(#each)* }
}

/// What is handed to the function: these, and in the other places what `value` answers for them.
pub(crate) fn call_args(
    function: &ItemFn,
    parameters: &[FixtureParam<'_>],
    value: impl Fn(usize) -> Option<TokenStream>,
) -> TokenStream {
    let each = (0..function.sig.inputs.len()).map(|ix| match parameters.iter().find(|parameter| parameter.ix == ix) {
        Some(FixtureParam { is_shared: true, name, .. }) => quote! { &#name },
        Some(FixtureParam { is_shared: false, name, .. }) => quote! { #name },
        None => value(ix).expect("what is no fixture is written down"),
    });
    quote! { #(#each),* }
}

/// The function that says what is taken.
pub(crate) fn params_fn(parameters: &[FixtureParam<'_>]) -> TokenStream {
    let each = parameters.iter().map(|FixtureParam { ty, is_shared, .. }| match is_shared {
        true => quote_spanned! { type_span(ty) => (&&__macros::Wanted::<#ty>::new()).shared_param() },
        false => quote_spanned! { type_span(ty) => (&&__macros::Wanted::<#ty>::new()).param() },
    });
    quote! { || ::std::vec![#(#each),*] }
}
