//! How a test says that it is tried again: the words of `--retry-backoff` and `--retry-on`, read when it is compiled.

use std::time::Duration;

use syn::LitStr;

/// As in the library.
#[derive(Clone, Copy)]
pub(crate) enum Backoff {
    Fixed(Duration),
    Exponential { first: Duration, at_most: Duration },
}

/// As in the library.
#[derive(Clone, Copy)]
pub(crate) enum RetryOn {
    Same,
    Any,
    Alone,
}

/// `"fixed:200ms"`, `"exponential:100ms"` or `"exponential:100ms..5s"`
pub(crate) fn backoff(text: &LitStr) -> syn::Result<Backoff> {
    let refuse = |why: &str| syn::Error::new(text.span(), why);
    let time = |time: &str| match humantime::parse_duration(time) {
        Ok(Duration::ZERO) => Err(refuse(&format!("`{time}`: it cannot be zero"))),
        parsed => parsed.map_err(|cause| refuse(&format!("`{time}`: {cause}"))),
    };
    match text.value().split_once(':') {
        Some(("fixed", times)) if times.contains("..") => Err(refuse("`fixed` is always as long, and has no limit")),
        Some(("fixed", rest)) => Ok(Backoff::Fixed(time(rest)?)),
        Some(("exponential", times)) => {
            let (first, at_most) = match times.split_once("..") {
                None => (time(times)?, Duration::MAX),
                Some((first, at_most)) => (time(first)?, time(at_most)?),
            };
            match first <= at_most {
                true => Ok(Backoff::Exponential { first, at_most }),
                false => Err(refuse("the first rest is longer than the limit")),
            }
        }
        _ => Err(refuse(
            "give \"fixed:TIME\", \"exponential:TIME\" or \"exponential:TIME..TIME\", such as \"exponential:100ms..5s\"",
        )),
    }
}

/// `"same"`, `"any"` or `"alone"`
pub(crate) fn retry_on(text: &LitStr) -> syn::Result<RetryOn> {
    match &*text.value() {
        "same" => Ok(RetryOn::Same),
        "any" => Ok(RetryOn::Any),
        "alone" => Ok(RetryOn::Alone),
        _ => Err(syn::Error::new(text.span(), "a failed test is tried again on `same`, `any` or `alone`")),
    }
}
