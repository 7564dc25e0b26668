//! What goes through pack and unpack, each beside what JSON made of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::*;

fn carried<T: Serialize + DeserializeOwned + Any + Send + Sync>(value: T) -> (T, FixtureResult<T>) {
    let carried = Carried::of_value(Ok::<T, _>);
    let bytes = (carried.pack)(&value).expect("packed");
    let arrived = (carried.unpack)(&bytes).map(|arrived| *arrived.downcast().expect("that type"));
    (value, arrived)
}

/// It arrives as it was. Compared as text, so that NaN is itself.
#[track_caller]
fn arrives<T: Serialize + DeserializeOwned + Any + Send + Sync + Debug>(value: T) {
    let (value, arrived) = carried(value);
    assert_eq!(format!("{:?}", arrived.expect("unpacked")), format!("{value:?}"));
}

/// serde says so, whatever the format.
#[track_caller]
fn cannot_arrive<T: Serialize + DeserializeOwned + Any + Send + Sync + Debug>(value: T, why: &str) {
    let json = serde_json::to_string(&value).and_then(|json| serde_json::from_str::<T>(&json));
    assert!(json.is_err(), "JSON carried it");
    assert_eq!(carried(value).1.expect_err("no value").to_string(), why);
}

#[derive(Debug, Serialize, Deserialize)]
struct Unit;

#[derive(Debug, Serialize, Deserialize)]
struct Newtype(u8);

#[derive(Debug, Serialize, Deserialize)]
struct Empty {}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
enum Key {
    A,
    B,
}

#[derive(Debug, Serialize, Deserialize)]
enum External {
    Unit,
    Newtype(u8),
    Maybe(Option<u8>),
    Tuple(u8, String),
    Struct { a: Option<u8>, b: () },
    Nested(Box<External>),
    NoFields(),
}

fn externals() -> Vec<External> {
    vec![
        External::Unit,
        External::Newtype(1),
        External::Maybe(None),
        External::Maybe(Some(1)),
        External::Tuple(1, "x".to_owned()),
        External::Struct { a: None, b: () },
        External::Nested(Box::new(External::Nested(Box::new(External::Unit)))),
        External::NoFields(),
    ]
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Inner {
    x: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    #[serde(default, rename = "type")]
    z: Vec<u8>,
    #[serde(skip)]
    _skipped: u8,
}

/// What JSON writes otherwise than formats that count as binary.
#[derive(Debug, Serialize, Deserialize)]
struct Addresses {
    ip: IpAddr,
    at: SocketAddr,
}

fn addresses() -> Addresses {
    Addresses { ip: [127, 0, 0, 1].into(), at: (Ipv6Addr::LOCALHOST, 80).into() }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "t")]
enum Internal {
    Unit,
    Newtype(Inner),
    Struct { a: Option<u8>, c: char, f: f64, u: (), n: Unit, e: Key, w: u64, i: i64, at: Addresses, ext: Vec<External> },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Unit,
    Newtype(u8),
    Tuple(u8, IpAddr),
    Struct { a: IpAddr },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u64),
    Negative(i64),
    Float(f64),
    Tuple(u8, IpAddr),
    Struct { unit: Unit, nothing: (), at: Addresses, maybe: Option<Key> },
    Key(Key),
    Text(String),
    Unit,
    Map(BTreeMap<String, Option<u8>>),
    External(External),
}

