//! Settings, from `shop.conf` in the current directory.

use std::{fs, io};

use crate::error::Error;

/// The settings of the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The maximum number of pieces in one order.
    pub max_order: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { max_order: 100 }
    }
}

impl Settings {
    /// The settings in `shop.conf` in the current directory, or the defaults.
    pub fn load() -> Result<Self, Error> {
        let text = match fs::read_to_string("shop.conf") {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => String::new(),
            text => text?,
        };
        Self::parse(&text)
    }

    /// Reads lines such as `max_order = 5`. Empty lines, and lines that begin with `#`, are ignored.
    fn parse(text: &str) -> Result<Self, Error> {
        let mut settings = Self::default();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (key, value) = line.split_once('=').ok_or_else(|| Error::Setting(line.to_owned()))?;
            settings.set(key.trim(), value.trim())?;
        }
        Ok(settings)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), Error> {
        match (key, value.parse()) {
            ("max_order", Ok(number)) => self.max_order = number,
            _ => return Err(Error::Setting(format!("{key} = {value}"))),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[swimlanes::test]
    fn comments_and_empty_lines_are_ignored() -> Result<(), Error> {
        assert_eq!(Settings::parse("# small shop\n\n max_order=5\n")?, Settings { max_order: 5 });
        Ok(())
    }

    #[swimlanes::test(cases(of_another_type = "max_order = many", unknown = "colour = red", without_value = "open"))]
    fn an_error_names_the_setting(#[case] text: &str) {
        let refused = Settings::parse(text);
        assert!(matches!(&refused, Err(Error::Setting(what)) if what == text), "{refused:?}");
    }
}
