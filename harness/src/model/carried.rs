//! Values of fixtures that go from the process that has made them to others, as plain data.

use std::any::Any;

use serde::Serialize;
use serde::de::DeserializeOwned;

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
    /// Those of the type that this function makes of what a fixture's function returns. As JSON: unlike denser formats it carries
    /// whatever serde can describe.
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
    Ok(serde_json::to_vec(value)?)
}

fn unpack<T: DeserializeOwned + Any + Send + Sync>(bytes: &[u8]) -> FixtureResult<Lasting> {
    Ok(Box::new(serde_json::from_slice::<T>(bytes)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_arrives_as_it_was() {
        let carried = Carried::of_value(|url: (String, Option<u16>)| Ok(url));
        let value = ("redis://\u{7}".to_owned(), Some(7_u16));
        let bytes = (carried.pack)(&value).expect("packed");
        let arrived =
            (carried.unpack)(&bytes).expect("unpacked").downcast::<(String, Option<u16>)>().expect("that type");
        assert_eq!(*arrived, value);
        assert!((carried.unpack)(b"{").is_err());
    }
}
