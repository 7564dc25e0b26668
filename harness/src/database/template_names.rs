//! The names of the suite's templates. Two templates with the same name would find each other's tables.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::model::error::Error;
use crate::model::mutex::MutexExt;

/// The names of the templates of one kind that were used, with the address of each template.
pub(crate) struct TemplateNames(Mutex<BTreeMap<&'static str, usize>>);

impl TemplateNames {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// Refuses a second template with the same name.
    ///
    /// # Errors
    ///
    /// When another template has the name.
    pub(crate) fn check<T>(&self, name: &'static str, template: &'static T) -> Result<(), Error> {
        let own = std::ptr::from_ref(template).addr();
        let mut names = self.0.lock_even_if_poisoned();
        match *names.entry(name).or_insert(own) == own {
            true => Ok(()),
            false => Err(Error::usage(format!("two templates are named `{name}`; rename one of them"))),
        }
    }
}
