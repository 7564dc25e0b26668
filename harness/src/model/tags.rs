//! What a case promises about its neighbours, and what it takes.

use std::num::NonZeroU32;

pub use swimlanes_core::attributes::{Access, LockNamespace};

/// A named lock and how much of it is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LockClaim {
    /// Which kind of name it is.
    pub domain: LockNamespace,
    /// The name the user gave.
    pub name: &'static str,
    /// How much of it is taken.
    pub access: Access,
}

/// One thing a case must have before it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Constraint {
    /// `serial`: no other case of the process meanwhile, and no other `serial` case anywhere in the run.
    Serial,
    /// `no_parallel`: nothing else of the run meanwhile, in any process.
    NoParallel,
    /// A named lock.
    Lock(LockClaim),
}

/// A counted resource, and how many units of it there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resource {
    /// The name that `shared_resource` tags take it by.
    pub name: &'static str,
    /// How many units there are, in all processes together.
    pub capacity: u32,
}

/// How many units of this resource there are, if it is one of these.
pub(crate) fn capacity_of(name: &str, resources: &[Resource]) -> Option<u32> {
    resources.iter().find(|resource| resource.name == name).map(|resource| resource.capacity)
}

/// The tags of a case that is made at run time; see [`Runner::case`](crate::Runner::case).
///
/// Several tags may stand together; the case starts only when everything it needs is free, all at once.
///
/// ```
/// use swimlanes::Tags;
///
/// let tags = Tags::new().shared_resource("redis").group("cache").label("slow");
/// # let _ = tags;
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "tags do nothing until a case is made with them"]
pub struct Tags {
    pub(crate) needs: Vec<Constraint>,
    pub(crate) group: Option<&'static str>,
    pub(crate) labels: Vec<&'static str>,
}

impl Tags {
    /// No tags: the case may run beside any other.
    pub fn new() -> Self {
        Self::default()
    }

    /// Touches state of the whole process: no other case of this process runs meanwhile, and no other serial
    /// case in any process of the run.
    pub fn serial(self) -> Self {
        self.need(Constraint::Serial)
    }

    /// Never overlaps another case with this key, in any process.
    pub fn serial_key(self, key: &str) -> Self {
        self.lock(LockNamespace::Serial, key, Access::Exclusive)
    }

    /// Needs the machine for itself: nothing else of the run overlaps it, in any process.
    pub fn no_parallel(self) -> Self {
        self.need(Constraint::NoParallel)
    }

    /// Takes the named resource for itself, in any process.
    pub fn shared_resource(self, name: &str) -> Self {
        self.lock(LockNamespace::Resource, name, Access::Exclusive)
    }

    /// Takes the named resource together with others that only share it too.
    pub fn shared_resource_shared(self, name: &str) -> Self {
        self.lock(LockNamespace::Resource, name, Access::Shared)
    }

    /// Takes `units` of a counted resource, all or nothing. Its capacity must be declared, by
    /// [`resource!`](crate::resource) or [`Runner::resource`](crate::Runner::resource), and be at least `units`.
    pub fn shared_resource_units(self, name: &str, units: NonZeroU32) -> Self {
        self.lock(LockNamespace::Resource, name, Access::Units(units))
    }

    /// The cases of a group run on one worker, one after the other.
    pub fn group(mut self, name: &str) -> Self {
        self.group = Some(leak(name));
        self
    }

    /// A free label, for filters.
    pub fn label(mut self, label: &str) -> Self {
        self.labels.push(leak(label));
        self
    }

    fn lock(self, domain: LockNamespace, name: &str, access: Access) -> Self {
        let name = leak(name);
        self.need(Constraint::Lock(LockClaim { domain, name, access }))
    }

    fn need(mut self, need: Constraint) -> Self {
        self.needs.push(need);
        self
    }
}

// Cases live as long as the process; made at run time or not, their texts do too.
fn leak(text: &str) -> &'static str {
    Box::leak(text.into())
}