#[derive(Debug, Serialize, Deserialize)]
struct Flat {
    a: u8,
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    addresses: Addresses,
    #[serde(flatten)]
    external: External,
    #[serde(flatten)]
    maybe: Option<Newtypes>,
    #[serde(flatten)]
    rest: BTreeMap<String, f32>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Newtypes {
    newtype: Newtype,
    unit: Unit,
    empty: Empty,
    keys: HashMap<Key, Vec<External>>,
}

fn flat(external: External, maybe: Option<Newtypes>) -> Flat {
    let inner = Inner { x: 1, y: Some("y".to_owned()), z: vec![0, 255], _skipped: 0 };
    Flat { a: 1, inner, addresses: addresses(), external, maybe, rest: BTreeMap::from([("k".to_owned(), 0.1)]) }
}

#[test]
fn numbers_and_texts_arrive() {
    arrives((u8::MAX, u16::MAX, u32::MAX, u64::MAX, u128::MAX, usize::MAX));
    arrives((i8::MIN, i16::MIN, i32::MIN, i64::MIN, i128::MIN, isize::MIN));
    arrives([0, -1, i128::from(i64::MIN) - 1, i128::from(u64::MAX) + 1, i128::MAX]);
    arrives([0.1, -0.0, 1e300, 5e-324, f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
    arrives([0.1_f32, f32::MAX, f32::NAN]);
    arrives((true, false, 'ß', '\u{1f600}', '\0', "redis://\u{7}\0\"\\".to_owned(), "x".repeat(100_000)));
}

#[test]
fn types_of_the_standard_library_arrive() {
    arrives((Some(1), None::<u8>, Some(Some(1)), vec![Some(1), None], [7_u8; 32], ((), [(), ()])));
    arrives((Ok::<u8, String>(1), Err::<u8, _>("e".to_owned()), 1..5, std::ops::Bound::Included(3)));
    arrives((Duration::MAX, SystemTime::now(), addresses(), std::num::NonZeroU64::MAX, std::cmp::Reverse(1)));
    arrives((std::path::PathBuf::from("/ß"), std::ffi::OsString::from("a"), std::ffi::CString::from(c"a")));
    arrives((std::sync::Arc::new(1), BTreeSet::from([3, 1]), std::marker::PhantomData::<u8>));
}

#[test]
fn some_none_arrives_which_json_has_no_word_for() {
    arrives([Some(Some(Some(1))), Some(Some(None)), Some(None), None]);
    arrives((Some(()), Some(Unit), None::<Unit>));
}

#[test]
fn keys_of_maps_arrive_whatever_they_are() {
    arrives((BTreeMap::from([(1_u8, 2), (255, 3)]), BTreeMap::from([(i128::MIN, 1)])));
    arrives((BTreeMap::from([('a', 1)]), BTreeMap::from([(true, 1)]), BTreeMap::from([(Key::A, Key::B)])));
    arrives((BTreeMap::from([((1, "a".to_owned()), 2)]), BTreeMap::from([(Some(1), 2)])));
    arrives(BTreeMap::from([(vec![1], HashMap::from([(IpAddr::from([127, 0, 0, 1]), ())]))]));
}

#[test]
fn structs_and_enums_arrive() {
    arrives((Unit, Newtype(1), Empty {}, Inner::default(), externals()));
    arrives(vec![Internal::Unit, Internal::Newtype(Inner { x: 1, ..Inner::default() })]);
    let (e, at, ext) = (Key::A, addresses(), externals());
    arrives(Internal::Struct { a: None, c: 'ß', f: 1.0, u: (), n: Unit, e, w: u64::MAX, i: i64::MIN, at, ext });
    let a = [1, 2, 3, 4].into();
    arrives(vec![Adjacent::Unit, Adjacent::Newtype(1), Adjacent::Tuple(1, a), Adjacent::Struct { a }]);
}

#[test]
fn untagged_enums_arrive() {
    let others = [Untagged::Key(Key::B), Untagged::Text("a".to_owned()), Untagged::Unit];
    let numbers = [Untagged::Number(u64::MAX), Untagged::Negative(-1), Untagged::Float(1.5)];
    arrives((others, numbers, Untagged::Tuple(1, Ipv6Addr::LOCALHOST.into())));
    arrives(vec![Untagged::Struct { unit: Unit, nothing: (), at: addresses(), maybe: Some(Key::A) }]);
    arrives(vec![
        Untagged::Map(BTreeMap::from([("k".to_owned(), None)])),
        Untagged::External(External::Nested(External::Unit.into())),
    ]);
}

#[test]
fn flattened_fields_arrive() {
    for external in externals() {
        let keys = HashMap::from([(Key::A, externals())]);
        let newtypes = Newtypes { newtype: Newtype(1), unit: Unit, empty: Empty {}, keys };
        // serde cannot flatten a variant that holds nothing in a format that does not know what it asks for; nor can JSON.
        if !matches!(external, External::Unit) {
            arrives(flat(external, Some(newtypes)));
        }
    }
    #[derive(Debug, Serialize, Deserialize)]
    struct Keys {
        #[serde(flatten)]
        keys: BTreeMap<u8, u8>,
    }
    arrives(Keys { keys: BTreeMap::from([(1, 2)]) });
}

#[test]
fn what_serde_keeps_aside_has_limits_of_its_own() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Wide {
        #[serde(flatten)]
        wide: BTreeMap<String, u128>,
    }
    cannot_arrive(Wide { wide: BTreeMap::from([("a".to_owned(), 1)]) }, "u128 is not supported");
}

#[test]
fn a_value_in_values_of_others_arrives() {
    arrives(serde_json::json!({"a": [1, -1, 1.5, null, true, "x", {}], "b": u64::MAX}));
    #[derive(Debug, Serialize, Deserialize)]
    struct Deep(Vec<Option<Deep>>);
    arrives((0..120).fold(Deep(vec![None]), |deep, _| Deep(vec![Some(deep)])));
}

/// Types that read themselves otherwise than they are written, as JSON allows.
#[test]
fn what_is_read_otherwise_than_it_was_written_arrives() {
    macro_rules! lax {
        ($name:ident $ty:ty, $as:ty, $write:expr, $read:expr) => {
            #[derive(Debug)]
            struct $name($ty);

            impl Serialize for $name {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    let write: fn(&$ty, S) -> Result<S::Ok, S::Error> = $write;
                    write(&self.0, serializer)
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    let read: fn($as) -> $ty = $read;
                    <$as>::deserialize(deserializer).map(|value| Self(read(value)))
                }
            }
        };
    }
    lax! { Float f64, f64, |v, to| to.serialize_i64(*v as i64), |v| v }
    lax! { Wide u8, u128, |v, to| to.serialize_u8(*v), |v| v as u8 }
    lax! { Narrow i8, i8, |v, to| to.serialize_i128((*v).into()), |v| v }
    lax! { Pair (u8, u8), (u8, u8), |v, to| to.collect_seq([v.0, v.1]), |v| v }
    lax! { Fields u8, Inner, |v, to| to.collect_map([("x", v)]), |v| v.x }
    lax! { Bytes Vec<u8>, Vec<u8>, |v, to| to.serialize_bytes(v), |v| v }
    lax! { Shown String, String, |v, to| to.collect_str(&format_args!("{v}")), |v| v }
    lax! { Wrapped u8, Option<u8>, |v, to| to.serialize_u8(*v), |v| v.unwrap_or_default() }
    lax! { Unwrapped u8, u8, |v, to| to.serialize_some(v), |v| v }
    lax! { Nothing Option<u8>, Option<u8>, |_, to| to.serialize_unit(), |v| v }
    lax! { Ignored u8, de::IgnoredAny, |_, to| externals().serialize(to), |_| 0 }
    arrives((Float(-3.0), Wide(1), Narrow(-1), Pair((1, 2)), Fields(1), Bytes(vec![0, 255]), Shown("ß".repeat(400))));
    arrives((Wrapped(1), Unwrapped(1), Nothing(None), Ignored(0)));
}

#[test]
fn bytes_arrive_as_bytes() {
    #[derive(Debug)]
    struct Bytes(Vec<u8>);

    impl Serialize for Bytes {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(&self.0)
        }
    }

