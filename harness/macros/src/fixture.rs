//! Expands `#[swimlanes::fixture]`: the function, and a registration of the fixture that it returns.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Ident, ItemFn, Path, ReturnType, Token, Type};

use crate::ast::CratePath;
use crate::key_value::{crate_path, text};
use crate::runtime::needs_feature;
use crate::{cfg, generic_fixture, parameters};

/// The arguments of `#[swimlanes::fixture(…)]`.
#[derive(Default)]
pub(crate) struct FixtureArgs {
    scope: Scope,
    autouse: Autouse,
    teardown: Option<Path>,
    crate_path: CratePath,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Scope {
    #[default]
    Test,
    Worker,
    Process,
    Run,
}

/// For which tests the fixture is set up although they do not take it.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Autouse {
    #[default]
    Off,
    Module,
    Suite,
}

impl Parse for FixtureArgs {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut args = Self::default();
        let mut keys: Vec<String> = Vec::new();
        while !input.is_empty() {
            let key = input.call(Ident::parse_any)?;
            let name = key.to_string();
            if keys.contains(&name) {
                return Err(syn::Error::new(key.span(), format!("`{name}` is given twice")));
            }
            match &*name {
                "scope" => args.scope = scope(&key, input)?,
                "autouse" => args.autouse = autouse(&key, input)?,
                "teardown" => {
                    input.parse::<Token![=]>()?;
                    args.teardown = Some(input.parse()?);
                }
                "crate" => args.crate_path = crate_path(&key, input)?,
                _ => {
                    let message = format!(
                        "unknown argument `{name}`: `#[swimlanes::fixture]` accepts `scope`, `autouse`, `teardown` and `crate`"
                    );
                    return Err(syn::Error::new(key.span(), message));
                }
            }
            keys.push(name);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(args)
    }
}

fn scope(key: &Ident, input: ParseStream<'_>) -> syn::Result<Scope> {
    let text = text(key, input)?;
    match &*text.value() {
        "test" => Ok(Scope::Test),
        "worker" => Ok(Scope::Worker),
        "process" => Ok(Scope::Process),
        "run" => Ok(Scope::Run),
        _ => Err(syn::Error::new(text.span(), "unknown scope: use \"test\", \"worker\", \"process\" or \"run\"")),
    }
}

fn autouse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Autouse> {
    if !input.peek(Token![=]) {
        return Ok(Autouse::Module);
    }
    let text = text(key, input)?;
    match &*text.value() {
        "module" => Ok(Autouse::Module),
        "suite" => Ok(Autouse::Suite),
        _ => Err(syn::Error::new(text.span(), "unknown `autouse`: use \"module\" (or `autouse` alone) or \"suite\"")),
    }
}

