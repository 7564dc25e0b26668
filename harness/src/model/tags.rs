//! Tags: what a case says about its neighbours, and what it locks.

use std::num::NonZeroU32;

pub use swimlanes_core::attributes::{Access, LockNamespace};

/// A named lock, and how much of it a case takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LockClaim {
    /// The namespace of the name.
    pub domain: LockNamespace,
    /// The name as the user wrote it.
    pub name: &'static str,
    /// How much of the lock is taken.
    pub access: Access,
}

/// What a case needs before it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Constraint {
    /// `serial`: no other case of the process runs at the same time, and no other `serial` case of the run.
    Serial,
    /// `no_parallel`: no other case of the run runs at the same time, in any process.
    NoParallel,
    /// A named lock.
    Lock(LockClaim),
}

/// A counted resource and its number of units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resource {
    /// The name in `shared_resource` tags.
    pub name: &'static str,
    /// The number of units, which all processes of the run share.
    pub capacity: u32,
}

/// The number of units of this resource, if it is declared.
pub(crate) fn capacity_of(name: &str, resources: &[Resource]) -> Option<u32> {
    resources.iter().find(|resource| resource.name == name).map(|resource| resource.capacity)
}

/// The tags of a test that is made at run time; see [`Runner::test`](crate::Runner::test).
///
/// Tags can be combined. The test starts only when everything that its tags require is free at the same time.
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
    /// No tags: the test can run at the same time as any other.
    pub fn new() -> Self {
        Self::default()
    }

    /// The test changes state of the process: no other test of this process runs at the same time, and no other serial
    /// test in any process of the run.
    pub fn serial(self) -> Self {
        self.need(Constraint::Serial)
    }

    /// The test never overlaps another test with this key, in any process.
    pub fn serial_key(self, key: &str) -> Self {
        self.lock(LockNamespace::Serial, key, Access::Exclusive)
    }

    /// The test needs the whole machine: no other test of the run overlaps it, in any process.
    pub fn no_parallel(self) -> Self {
        self.need(Constraint::NoParallel)
    }

    /// Exclusive use of the resource, in any process.
    pub fn shared_resource(self, name: &str) -> Self {
        self.lock(LockNamespace::Resource, name, Access::Exclusive)
    }

    /// Shared use of the resource: the test overlaps other shared uses, but no exclusive one.
    pub fn shared_resource_shared(self, name: &str) -> Self {
        self.lock(LockNamespace::Resource, name, Access::Shared)
    }

    /// Takes `units` of a counted resource, all at once. [`resource!`](crate::resource) or
    /// [`Runner::resource`](crate::Runner::resource) must declare its capacity, which must be at least `units`.
    pub fn shared_resource_units(self, name: &str, units: NonZeroU32) -> Self {
        self.lock(LockNamespace::Resource, name, Access::Units(units))
    }

    /// The tests of a group run on one worker, one after the other.
    pub fn group(mut self, name: &str) -> Self {
        self.group = Some(leak(name));
        self
    }

    /// A label for filters.
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

// Cases live as long as the process, so their texts do too.
fn leak(text: &str) -> &'static str {
    Box::leak(text.into())
}