    impl<'de> Deserialize<'de> for Bytes {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct OfBytes;

            impl de::Visitor<'_> for OfBytes {
                type Value = Bytes;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("bytes")
                }

                fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                    Ok(Bytes(bytes.to_vec()))
                }
            }

            deserializer.deserialize_byte_buf(OfBytes)
        }
    }

    arrives((Bytes(vec![0, 1, 255]), Some(Bytes(Vec::new()))));
}

#[test]
fn what_is_no_such_value_is_refused() {
    let refused =
        |bytes: &[u8]| (Carried::of_value(Ok::<(u8, String), _>).unpack)(bytes).expect_err("no such value").to_string();
    let bytes = writer::bytes_of(&(1_u8, "a")).expect("written");
    assert_eq!(refused(&[]), "the bytes end before the value does");
    assert_eq!(refused(&bytes[..bytes.len() - 1]), "the bytes end before the value does");
    assert_eq!(refused(&[&bytes[..], &[mark::NULL]].concat()), "more follows than the value");
    assert_eq!(refused(&writer::bytes_of(&(1, "a", 2)).expect("written")), "more values follow than its type has");
    assert_eq!(refused(&[mark::END]), "here is no value");
    assert!(refused(&[mark::TEXT, 255, 255, 255, 255, 255, 255, 255, 255]).contains("end before"));
    assert!(refused(&writer::bytes_of(&("a", 1)).expect("written")).contains("expected u8"));
}

proptest! {
    #[test]
    fn garbage_is_survived(bytes in prop::collection::vec(prop_oneof![0..20_u8, any::<u8>()], 0..60)) {
        let _ = reader::value_of::<serde_json::Value>(&bytes);
        let _ = reader::value_of::<Vec<External>>(&bytes);
        let _ = reader::value_of::<Flat>(&bytes);
    }
}
