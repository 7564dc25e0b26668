//! Values of fixtures that go from the process that has made them to others, as plain data.

mod mark;
mod reader;
mod writer;

use std::any::Any;
use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Serialize, de, ser};

use crate::model::error::FixtureResult;

/// A value that tests share, of any type.
pub(crate) type Lasting = Box<dyn Any + Send + Sync>;

/// How values of one type are carried.
#[derive(Clone, Copy)]
pub struct Carried {
    pub(crate) pack: fn(&(dyn Any + Send + Sync)) -> FixtureResult<Vec<u8>>,
    pub(crate) unpack: fn(&[u8]) -> FixtureResult<Lasting>,
}

impl Carried {
    /// Those of the type that this function makes of what a fixture's function returns. It carries whatever serde can describe.
    ///
    /// The format is our own, as none that we know does that. Those that do not say what follows (postcard) cannot carry a flattened
    /// field or an untagged enum. The CBOR of cbor4ii, ciborium and minicbor-serde counts as not readable for people, and then an
    /// `IpAddr` in a flattened field or an untagged enum cannot be read (serde-rs/serde#2172), nor can `()` there; MessagePack (rmp-serde)
    /// loses unit structs there, and `Some(None)` everywhere. serde_json carries most, and breaks inference in the crates of our users.
    #[must_use]
    pub fn of_value<R, T>(_: fn(R) -> FixtureResult<T>) -> Self
    where
        T: Serialize + DeserializeOwned + Any + Send + Sync,
    {
        Self { pack: pack::<T>, unpack: unpack::<T> }
    }
}

fn pack<T: Serialize + Any>(value: &(dyn Any + Send + Sync)) -> FixtureResult<Vec<u8>> {
    let value: &T = value.downcast_ref().expect("it is found by its type");
    Ok(writer::bytes_of(value)?)
}

fn unpack<T: DeserializeOwned + Any + Send + Sync>(bytes: &[u8]) -> FixtureResult<Lasting> {
    Ok(Box::new(reader::value_of::<T>(bytes)?))
}

/// Why a value cannot be written or read: mostly what its own `Serialize` or `Deserialize` says.
#[derive(Debug)]
struct Broken(String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Broken {}

impl ser::Error for Broken {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self(why.to_string())
    }
}

impl de::Error for Broken {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self(why.to_string())
    }
}

#[cfg(test)]
mod tests;
