//! Parses the attributes below `#[swimlanes::test]`: those of the standard library and of serial_test.

use swimlanes_core::attributes::{Access, LockNamespace};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Expr, ExprLit, Ident, ItemFn, Lit, LitStr, Meta, Path, Token};

use crate::ast::{AttrArg, LockClaim, StdAttrs};
use crate::cfg::is_conditional;

/// The attributes below `#[swimlanes::test]` that the macro removes from the function.
pub(crate) struct InnerAttrs {
    pub(crate) std_attrs: StdAttrs,
    /// The locks of serial_test's attributes.
    pub(crate) locks: Vec<LockClaim>,
    /// Imported attributes of serial_test. Without a use by us the compiler would report unused imports.
    pub(crate) imports: Vec<Path>,
}

/// Parses the attributes of a single case.
pub(crate) fn case_attrs(attributes: &[Attribute]) -> syn::Result<StdAttrs> {
    let mut std_attrs = StdAttrs::default();
    for attribute in attributes {
        if attribute.path().is_ident("ignore") {
            once(attribute, std_attrs.ignore.is_some())?;
            std_attrs.ignore = Some(ignore(attribute)?);
        } else if attribute.path().is_ident("should_panic") {
            once(attribute, std_attrs.should_panic.is_some())?;
            std_attrs.should_panic = Some(should_panic(attribute)?);
        } else {
            let message = match is_conditional(attribute) {
                true => "a single case cannot be conditional: move it to its own function, and put the attribute there",
                false => {
                    "a single case accepts only `#[ignore]` and `#[should_panic]`: put other attributes on the function"
                }
            };
            return Err(syn::Error::new_spanned(attribute, message));
        }
    }
    Ok(std_attrs)
}

/// Removes the attributes that the macro understands from the function.
pub(crate) fn extract(function: &mut ItemFn) -> syn::Result<InnerAttrs> {
    let (mut std_attrs, mut locks, mut imports) = (StdAttrs::default(), Vec::new(), Vec::new());
    let mut others = Vec::new();
    for attribute in std::mem::take(&mut function.attrs) {
        if attribute.path().is_ident("ignore") {
            once(&attribute, std_attrs.ignore.is_some())?;
            std_attrs.ignore = Some(ignore(&attribute)?);
        } else if attribute.path().is_ident("should_panic") {
            once(&attribute, std_attrs.should_panic.is_some())?;
            std_attrs.should_panic = Some(should_panic(&attribute)?);
        } else if let Some(kind) = serial_test_lock(&attribute) {
            locks.extend(parse_serial_test(&attribute, kind)?);
            if attribute.path().get_ident().is_some() {
                imports.push(attribute.path().clone());
            }
        } else if is_another_test(&attribute) {
            let message = "this attribute registers the function with another harness: remove it, `#[swimlanes::test]` runs async functions too";
            return Err(syn::Error::new_spanned(&attribute, message));
        } else {
            others.push(attribute);
        }
    }
    function.attrs = others;
    Ok(InnerAttrs { std_attrs, locks, imports })
}

/// Whether only a macro for tests understands the attribute.
pub(crate) fn is_helper_attr(attribute: &Attribute) -> bool {
    let path = attribute.path();
    path.is_ident("ignore")
        || path.is_ident("should_panic")
        || serial_test_lock(attribute).is_some()
        || is_another_test(attribute)
}

fn once(attribute: &Attribute, is_duplicate: bool) -> syn::Result<()> {
    if is_duplicate { Err(syn::Error::new_spanned(attribute, "duplicate attribute: remove it")) } else { Ok(()) }
}

fn ignore(attribute: &Attribute) -> syn::Result<AttrArg> {
    match &attribute.meta {
        Meta::Path(_) => Ok(AttrArg::Bare),
        Meta::NameValue(pair) => text(&pair.value).map(AttrArg::With),
        Meta::List(_) => Err(syn::Error::new_spanned(
            attribute,
            "unknown form of `#[ignore]`: write `#[ignore]` or `#[ignore = \"reason\"]`",
        )),
    }
}

fn should_panic(attribute: &Attribute) -> syn::Result<AttrArg> {
    let expected = "unknown form of `#[should_panic]`: write `#[should_panic]` or `#[should_panic(expected = \"…\")]`";
    match &attribute.meta {
        Meta::Path(_) => Ok(AttrArg::Bare),
        Meta::NameValue(pair) => text(&pair.value).map(AttrArg::With),
        Meta::List(list) => match list.parse_args::<Meta>() {
            Ok(Meta::NameValue(pair)) if pair.path.is_ident("expected") => text(&pair.value).map(AttrArg::With),
            _ => Err(syn::Error::new_spanned(attribute, expected)),
        },
    }
}

fn text(expression: &Expr) -> syn::Result<LitStr> {
    match expression {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.clone()),
        other => Err(syn::Error::new_spanned(other, "expected a string")),
    }
}

/// `#[test]`, `#[tokio::test]` and the like.
fn is_another_test(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "test")
}

/// The namespace and the access of the lock that a serial_test attribute claims.
fn serial_test_lock(attribute: &Attribute) -> Option<(LockNamespace, Access)> {
    let segments = &attribute.path().segments;
    let is_qualified = segments.len() == 2 && segments[0].ident == "serial_test";
    if segments.len() != 1 && !is_qualified {
        return None;
    }
    match &*segments.last()?.ident.to_string() {
        "serial" => Some((LockNamespace::Serial, Access::Exclusive)),
        "parallel" => Some((LockNamespace::Serial, Access::Shared)),
        "file_serial" => Some((LockNamespace::File, Access::Exclusive)),
        "file_parallel" => Some((LockNamespace::File, Access::Shared)),
        _ => None,
    }
}

/// `#[serial]`, `#[serial(key, other)]`, `#[file_serial(key, path => "…")]`. Without a key the name of the lock is "", which `serial = "key"`
/// does not accept.
fn parse_serial_test(
    attribute: &Attribute,
    (namespace, access): (LockNamespace, Access),
) -> syn::Result<Vec<LockClaim>> {
    let mut keys: Vec<LitStr> = Vec::new();
    let mut path = None;
    if let Meta::List(list) = &attribute.meta {
        list.parse_args_with(|input: ParseStream<'_>| {
            while !input.is_empty() {
                if input.peek(LitStr) {
                    keys.push(input.parse()?);
                } else {
                    let word = input.call(Ident::parse_any)?;
                    if input.peek(Token![=>]) {
                        input.parse::<Token![=>]>()?;
                        path = Some(input.parse::<LitStr>()?.value());
                    } else if word == "crate" && input.peek(Token![=]) {
                        input.parse::<Token![=]>()?;
                        input.call(syn::Path::parse_mod_style)?;
                    } else if input.peek(Token![=]) {
                        let message =
                            "unsupported argument of a serial_test attribute: swimlanes accepts its keys, `path` and `crate`";
                        return Err(syn::Error::new(word.span(), message));
                    } else {
                        keys.push(LitStr::new(&word.to_string(), word.span()));
                    }
                }
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        })?;
    }
    if keys.is_empty() {
        keys.push(LitStr::new("", attribute.path().segments[0].ident.span()));
    }
    let claim = |key: LitStr| {
        let name = match &path {
            Some(path) => LitStr::new(&format!("{} in {path}", key.value()), key.span()),
            None => key,
        };
        LockClaim { namespace, name, access }
    };
    Ok(keys.into_iter().map(claim).collect())
}
