//! The parsed parts of a test: its cases, attributes and constraints. Other files parse and expand them.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use swimlanes_core::attributes::{Access, LockNamespace};
use syn::spanned::Spanned;
use syn::{Expr, LitStr, Path};

/// The path of the library: `crate = "…"`, or `::swimlanes` without it.
#[derive(Default)]
pub(crate) struct CratePath(pub(crate) Option<Path>);

/// One condition that must hold before a test starts.
pub(crate) enum Constraint {
    Serial,
    NoParallel,
    Lock(LockClaim),
}

/// A lock that a test holds while it runs.
pub(crate) struct LockClaim {
    pub(crate) namespace: LockNamespace,
    pub(crate) name: LitStr,
    pub(crate) access: Access,
}

/// A kind of runtime, as in Tokio.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavor {
    CurrentThread,
    MultiThread,
}

/// The attributes that the standard library defines for tests, of a function or of a single case.
#[derive(Default, Clone)]
pub(crate) struct StdAttrs {
    pub(crate) ignore: Option<AttrArg>,
    pub(crate) should_panic: Option<AttrArg>,
}

/// An attribute with or without a text.
#[derive(Clone)]
pub(crate) enum AttrArg {
    Bare,
    With(LitStr),
}

/// All cases of a function.
pub(crate) struct Cases {
    /// The word `cases`.
    pub(crate) span: Span,
    /// At least one.
    pub(crate) cases: Vec<Case>,
}

/// One case of a function.
pub(crate) struct Case {
    pub(crate) name: String,
    /// The attributes that apply to this case alone.
    pub(crate) std_attrs: StdAttrs,
    /// A tuple if several parameters have `#[case]`.
    pub(crate) value: Expr,
}

/// The values of one parameter, each with its part of the test's name; at least one.
pub(crate) struct Values(pub(crate) Vec<(String, Expr)>);

impl ToTokens for CratePath {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match &self.0 {
            Some(path) => path.to_tokens(tokens),
            None => tokens.extend(quote! { ::swimlanes }),
        }
    }
}

impl StdAttrs {
    pub(crate) fn is_empty(&self) -> bool {
        self.ignore.is_none() && self.should_panic.is_none()
    }

    /// The attributes of the function, except where the case has its own.
    pub(crate) fn overridden_by(&self, case: &Self) -> Self {
        let either = |own: &Option<AttrArg>, all: &Option<AttrArg>| own.as_ref().or(all.as_ref()).cloned();
        Self {
            ignore: either(&case.ignore, &self.ignore),
            should_panic: either(&case.should_panic, &self.should_panic),
        }
    }
}

impl Case {
    pub(crate) fn span(&self) -> Span {
        ungrouped(&self.value).span()
    }

    /// The values of `n` parameters.
    pub(crate) fn values(&self, n: usize) -> syn::Result<Vec<&Expr>> {
        if n == 1 {
            return Ok(vec![&self.value]);
        }
        let message = match ungrouped(&self.value) {
            Expr::Tuple(tuple) if tuple.elems.len() == n => return Ok(tuple.elems.iter().collect()),
            Expr::Tuple(tuple) => match tuple.elems.len() {
                1 => format!("this case has one value but needs {n}: one for each parameter with `#[case]`"),
                has => format!("this case has {has} values but needs {n}: one for each parameter with `#[case]`"),
            },
            _ => format!("this case needs {n} values, one for each parameter with `#[case]`: write them as a tuple"),
        };
        Err(syn::Error::new_spanned(&self.value, message))
    }
}

/// The expression without the invisible parentheses that `macro_rules!` puts around a fragment.
pub(crate) fn ungrouped(expression: &Expr) -> &Expr {
    match expression {
        Expr::Group(group) => ungrouped(&group.expr),
        expression => expression,
    }
}
