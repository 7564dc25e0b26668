//! The parameters of a test or a fixture function that are fixtures. The type of a parameter is the key of its fixture.

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
    /// Its variable in the expansion.
    name: Ident,
    /// Its index among all parameters.
    ix: usize,
}

/// The fixtures among the parameters. `is_fixture` takes the index of a parameter.
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
                let message = "a test or fixture must be a free function: remove `self`";
                return Err(syn::Error::new_spanned(receiver, message));
            }
        }
    }
    Ok(parameters)
}

/// Refuses attributes that a parameter cannot have.
fn refuse(parameter: &PatType) -> syn::Result<()> {
    for attribute in &parameter.attrs {
        if is_conditional(attribute) {
            let message = "a single parameter cannot be conditional: put the attribute on the function";
            return Err(syn::Error::new_spanned(attribute, message));
        }
        // The expansion of a test has already removed these attributes.
        if matrix::is_helper_attr(attribute) {
            let message =
                "`#[case]` and `#[values(…)]` work only on tests: each parameter of a fixture must be another fixture";
            return Err(syn::Error::new_spanned(attribute, message));
        }
    }
    Ok(())
}

fn parameter(ix: usize, parameter: &PatType) -> syn::Result<FixtureParam<'_>> {
    let name = format_ident!("__fixture_{ix}");
    let (ty, is_shared) = match &*parameter.ty {
        Type::Reference(reference) if reference.mutability.is_some() => {
            let message = "a fixture cannot be taken by `&mut`, as tests may share it: take it by `&`, or by value if each test has its own";
            return Err(syn::Error::new_spanned(&parameter.ty, message));
        }
        Type::Reference(reference) => (&*reference.elem, true),
        ty => (ty, false),
    };
    match ty {
        Type::ImplTrait(_) | Type::TraitObject(_) | Type::Slice(_) => {
            Err(syn::Error::new_spanned(ty, "a fixture is found by its type: the parameter needs a type with a name"))
        }
        Type::Path(path) if is_shared && path.path.is_ident("str") => Err(syn::Error::new_spanned(
            ty,
            "a fixture is found by its type, and no function can return a `str`: take `&String`",
        )),
        ty => Ok(FixtureParam { ty, is_shared, name, ix }),
    }
}

/// The span of the type, but with the hygiene of the expansion. A type from a `macro_rules!` macro has that macro's hygiene, under which the
/// variables of the expansion do not exist.
fn type_span(ty: &Type) -> Span {
    ty.span().resolved_at(Span::call_site())
}

/// Statements that set up the fixtures and bind each to its variable.
pub(crate) fn bind_params(parameters: &[FixtureParam<'_>]) -> TokenStream {
    let each = parameters.iter().map(|FixtureParam { ty, is_shared, name, .. }| {
        let value = match is_shared {
            true => quote_spanned! { type_span(ty) => (&&__private::ParamOf::<#ty>::new()).shared(__setup)? },
            false => quote_spanned! { type_span(ty) => (&&__private::ParamOf::<#ty>::new()).take(__setup)? },
        };
        quote! { let #name = #value; }
    });
    quote! { #(#each)* }
}

/// The arguments of the call: the fixtures, and for other parameters `value` of their index.
pub(crate) fn call_args(
    function: &ItemFn,
    parameters: &[FixtureParam<'_>],
    value: impl Fn(usize) -> Option<TokenStream>,
) -> TokenStream {
    let each = (0..function.sig.inputs.len()).map(|ix| match parameters.iter().find(|parameter| parameter.ix == ix) {
        Some(FixtureParam { is_shared: true, name, .. }) => quote! { &#name },
        Some(FixtureParam { is_shared: false, name, .. }) => quote! { #name },
        None => value(ix).expect("a parameter that is not a fixture has a value"),
    });
    quote! { #(#each),* }
}

/// A function that returns the list of fixtures that the parameters need.
pub(crate) fn params_fn(parameters: &[FixtureParam<'_>]) -> TokenStream {
    let each = parameters.iter().map(|FixtureParam { ty, is_shared, .. }| match is_shared {
        true => quote_spanned! { type_span(ty) => (&&__private::ParamOf::<#ty>::new()).shared_param() },
        false => quote_spanned! { type_span(ty) => (&&__private::ParamOf::<#ty>::new()).param() },
    });
    quote! { || ::std::vec![#(#each),*] }
}
