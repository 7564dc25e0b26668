//! Parses the values of variables of the environment. An invalid value is an error that names the variable.

use std::time::Duration;

use clap::ValueEnum;
use swimlanes_core::time;

use crate::model::error::Error;

/// The value of a variable of this name, if it is set.
///
/// # Errors
///
/// If it is not `what`.
pub(super) fn parsed<T: std::str::FromStr>(name: &str, text: Option<&str>, what: &str) -> Result<Option<T>, Error> {
    let wrong = |text| Error::usage(format!("the variable {name} is `{text}`; give {what}"));
    text.map(|text| text.parse().map_err(|_| wrong(text))).transpose()
}

/// The time in a variable of the environment, if it is set.
pub(super) fn time_of(name: &str, text: Option<&str>) -> Result<Option<Duration>, Error> {
    let wrong = |text: &str, cause| Error::usage(format!("the variable {name} is `{text}`: {cause}"));
    let text = text.filter(|text| !text.is_empty());
    text.map(|text| time::parse(text).map_err(|cause| wrong(text, cause))).transpose()
}

/// The value from the command line, or otherwise from the variable.
pub(super) fn chosen<T: ValueEnum + Default>(
    name: &str,
    from_command_line: Option<T>,
    from_env: Option<&str>,
) -> Result<T, Error> {
    let from_env = from_env.filter(|text| !text.is_empty()).map(|text| {
        T::from_str(text, false).map_err(|_| {
            let possible = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            let possible: Vec<String> = possible.map(|value| value.get_name().to_owned()).collect();
            Error::usage(format!("the variable {name} is `{text}`; give {}", possible.join(", ")))
        })
    });
    Ok(from_command_line.or(from_env.transpose()?).unwrap_or_default())
}
