//! Functions of fixtures that have type parameters: each makes the values of many types, so a type has to say which one makes it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{GenericArgument, GenericParam, Ident, ItemFn, PathArguments, Type, WhereClause};

/// Whether it is one.
pub(crate) fn is_generic(function: &ItemFn) -> bool {
    !function.sig.generics.params.is_empty()
}

/// The type of its values: of a `Result`, whatever else is in its name, the first parameter. It is needed as it is written, so nothing
/// can look through another name.
pub(crate) fn value_type(return_type: &Type) -> &Type {
    let Type::Path(path) = return_type else { return return_type };
    let Some(last) = path.path.segments.last().filter(|last| last.ident.to_string().ends_with("Result")) else {
        return return_type;
    };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return return_type };
    match arguments.args.first() {
        Some(GenericArgument::Type(ty)) => ty,
        _ => return_type,
    }
}

/// What its types have to fulfil, and that a value can be kept.
pub(crate) fn where_clause(function: &ItemFn, with: Option<&WhereClause>) -> TokenStream {
    let predicates = with.map(|with| &with.predicates).into_iter().flatten();
    let types = function.sig.generics.type_params().map(|parameter| &parameter.ident);
    quote! { where #(#predicates,)* #(#types: 'static,)* }
}

/// Refuses one that cannot work.
pub(crate) fn refuse(function: &ItemFn, return_type: &Type, data: Option<&Ident>) -> syn::Result<()> {
    let generics = &function.sig.generics;
    if let Some(lifetime) = generics.lifetimes().next() {
        let message = "a fixture is a value that owns what it has, so its function has no lifetimes";
        return Err(syn::Error::new_spanned(lifetime, message));
    }
    if let (Some(data), true) = (data, is_generic(function)) {
        let message = "`data` is for functions without type parameters: the process that keeps the values finds a function by its name";
        return Err(syn::Error::new(data.span(), message));
    }
    let is_parameter = |ty: &Type| match ty {
        Type::Path(path) => generics.params.iter().any(|parameter| match parameter {
            GenericParam::Type(parameter) => path.path.is_ident(&parameter.ident),
            GenericParam::Const(_) | GenericParam::Lifetime(_) => false,
        }),
        _ => false,
    };
    match value_type(return_type) {
        ty if is_parameter(ty) => {
            let message = "this would make every type there is: return a type of this crate with the parameter in it";
            Err(syn::Error::new_spanned(ty, message))
        }
        _ => Ok(()),
    }
}
