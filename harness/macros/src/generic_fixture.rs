//! Fixture functions with type parameters. Such a function provides many types, so each type names the function in an implementation.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{GenericArgument, GenericParam, ItemFn, PathArguments, Type, WhereClause};

/// Whether the function has type parameters, constants or lifetimes.
pub(crate) fn is_generic(function: &ItemFn) -> bool {
    !function.sig.generics.params.is_empty()
}

/// The type of the fixture: the first parameter of a return type whose name ends with `Result`, or the return type itself. A macro sees only
/// the written name, so an alias with another ending is not recognised.
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

/// The `where` clause of the implementation. Its types are `'static`, as a fixture may be shared.
pub(crate) fn where_clause(function: &ItemFn, with: Option<&WhereClause>) -> TokenStream {
    let predicates = with.map(|with| &with.predicates).into_iter().flatten();
    let types = function.sig.generics.type_params().map(|parameter| &parameter.ident);
    quote! { where #(#predicates,)* #(#types: 'static,)* }
}

/// Refuses a generic function that cannot be a fixture.
pub(crate) fn refuse(function: &ItemFn, return_type: &Type, is_of_run: bool) -> syn::Result<()> {
    let generics = &function.sig.generics;
    if let Some(lifetime) = generics.lifetimes().next() {
        let message = "a fixture owns its data: its function cannot have lifetimes";
        return Err(syn::Error::new_spanned(lifetime, message));
    }
    if is_of_run && is_generic(function) {
        let message = "`scope = \"run\"` cannot be combined with type parameters: the process that makes the value finds a function by its \
                       name. Use `scope = \"process\"`";
        return Err(syn::Error::new_spanned(generics, message));
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
            let message = "a fixture cannot be a bare type parameter, as it would provide every type: \
                           return a type of this crate that contains the parameter";
            Err(syn::Error::new_spanned(ty, message))
        }
        _ => Ok(()),
    }
}
