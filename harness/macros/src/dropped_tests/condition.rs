//! The `#[cfg]` predicates under which an item exists. They are passed on to the compiler, which evaluates them.

/// Predicates that must all hold. Without any, the item always exists.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Condition(Vec<String>);

impl Condition {
    pub(crate) fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// This condition and one more predicate.
    pub(crate) fn and(&self, predicate: String) -> Self {
        let mut all = self.clone();
        all.add(predicate);
        all
    }

    /// Both conditions.
    pub(crate) fn and_all(&self, other: &Self) -> Self {
        other.0.iter().fold(self.clone(), |all, predicate| all.and(predicate.clone()))
    }

    pub(crate) fn add(&mut self, predicate: String) {
        if !self.0.contains(&predicate) {
            self.0.push(predicate);
        }
    }

    /// As one predicate.
    pub(crate) fn predicate(&self) -> String {
        match self.0.as_slice() {
            [one] => one.clone(),
            all => format!("all({})", all.join(", ")),
        }
    }
}

pub(crate) fn not(predicate: &str) -> String {
    format!("not({predicate})")
}
