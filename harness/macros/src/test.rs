//! Expands `#[swimlanes::test]`: the function as it is written, and one registration of its tests.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use swimlanes_core::attributes::{Access, LockNamespace, Pace};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{FnArg, Ident, ItemFn, ReturnType, Safety, Type, parse_quote};

use crate::ast::{AttrArg, Constraint, LockClaim, StdAttrs};
use crate::inner_attrs::{self, InnerAttrs};
use crate::matrix::{self, ParamSource, Variant};
use crate::parameters::{self, FixtureParam};
use crate::test_args::TestArgs;
use crate::{cfg, retry, runtime, time};

/// The function with its conditional attributes above ours, if it has any: the compiler evaluates them first.
pub(crate) fn reapply_after_cfg(tokens: &TokenStream, args: &TestArgs, function: &ItemFn) -> Option<TokenStream> {
    let crate_path = &args.crate_path;
    cfg::reapply_after_cfg(&quote! { #crate_path::test(#tokens) }, function)
}

/// Expands to the function and the registration of its tests.
pub(crate) fn test(mut args: TestArgs, mut function: ItemFn) -> syn::Result<TokenStream> {
    let InnerAttrs { std_attrs, locks, imports } = inner_attrs::extract(&mut function)?;
    locks.into_iter().try_for_each(|claim| args.add_lock(claim))?;
    let sources = matrix::extract(&mut function)?;
    if std_attrs.should_panic.is_some() {
        note_body_end(&args, &mut function);
    }
    let fixtures = parameters::fixture_params(&function, |ix| matches!(sources[ix], ParamSource::Fixture))?;
    refuse(&args, &function)?;
    let variants = matrix::variants(function.sig.ident.span(), args.cases.as_ref(), &sources)?;

    let crate_path = &args.crate_path;
    let registration = match variants {
        None => {
            let body = body(&args, &function, &fixtures, None);
            let case = case(&function, &fixtures, &[], &place(function.sig.ident.span()));
            let with_attributes = with_attributes(&fields(&args, &std_attrs));
            quote! { #body __private::inventory::submit! { #case #with_attributes } }
        }
        Some(variants) => parametrized(&args, &function, &fixtures, &std_attrs, &variants),
    };
    // The scope of a fixture decides whether a parameter is a reference, not its use.
    let allow = (!function.sig.inputs.is_empty()).then(|| quote! { #[allow(clippy::needless_pass_by_value)] });
    let unregistered = unregistered(&args, &function);
    Ok(quote! {
        #allow
        #function
        #unregistered

        const _: () = {
            use #crate_path::__private;
            #(#[allow(unused_imports)] use #imports as _;)*
            #registration
        };
    })
}

/// A test of libtest, which fails. The compiler drops it in a target with `harness = false`. In another target, the run would be green
/// without it, and contain no test of swimlanes.
fn unregistered(args: &TestArgs, function: &ItemFn) -> TokenStream {
    let (crate_path, name) = (&args.crate_path, &function.sig.ident);
    let own_name = Ident::new(&format!("{}_needs_harness_false", name.unraw()), name.span());
    quote! {
        #[::core::prelude::v1::test]
        #[allow(non_snake_case)]
        fn #own_name() {
            #crate_path::__private::needs_harness_false();
        }
    }
}

/// Has the function note where its body ends: a parameter that panics when it is dropped is not the panic that the test expects.
fn note_body_end(args: &TestArgs, function: &mut ItemFn) {
    let is_owned = |input: &FnArg| matches!(input, FnArg::Typed(typed) if !matches!(*typed.ty, Type::Reference(_)));
    if function.sig.inputs.iter().any(is_owned) {
        let (crate_path, body_end) = (&args.crate_path, Ident::new("__body_end", Span::mixed_site()));
        let statement = parse_quote! { let #body_end = #crate_path::__private::BodyEnd::new(); };
        function.block.stmts.insert(0, statement);
    }
}

/// The registration of several tests. They are in one array, which keeps their order.
fn parametrized(
    args: &TestArgs,
    function: &ItemFn,
    fixtures: &[FixtureParam<'_>],
    std_attrs: &StdAttrs,
    variants: &[Variant<'_>],
) -> TokenStream {
    let with_parts = |fields: TokenStream| {
        let n_parts = u8::try_from(variants[0].parts.len()).expect("a function has fewer than 256 parameters");
        quote! { #fields n_parts: #n_parts, }
    };
    let cases = variants.iter().map(|variant| {
        let (body, place) = (body(args, function, fixtures, Some(variant)), place(variant.span));
        let case = case(function, fixtures, &variant.parts, &quote! { __PLACE });
        let with_attributes = match variant.std_attrs.filter(|std_attrs| !std_attrs.is_empty()) {
            Some(own) => with_attributes(&with_parts(fields(args, &std_attrs.overridden_by(own)))),
            None => Some(quote! { .with(&__ATTRIBUTES) }),
        };
        quote! {{
            #body
            // Clippy takes the line number for the literal at its span, which can be `0`.
            #[allow(clippy::zero_prefixed_literal)]
            const __PLACE: __private::Location = #place;
            #case #with_attributes
        }}
    });
    let (n_cases, fields) = (variants.len(), with_parts(fields(args, std_attrs)));
    quote! {
        static __ATTRIBUTES: __private::Attributes = __private::Attributes { #fields ..__private::Attributes::NONE };
        static __CASES: [__private::Case; #n_cases] = [#(#cases),*];
        __private::inventory::submit! { __private::Cases(&__CASES) }
    }
}

/// The function that runs the test, as `__body`.
fn body(
    args: &TestArgs,
    function: &ItemFn,
    fixtures: &[FixtureParam<'_>],
    variant: Option<&Variant<'_>>,
) -> TokenStream {
    let name = &function.sig.ident;
    let value = |ix| variant?.value(ix).map(ToTokens::to_token_stream);
    let call_args = parameters::call_args(function, fixtures, value);
    let (bind_params, params_fn) = (parameters::bind_params(fixtures), parameters::params_fn(fixtures));
    let call = quote! { #name(#call_args) };
    let bind_params = match fixtures.is_empty() {
        true => bind_params,
        false => quote! { __setup.inspect(#params_fn)?; #bind_params },
    };
    let (bind_params, value) = match function.sig.asyncness {
        // The closure makes a `?` in a value return from the test alone.
        None if variant.is_some() => (bind_params, quote! { (|| #call)() }),
        None => (bind_params, call),
        Some(_) => {
            let flavor = runtime::flavor(args);
            let call = match variant {
                // The values are a part of the body, so they are evaluated on the runtime.
                Some(_) => quote! { __private::boxed(async { #call.await }) },
                None => call,
            };
            match fixtures.is_empty() {
                true => (bind_params, quote! { __private::block_on(#flavor, #call) }),
                false => (
                    quote! { __private::has_flavor(__setup, #flavor); #bind_params },
                    quote! { __private::block_on_own(__setup, #flavor, #call) },
                ),
            }
        }
    };
    let returned_at = match &function.sig.output {
        ReturnType::Default => name.span(),
        ReturnType::Type(_, ty) => ty.span(),
    };
    let value = match &function.sig.output {
        // `!` has no value, so any type fits.
        ReturnType::Type(_, ty) if is_never(ty) => {
            quote_spanned! { returned_at => __private::TestReturnValue::<()>::new(#value) }
        }
        _ => quote_spanned! { returned_at => __private::TestReturnValue::new(#value) },
    };
    quote! {
        #[allow(unreachable_code, clippy::unit_arg, clippy::diverging_sub_expression)]
        fn __body(
            __setup: &mut __private::FixtureContext<'_>,
        ) -> __private::Ran {
            #[allow(unused_imports)]
            use __private::{FromFunction as _, FromGeneric as _, FromType as _, ResultReturn as _, TerminationReturn as _};
            #bind_params
            __setup.begin_body();
            let __result = #value;
            ::std::result::Result::Ok((&__result).returned())
        }
    }
}

/// A value of the library for the test that `__body` runs.
fn case(function: &ItemFn, fixtures: &[FixtureParam<'_>], parts: &[&str], place: &TokenStream) -> TokenStream {
    let name = &function.sig.ident;
    let kind = if fixtures.is_empty() {
        quote! { Alone }
    } else {
        quote! { Function }
    };
    quote! {
        __private::Case::new(
            ::std::concat!(::std::module_path!(), "::", ::std::stringify!(#name) #(, "::", #parts)*),
            #place,
            __private::Body::#kind(__body),
        )
    }
}

fn place(span: Span) -> TokenStream {
    quote_spanned! { span =>
        __private::Location { file: ::std::file!(), line: ::std::line!(), column: ::std::column!() }
    }
}

fn is_never(ty: &Type) -> bool {
    match ty {
        Type::Never(_) => true,
        Type::Group(group) => is_never(&group.elem),
        Type::Paren(paren) => is_never(&paren.elem),
        _ => false,
    }
}

/// Refuses a function that cannot be a test.
fn refuse(args: &TestArgs, function: &ItemFn) -> syn::Result<()> {
    let sig = &function.sig;
    if !sig.generics.params.is_empty() {
        let message = "a test cannot be generic: its type parameters would be unknown";
        return Err(syn::Error::new_spanned(&sig.generics, message));
    }
    if let Some(abi) = &sig.abi {
        return Err(syn::Error::new_spanned(abi, "a test cannot be an `extern` function: remove `extern`"));
    }
    if let Safety::Unsafe(token) = &sig.safety {
        return Err(syn::Error::new_spanned(
            token,
            "a test cannot be `unsafe`, as safe code calls it: put `unsafe` into its body",
        ));
    }
    runtime::refuse(args, sig)
}

/// The call that adds the attributes to a test. `None` if all of them have their default.
fn with_attributes(fields: &TokenStream) -> Option<TokenStream> {
    (!fields.is_empty()).then(|| {
        quote! { .with(&const { __private::Attributes { #fields ..__private::Attributes::NONE } }) }
    })
}

/// The fields of the attributes that differ from their default.
fn fields(args: &TestArgs, std_attrs: &StdAttrs) -> TokenStream {
    let mut fields = TokenStream::new();
    if !args.constraints.is_empty() {
        let constraints = args.constraints.iter().map(constraint);
        fields.extend(quote! { needs: &[#(#constraints),*], });
    }
    if let Some(group) = &args.group {
        fields.extend(quote! { group: ::std::option::Option::Some(#group), });
    }
    if !args.tags.is_empty() {
        let tags = &args.tags;
        fields.extend(quote! { labels: &[#(#tags),*], });
    }
    if let Some(timeout) = args.timeout.map(time::expression) {
        fields.extend(quote! { timeout: ::std::option::Option::Some(#timeout), });
    }
    if let Some(retries) = args.retries {
        fields.extend(quote! { retries: ::std::option::Option::Some(#retries), });
    }
    if let Some(backoff) = args.backoff.map(retry::backoff) {
        fields.extend(quote! { backoff: ::std::option::Option::Some(#backoff), });
    }
    if let Some(retry_on) = args.retry_on.map(retry::retry_on) {
        fields.extend(quote! { retry_on: ::std::option::Option::Some(#retry_on), });
    }
    match args.pace {
        Pace::Unknown => {}
        Pace::Slow => fields.extend(quote! { pace: __private::Pace::Slow, }),
        Pace::Takes(time) => {
            let time = time::expression(time);
            fields.extend(quote! { pace: __private::Pace::Takes(#time), });
        }
    }
    if args.own_process {
        fields.extend(quote! { own_process: true, });
    }
    if args.fresh_thread {
        fields.extend(quote! { fresh_thread: true, });
    }
    match &std_attrs.ignore {
        None => {}
        Some(AttrArg::Bare) => fields.extend(quote! { ignore: __private::Ignore::Yes, }),
        Some(AttrArg::With(why)) => fields.extend(quote! { ignore: __private::Ignore::Because(#why), }),
    }
    match &std_attrs.should_panic {
        None => {}
        Some(AttrArg::Bare) => fields.extend(quote! { should_panic: __private::ShouldPanic::Yes, }),
        Some(AttrArg::With(text)) => fields.extend(quote! { should_panic: __private::ShouldPanic::With(#text), }),
    }
    fields
}

fn constraint(constraint: &Constraint) -> TokenStream {
    let LockClaim { namespace, name, access } = match constraint {
        Constraint::Serial => return quote! { __private::Constraint::Serial },
        Constraint::NoParallel => return quote! { __private::Constraint::NoParallel },
        Constraint::Lock(claim) => claim,
    };
    let name = name.value();
    let namespace = match namespace {
        LockNamespace::Serial => quote! { Serial },
        LockNamespace::Resource => quote! { Resource },
        LockNamespace::File => quote! { File },
        LockNamespace::Group => quote! { Group },
    };
    let access = match access {
        Access::Exclusive => quote! { Exclusive },
        Access::Shared => quote! { Shared },
        Access::Units(n) => {
            let n = n.get();
            quote! { Units(::std::num::NonZeroU32::new(#n).expect("it is not zero")) }
        }
    };
    quote! {
        __private::Constraint::Lock(__private::LockClaim {
            domain: __private::LockNamespace::#namespace,
            name: #name,
            access: __private::Access::#access,
        })
    }
}
