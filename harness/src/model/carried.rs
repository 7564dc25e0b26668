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
    /// Those of the type that this function makes of what a fixture's function returns. As CBOR, which names what it holds: unlike
    /// denser formats it carries whatever serde can describe.
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
    Ok(cbor4ii::serde::to_vec(Vec::new(), value)?)
}

fn unpack<T: DeserializeOwned + Any + Send + Sync>(bytes: &[u8]) -> FixtureResult<Lasting> {
    Ok(Box::new(cbor4ii::serde::from_slice::<T>(bytes)?))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};
    use std::fmt::Debug;
    use std::path::PathBuf;
    use std::time::{Duration, SystemTime};

    use serde::Deserialize;

    use super::*;

    /// The value, as another process gets it.
    fn carried<T: Serialize + DeserializeOwned + Any + Send + Sync>(value: T) -> FixtureResult<Box<T>> {
        let carried = Carried::of_value(|value: T| Ok(value));
        let bytes = (carried.pack)(&value)?;
        Ok((carried.unpack)(&bytes)?.downcast().expect("that type"))
    }

    #[track_caller]
    fn check<T: Serialize + DeserializeOwned + Any + Send + Sync + Clone + PartialEq + Debug>(value: T) {
        assert_eq!(*carried(value.clone()).expect("carried"), value);
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Server {
        url: String,
        #[serde(flatten)]
        limits: Limits,
        #[serde(skip_serializing_if = "Option::is_none")]
        log: Option<PathBuf>,
        #[serde(default)]
        kinds: Vec<Kind>,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Limits {
        connections: u64,
        #[serde(with = "as_text")]
        weight: u32,
        rest: BTreeMap<String, i64>,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    enum Kind {
        Unit,
        Newtype(u8),
        Tuple(i8, char),
        Struct { a: bool, b: Option<f32> },
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Number(u64),
        Text(String),
        List(Vec<i32>),
        Map { x: f64 },
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind", rename_all = "snake_case")]
    enum Tagged {
        Ready { at: SystemTime },
        Failed { why: String },
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind", content = "value")]
    enum Adjacent {
        One(u8),
        Two(String, String),
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    enum Key {
        A,
        B,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Wrapped(#[serde(rename = "inner")] Box<Server>);

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Nothing;

    mod as_text {
        use serde::{Deserialize, Deserializer, Serializer};

        pub(super) fn serialize<S: Serializer>(n: &u32, to: S) -> Result<S::Ok, S::Error> {
            to.collect_str(n)
        }

        pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
            String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
        }
    }

    fn server() -> Server {
        let rest = BTreeMap::from([("a".to_owned(), -1), ("b".to_owned(), i64::MIN)]);
        let kinds = vec![
            Kind::Unit,
            Kind::Newtype(255),
            Kind::Tuple(-128, 'ß'),
            Kind::Struct { a: true, b: None },
            Kind::Struct { a: false, b: Some(0.1) },
        ];
        let limits = Limits { connections: u64::MAX, weight: 7, rest };
        Server { url: "redis://\u{7}".to_owned(), limits, log: None, kinds }
    }

    #[test]
    fn whatever_serde_can_describe_is_carried() {
        check(server());
        check(Server { log: Some("/tmp/log".into()), kinds: Vec::new(), ..server() });
        check(Wrapped(Box::new(server())));
        check(vec![
            Untagged::Number(1),
            Untagged::Text("1".to_owned()),
            Untagged::List(vec![-1]),
            Untagged::Map { x: 1.5 },
        ]);
        check(Tagged::Ready { at: SystemTime::UNIX_EPOCH + Duration::new(1, 2) });
        check(Tagged::Failed { why: String::new() });
        check([Adjacent::One(1), Adjacent::Two("a".to_owned(), "b".to_owned())]);
        check(HashMap::from([(Key::A, 1_u16), (Key::B, 2)]));
        check(BTreeMap::from([(1_u64, "a".to_owned()), (u64::MAX, "b".to_owned())]));
        check(BTreeMap::from([(-1_i32, Key::A), (7, Key::B)]));
        check((Nothing, (), Some(Nothing), 'x', true));
        check((i128::MIN, u128::MAX, i64::MIN, u64::MAX, f64::MIN_POSITIVE, f32::INFINITY));
        check(Result::<u8, String>::Err("no".to_owned()));
        check((Duration::MAX, "127.0.0.1:80".parse::<std::net::SocketAddr>().expect("an address")));
        check((Some(Vec::<Option<u8>>::new()), vec![None, Some(1)]));
        check(("redis://\u{7}".to_owned(), Some(7_u16)));
        assert!(carried(f64::NAN).expect("carried").is_nan());
    }

    #[test]
    fn bytes_that_are_no_value_are_refused() {
        let carried = Carried::of_value(|url: (String, Option<u16>)| Ok(url));
        assert!((carried.unpack)(b"{").is_err());
        assert!((carried.unpack)(b"").is_err());
    }

    /// As in JSON, and said where a fixture's data is described.
    #[test]
    fn an_option_that_holds_none_arrives_as_none() {
        assert_eq!(*carried(Some(None::<u8>)).expect("carried"), None);
    }
}