/// Expands to the function and its registration.
pub(crate) fn fixture(args: &FixtureArgs, tokens: &TokenStream, function: ItemFn) -> syn::Result<TokenStream> {
    let crate_path = &args.crate_path;
    if let Some(again) = cfg::reapply_after_cfg(&quote! { #crate_path::fixture(#tokens) }, &function) {
        return Ok(again);
    }
    let return_type = &return_type(&function, args.autouse)?;
    generic_fixture::refuse(&function, return_type, args.scope == Scope::Run)?;
    if args.autouse != Autouse::Off && generic_fixture::is_generic(&function) {
        let message = "a generic fixture cannot be `autouse`: its types would be unknown";
        return Err(syn::Error::new_spanned(&function.sig.generics, message));
    }
    let params = parameters::fixture_params(&function, |_| true)?;
    let name = &function.sig.ident;
    let call_args = parameters::call_args(&function, &params, |_| None);
    let (bind_params, params_fn) = (parameters::bind_params(&params), parameters::params_fn(&params));
    let (for_all, with_types, with) = function.sig.generics.split_for_impl();
    let types = with_types.as_turbofish();
    let call = match function.sig.asyncness {
        None => quote! { #name #types(#call_args) },
        Some(_) => quote! {{
            let __value = #name #types(#call_args);
            __private::block_on_runtime_of(__setup.runtime(), __value)
        }},
    };
    let (scope, fixture_value) = match args.scope {
        Scope::Test => {
            (quote! { Test }, quote_spanned! { return_type.span() => __private::FixtureValue::owned(__value) })
        }
        Scope::Worker => {
            (quote! { Worker }, quote_spanned! { return_type.span() => __private::FixtureValue::shared(__value) })
        }
        Scope::Process => {
            (quote! { Process }, quote_spanned! { return_type.span() => __private::FixtureValue::shared(__value) })
        }
        Scope::Run => {
            (quote! { Run }, quote_spanned! { return_type.span() => __private::FixtureValue::shared(__value) })
        }
    };
    let value = quote_spanned! { return_type.span() => (&__private::FixtureReturn::new(__result)).value() };
    let codec = match args.scope {
        Scope::Test | Scope::Worker | Scope::Process => quote! { ::std::option::Option::None },
        Scope::Run => quote_spanned! { return_type.span() =>
            ::std::option::Option::Some(|| __private::ValueCodec::for_value(|__result: #return_type| #value))
        },
    };
    let autouse = match args.autouse {
        Autouse::Off => quote! { Off },
        Autouse::Module => quote! { Module },
        Autouse::Suite => quote! { Suite },
    };
    let tear_down = tear_down(args.teardown.as_ref(), return_type);
    let location = quote_spanned! { name.span() =>
        __private::Location { file: ::std::file!(), line: ::std::line!(), column: ::std::column!() }
    };
    // The scope of a fixture decides whether a parameter is a reference, not its use.
    let allow = (!params.is_empty()).then(|| quote! { #[allow(clippy::needless_pass_by_value, clippy::ptr_arg)] });
    let make = quote! {
        (__setup: &mut __private::FixtureContext<'_>) -> __private::FixtureResult<__private::FixtureValue> {
            #bind_params
            let __result: #return_type = #call;
            let __value = #value?;
            ::std::result::Result::Ok(#fixture_value)
        }
    };
    let path = quote! { ::std::concat!(::std::module_path!(), "::", ::std::stringify!(#name)) };
    let definition = |make: TokenStream| {
        quote! {
            __private::FixtureDef {
                function: __private::FixtureInfo {
                    path: #path,
                    location: #location,
                    scope: __private::Scope::#scope,
                    autouse: __private::Autouse::#autouse,
                    makes: || __private::TypeKey::for_value(|__result: #return_type| #value),
                    params: #params_fn,
                    tear_down: #tear_down,
                    carried: #codec,
                },
                make: #make,
            }
        }
    };
    let registration = match generic_fixture::is_generic(&function) {
        false => {
            let definition = definition(quote! { __make });
            quote! {
                fn __make #make

                __private::inventory::submit! { #definition }
            }
        }
        true => {
            let definition = definition(quote! { <Self as __private::Defined>::make });
            let value = generic_fixture::value_type(return_type);
            let with = generic_fixture::where_clause(&function, with);
            quote! {
                impl #for_all __private::Defined for #value #with {
                    const DEFINITION: &'static __private::FixtureDef = &#definition;

                    fn make #make
                }

                __private::inventory::submit! {
                    __private::GenericFixtureDef { path: #path, location: #location, scope: __private::Scope::#scope }
                }
            }
        }
    };
    Ok(quote! {
        #allow
        #function

        const _: () = {
            use #crate_path::__private;
            #[allow(unused_imports)]
            use __private::{
                FromFunction as _, FromGeneric as _, FromType as _, FixtureReturnResult as _, FixtureReturnValue as _,
            };

            #registration
        };
    })
}

/// The teardown function. It takes the value or a reference, can be `async`, and can return nothing or a `Result`.
fn tear_down(path: Option<&Path>, return_type: &Type) -> TokenStream {
    let Some(path) = path else { return quote! { ::std::option::Option::None } };
    quote_spanned! { path.span() =>
        ::std::option::Option::Some(|| {
            __private::tear_down_with(|__result: #return_type| (&__private::FixtureReturn::new(__result)).value(), #path)
        })
    }
}

/// The type that the function returns. Refuses a function that cannot be a fixture.
fn return_type(function: &ItemFn, autouse: Autouse) -> syn::Result<Type> {
    let sig = &function.sig;
    if let Some(token) = sig.asyncness.filter(|_| !cfg!(feature = "tokio")) {
        return Err(syn::Error::new_spanned(token, needs_feature("fixture")));
    }
    match &sig.output {
        ReturnType::Type(_, ty) => match &**ty {
            Type::ImplTrait(_) => {
                Err(syn::Error::new_spanned(ty, "a fixture is found by its type: return a type with a name"))
            }
            Type::Reference(_) => {
                Err(syn::Error::new_spanned(ty, "a fixture owns its data: return a value, not a reference"))
            }
            Type::Never(_) => {
                Err(syn::Error::new_spanned(ty, "a fixture function must return a value, and `!` has none"))
            }
            ty => Ok(ty.clone()),
        },
        // No test has to find it.
        ReturnType::Default if autouse != Autouse::Off => Ok(syn::parse_quote! { () }),
        ReturnType::Default => {
            let message = "a fixture function must return a value, since its type is the key by which tests find it; or be `autouse`";
            Err(syn::Error::new_spanned(&sig.ident, message))
        }
    }
}
