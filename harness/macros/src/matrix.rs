//! The tests that one function stands for: which of its parameters get a value that is written down, and all combinations of those.

use proc_macro2::Span;
use syn::{Attribute, Expr, FnArg, ItemFn, Meta};

use crate::ast::{Case, Cases, StdAttrs, Values};
use crate::values;

/// Where the value of a parameter comes from.
pub(crate) enum ParamSource {
    Fixture,
    /// With where that is said.
    Case(Span),
    Values(Values),
}

/// One test of several.
#[derive(Clone)]
pub(crate) struct Variant<'a> {
    /// What its name has behind that of the function.
    pub(crate) parts: Vec<&'a str>,
    /// Where it stands.
    pub(crate) span: Span,
    /// What is written down, for each parameter that is no fixture: its place among all, and the value.
    pub(crate) values: Vec<(usize, &'a Expr)>,
    /// What it says of itself alone.
    pub(crate) std_attrs: Option<&'a StdAttrs>,
}

/// Whether this attribute of a parameter says where its value comes from.
pub(crate) fn is_helper_attr(attribute: &Attribute) -> bool {
    attribute.path().is_ident("case") || attribute.path().is_ident("values")
}

/// Takes away what stands at the parameters, and answers what it says of each.
pub(crate) fn extract(function: &mut ItemFn) -> syn::Result<Vec<ParamSource>> {
    let source = |input: &mut FnArg| {
        // One with `self` is refused elsewhere.
        let FnArg::Typed(parameter) = input else { return Ok(ParamSource::Fixture) };
        let (ours, others) = std::mem::take(&mut parameter.attrs).into_iter().partition::<Vec<_>, _>(is_helper_attr);
        parameter.attrs = others;
        match &ours[..] {
            [] => Ok(ParamSource::Fixture),
            [case] if case.path().is_ident("case") => match case.meta {
                Meta::Path(_) => Ok(ParamSource::Case(case.path().segments[0].ident.span())),
                _ => {
                    let message = "`#[case]` stands alone; the values stand in `cases(…)`, above the function";
                    Err(syn::Error::new_spanned(case, message))
                }
            },
            [attribute] => values::parse(attribute, &parameter.pat).map(ParamSource::Values),
            [_, another, ..] => {
                let message = "a parameter has its values from `#[case]` or from one `#[values(…)]`";
                Err(syn::Error::new_spanned(another, message))
            }
        }
    };
    function.sig.inputs.iter_mut().map(source).collect()
}

/// Leaves the parameters as they would be without us.
pub(crate) fn strip_helper_attrs(function: &mut ItemFn) {
    for input in &mut function.sig.inputs {
        if let FnArg::Typed(parameter) = input {
            parameter.attrs.retain(|attribute| !is_helper_attr(attribute));
        }
    }
}

/// All tests of the function, in their order: of two values that stand side by side the right one changes first. `None`: it is
/// one test, and has no more of a name.
pub(crate) fn variants<'a>(
    name: Span,
    cases: Option<&'a Cases>,
    sources: &'a [ParamSource],
) -> syn::Result<Option<Vec<Variant<'a>>>> {
    let case_params: Vec<(usize, Span)> =
        sources.iter().enumerate().filter_map(|(ix, source)| Some((ix, source.case()?))).collect();
    let mut variants = match (cases, &case_params[..]) {
        (None, []) => vec![Variant { parts: Vec::new(), span: name, values: Vec::new(), std_attrs: None }],
        (None, [(_, span), ..]) => {
            let message = "`#[case]` without cases: `#[swimlanes::test(cases(…))]` has the values of this parameter";
            return Err(syn::Error::new(*span, message));
        }
        (Some(cases), []) => {
            let message = "nothing takes the cases: put `#[case]` before the parameters that do";
            return Err(syn::Error::new(cases.span, message));
        }
        (Some(cases), case_params) => {
            let variant = |case: &'a Case| {
                let values = case_params.iter().map(|&(ix, _)| ix).zip(case.values(case_params.len())?).collect();
                Ok(Variant { parts: vec![&case.name], span: case.span(), values, std_attrs: Some(&case.std_attrs) })
            };
            cases.cases.iter().map(variant).collect::<syn::Result<_>>()?
        }
    };
    for (ix, source) in sources.iter().enumerate() {
        let ParamSource::Values(Values(values)) = source else { continue };
        let with_each = |variant: Variant<'a>| {
            values.iter().map(move |(part, value)| {
                let mut variant = variant.clone();
                variant.parts.push(part);
                variant.values.push((ix, value));
                variant
            })
        };
        variants = variants.into_iter().flat_map(with_each).collect();
    }
    let is_one_test = sources.iter().all(|source| matches!(source, ParamSource::Fixture));
    Ok((!is_one_test).then_some(variants))
}

impl ParamSource {
    fn case(&self) -> Option<Span> {
        match self {
            Self::Case(span) => Some(*span),
            Self::Fixture | Self::Values(_) => None,
        }
    }
}

impl<'a> Variant<'a> {
    /// What is written down for the parameter in this place.
    pub(crate) fn value(&self, ix: usize) -> Option<&'a Expr> {
        self.values.iter().find(|(of, _)| *of == ix).map(|(_, value)| *value)
    }
}
