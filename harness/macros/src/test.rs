//! Writes a test down: the function as it stands, one `static` and one registration.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ItemFn, ReturnType, Safety, Type};

use crate::inner_attrs::{self, Mark, Marks};
use crate::matrix::{self, Row, Source};
use crate::parameters::{self, Parameter};
use crate::retry::{Backoff, RetryOn};
use crate::runtime;
use crate::test_args::{Access, Arguments, Domain, Need, Pace};

/// The test, once it is decided whether it is there.
pub(crate) fn after_cfg(tokens: &TokenStream, arguments: &Arguments, function: &ItemFn) -> Option<TokenStream> {
    let krate = inner_attrs::krate(arguments.krate.as_ref());
    inner_attrs::after_cfg(&quote! { #krate::test(#tokens) }, function)
}

/// The test, or each of its cases, written down.
pub(crate) fn test(mut arguments: Arguments, mut function: ItemFn) -> syn::Result<TokenStream> {
    let marks = inner_attrs::take(&mut function, &mut arguments)?;
    let sources = matrix::take(&mut function)?;
    let fixtures = parameters::of(&function, |ix| matches!(sources[ix], Source::Fixture))?;
    refuse(&arguments, &function)?;
    let rows = matrix::of(function.sig.ident.span(), arguments.cases.as_ref(), &sources)?;

    let krate = inner_attrs::krate(arguments.krate.as_ref());
    let imported = &marks.imported;
    let registered = match rows {
        None => {
            let body = body(&arguments, &function, &fixtures, None);
            let case = case(&function, &fixtures, &[], &place(function.sig.ident.span()));
            let said = said(&fields(&arguments, &marks));
            quote! { #body __macros::inventory::submit! { #case #said } }
        }
        Some(rows) => of_rows(&arguments, &function, &fixtures, &marks, &rows),
    };
    // What is taken is taken by value, whatever the test does with it.
    let allow = (!function.sig.inputs.is_empty()).then(|| quote! { #[allow(clippy::needless_pass_by_value)] });
    Ok(quote! {
        #allow
        #function

        const _: () = {
            use #krate::__macros;
            #(#[allow(unused_imports)] use #imported as _;)*
            #registered
        };
    })
}

/// The cases in one array, whose order is theirs.
fn of_rows(
    arguments: &Arguments,
    function: &ItemFn,
    fixtures: &[Parameter<'_>],
    marks: &Marks,
    rows: &[Row<'_>],
) -> TokenStream {
    let with_parts = |fields: TokenStream| {
        let n_parts = u8::try_from(rows[0].parts.len()).expect("nobody writes a function with more parameters");
        quote! { #fields n_parts: #n_parts, }
    };
    let cases = rows.iter().map(|row| {
        let (body, place) = (body(arguments, function, fixtures, Some(row)), place(row.span));
        let case = case(function, fixtures, &row.parts, &quote! { __PLACE });
        let said = match row.marks.filter(|marks| marks.are_any()) {
            Some(own) => said(&with_parts(fields(arguments, &marks.with(own)))),
            None => Some(quote! { .with(&__ATTRIBUTES) }),
        };
        quote! {{
            #body
            // For Clippy the number of the line is written as what stands there, which can be `0`.
            #[allow(clippy::zero_prefixed_literal)]
            const __PLACE: __macros::Location = #place;
            #case #said
        }}
    });
    let (n_cases, fields) = (rows.len(), with_parts(fields(arguments, marks)));
    quote! {
        static __ATTRIBUTES: __macros::Attributes = __macros::Attributes { #fields ..__macros::Attributes::NONE };
        static __CASES: [__macros::Case; #n_cases] = [#(#cases),*];
        __macros::inventory::submit! { __macros::Cases(&__CASES) }
    }
}

/// The function that runs the test, as `__body`.
fn body(arguments: &Arguments, function: &ItemFn, fixtures: &[Parameter<'_>], row: Option<&Row<'_>>) -> TokenStream {
    let name = &function.sig.ident;
    let value = |ix| row?.value(ix).map(ToTokens::to_token_stream);
    let handed_over = parameters::handed_over(function, fixtures, value);
    let (takes, listed) = (parameters::takes(fixtures), parameters::listed(fixtures));
    let call = quote! { #name(#handed_over) };
    let takes = match fixtures.is_empty() {
        true => takes,
        false => quote! { __setup.inspect(#listed)?; #takes },
    };
    let (takes, value) = match function.sig.asyncness {
        // A `?` in a value means what it means in the test.
        None if row.is_some() => (takes, quote! { (|| #call)() }),
        None => (takes, call),
        Some(_) => {
            let flavor = runtime::flavor(arguments);
            let call = match row {
                // On the runtime, as they are a part of the body.
                Some(_) => quote! { __macros::boxed(async { #call.await }) },
                None => call,
            };
            match fixtures.is_empty() {
                true => (takes, quote! { __macros::block_on(#flavor, #call) }),
                false => (
                    quote! { __macros::has_flavor(__setup, #flavor); #takes },
                    quote! { __macros::block_on_own(__setup, #flavor, #call) },
                ),
            }
        }
    };
    let returned_at = match &function.sig.output {
        ReturnType::Default => name.span(),
        ReturnType::Type(_, ty) => ty.span(),
    };
    let value = match &function.sig.output {
        // It has no value, so it passes for any.
        ReturnType::Type(_, ty) if is_never(ty) => quote_spanned! { returned_at => __macros::Value::<()>::new(#value) },
        _ => quote_spanned! { returned_at => __macros::Value::new(#value) },
    };
    quote! {
        #[allow(unreachable_code, clippy::unit_arg, clippy::diverging_sub_expression)]
        fn __body(
            __setup: &mut __macros::Setup<'_>,
        ) -> __macros::Ran {
            #[allow(unused_imports)]
            use __macros::{FromFunction as _, FromGeneric as _, FromType as _, OfResult as _, OfTermination as _};
            #takes
            __setup.begin_body();
            let __returned = #value;
            ::std::result::Result::Ok((&__returned).returned())
        }
    }
}

/// The test of this place, with `__body`.
fn case(function: &ItemFn, fixtures: &[Parameter<'_>], parts: &[&str], place: &TokenStream) -> TokenStream {
    let name = &function.sig.ident;
    let kind = if fixtures.is_empty() {
        quote! { Alone }
    } else {
        quote! { Function }
    };
    quote! {
        __macros::Case::new(
            ::std::concat!(::std::module_path!(), "::", ::std::stringify!(#name) #(, "::", #parts)*),
            #place,
            __macros::Body::#kind(__body),
        )
    }
}

fn place(span: Span) -> TokenStream {
    quote_spanned! { span =>
        __macros::Location { file: ::std::file!(), line: ::std::line!(), column: ::std::column!() }
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

/// What a test cannot be.
fn refuse(arguments: &Arguments, function: &ItemFn) -> syn::Result<()> {
    let sig = &function.sig;
    if !sig.generics.params.is_empty() {
        let message = "a test cannot be generic: nobody says with which types it is to run";
        return Err(syn::Error::new_spanned(&sig.generics, message));
    }
    if let Some(abi) = &sig.abi {
        return Err(syn::Error::new_spanned(abi, "a test is an ordinary function, not an `extern` one"));
    }
    if let Safety::Unsafe(token) = &sig.safety {
        return Err(syn::Error::new_spanned(token, "a test is called by safe code; put `unsafe` into its body"));
    }
    runtime::refuse(arguments, sig)
}

/// The call that hands the case what the attribute says, if it says anything.
fn said(fields: &TokenStream) -> Option<TokenStream> {
    (!fields.is_empty()).then(|| {
        quote! { .with(&const { __macros::Attributes { #fields ..__macros::Attributes::NONE } }) }
    })
}

/// The attributes that are not as usual.
fn fields(arguments: &Arguments, marks: &Marks) -> TokenStream {
    let mut fields = TokenStream::new();
    if !arguments.needs.is_empty() {
        let needs = arguments.needs.iter().map(need);
        fields.extend(quote! { needs: &[#(#needs),*], });
    }
    if let Some(group) = &arguments.group {
        fields.extend(quote! { group: ::std::option::Option::Some(#group), });
    }
    if !arguments.tags.is_empty() {
        let tags = &arguments.tags;
        fields.extend(quote! { labels: &[#(#tags),*], });
    }
    if let Some(timeout) = arguments.timeout.map(duration) {
        fields.extend(quote! { timeout: ::std::option::Option::Some(#timeout), });
    }
    if let Some(retries) = arguments.retries {
        fields.extend(quote! { retries: ::std::option::Option::Some(#retries), });
    }
    if let Some(backoff) = arguments.backoff {
        let backoff = match backoff {
            Backoff::Fixed(rest) => {
                let rest = duration(rest);
                quote! { Fixed(#rest) }
            }
            Backoff::Exponential { first, at_most } => {
                let (first, at_most) = (duration(first), duration(at_most));
                quote! { Exponential { first: #first, at_most: #at_most } }
            }
        };
        fields.extend(quote! { backoff: ::std::option::Option::Some(__macros::Backoff::#backoff), });
    }
    if let Some(retry_on) = arguments.retry_on {
        let retry_on = match retry_on {
            RetryOn::Same => quote! { Same },
            RetryOn::Any => quote! { Any },
            RetryOn::Alone => quote! { Alone },
        };
        fields.extend(quote! { retry_on: ::std::option::Option::Some(__macros::RetryOn::#retry_on), });
    }
    match arguments.pace {
        Pace::Unknown => {}
        Pace::Slow => fields.extend(quote! { pace: __macros::Pace::Slow, }),
        Pace::Takes(time) => {
            let time = duration(time);
            fields.extend(quote! { pace: __macros::Pace::Takes(#time), });
        }
    }
    if arguments.own_process {
        fields.extend(quote! { own_process: true, });
    }
    match &marks.ignore {
        None => {}
        Some(Mark::Bare) => fields.extend(quote! { ignore: __macros::Ignore::Yes, }),
        Some(Mark::With(why)) => fields.extend(quote! { ignore: __macros::Ignore::Because(#why), }),
    }
    match &marks.should_panic {
        None => {}
        Some(Mark::Bare) => fields.extend(quote! { should_panic: __macros::ShouldPanic::Yes, }),
        Some(Mark::With(text)) => fields.extend(quote! { should_panic: __macros::ShouldPanic::With(#text), }),
    }
    fields
}

fn need(need: &Need) -> TokenStream {
    let (domain, name, access) = match need {
        Need::Serial => return quote! { __macros::Need::Serial },
        Need::NoParallel => return quote! { __macros::Need::NoParallel },
        Need::Lock { domain, name, access } => (domain, name, access),
    };
    let domain = match domain {
        Domain::Serial => quote! { Serial },
        Domain::Resource => quote! { Resource },
        Domain::File => quote! { File },
    };
    let access = match access {
        Access::Exclusive => quote! { Exclusive },
        Access::Shared => quote! { Shared },
        Access::Units(n) => quote! { Units(::std::num::NonZeroU32::new(#n).expect("refused if it is zero")) },
    };
    quote! {
        __macros::Need::Lock(__macros::Lock {
            domain: __macros::Domain::#domain,
            name: #name,
            access: __macros::Access::#access,
        })
    }
}

fn duration(time: Duration) -> TokenStream {
    let (seconds, nanoseconds) = (time.as_secs(), time.subsec_nanos());
    quote! { ::std::time::Duration::new(#seconds, #nanoseconds) }
}
