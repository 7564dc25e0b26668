//! The tests of one function: the source of each parameter, and all combinations of cases and values.

use proc_macro2::Span;
use syn::{Attribute, Expr, FnArg, ItemFn, Meta};

use crate::ast::{Case, Cases, StdAttrs, Values};
use crate::values;

/// Where the value of a parameter comes from.
pub(crate) enum ParamSource {
    Fixture,
    /// With the span of `#[case]`.
    Case(Span),
    Values(Values),
}

/// One test of a function that has several.
#[derive(Clone)]
pub(crate) struct Variant<'a> {
    /// The parts of its name after the name of the function.
    pub(crate) parts: Vec<&'a str>,
    /// The location of the test: its case, or the function.
    pub(crate) span: Span,
    /// The index and the value of each parameter that is not a fixture.
    pub(crate) values: Vec<(usize, &'a Expr)>,
    /// The attributes of its case.
    pub(crate) std_attrs: Option<&'a StdAttrs>,
}

/// Whether the attribute is `#[case]` or `#[values]`.
pub(crate) fn is_helper_attr(attribute: &Attribute) -> bool {
    attribute.path().is_ident("case") || attribute.path().is_ident("values")
}

/// Removes `#[case]` and `#[values]` from the parameters. Returns the source of each parameter.
pub(crate) fn extract(function: &mut ItemFn) -> syn::Result<Vec<ParamSource>> {
    let source = |input: &mut FnArg| {
        // `parameters` refuses `self`.
        let FnArg::Typed(parameter) = input else { return Ok(ParamSource::Fixture) };
        let (ours, others) = std::mem::take(&mut parameter.attrs).into_iter().partition::<Vec<_>, _>(is_helper_attr);
        parameter.attrs = others;
        match &ours[..] {
            [] => Ok(ParamSource::Fixture),
            [case] if case.path().is_ident("case") => match case.meta {
                Meta::Path(_) => Ok(ParamSource::Case(case.path().segments[0].ident.span())),
                _ => {
                    let message = "`#[case]` takes no arguments: write the values in `cases(…)`, above the function";
                    Err(syn::Error::new_spanned(case, message))
                }
            },
            [attribute] => values::parse(attribute, &parameter.pat).map(ParamSource::Values),
            [_, another, ..] => {
                let message = "a parameter accepts only one attribute for its values: remove this, or the other `#[case]` or `#[values(…)]`";
                Err(syn::Error::new_spanned(another, message))
            }
        }
    };
    function.sig.inputs.iter_mut().map(source).collect()
}

/// Removes `#[case]` and `#[values]` from the parameters.
pub(crate) fn strip_helper_attrs(function: &mut ItemFn) {
    for input in &mut function.sig.inputs {
        if let FnArg::Typed(parameter) = input {
            parameter.attrs.retain(|attribute| !is_helper_attr(attribute));
        }
    }
}

/// All tests of the function, in their order: the last parameter changes first. `None` if the function is a single test, which has no parts
/// of a name.
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
            let message = "`#[case]` needs cases: write the values of this parameter in `#[swimlanes::test(cases(…))]`";
            return Err(syn::Error::new(*span, message));
        }
        (Some(cases), []) => {
            let message = "no parameter takes the cases: put `#[case]` before each parameter that does";
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
    /// The value of the parameter with this index.
    pub(crate) fn value(&self, ix: usize) -> Option<&'a Expr> {
        self.values.iter().find(|(of, _)| *of == ix).map(|(_, value)| *value)
    }
}
