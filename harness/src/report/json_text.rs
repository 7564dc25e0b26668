//! Writes values of serde as JSON, on one line. It supports only what records, lists and libtest's format need: serde_json, which supports
//! everything, breaks type inference in crates that use swimlanes.

use std::fmt::{self, Write};

use serde::Serialize;
use serde::ser::{Impossible, SerializeMap, SerializeSeq, SerializeStruct, Serializer};

/// A value that is displayed as JSON.
pub(crate) struct JsonText<'a, T>(pub(crate) &'a T);

impl<T: Serialize> fmt::Display for JsonText<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.serialize(JsonWriter(f))
    }
}

/// An object whose members `fields` writes, shown as JSON.
pub(crate) fn object(fields: impl Fn(&mut JsonObjectWriter<'_, '_>) -> fmt::Result) -> impl fmt::Display {
    JsonObject(fields)
}

struct JsonObject<F>(F);

impl<F: Fn(&mut JsonObjectWriter<'_, '_>) -> fmt::Result> fmt::Display for JsonObject<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut object = JsonWriter(f).serialize_map(None)?;
        (self.0)(&mut object)?;
        SerializeMap::end(object)
    }
}

/// Writes one value.
struct JsonWriter<'a, 'f>(&'a mut fmt::Formatter<'f>);

/// Writes the members of an object.
pub(crate) struct JsonObjectWriter<'a, 'f> {
    f: &'a mut fmt::Formatter<'f>,
    is_empty: bool,
}

impl JsonObjectWriter<'_, '_> {
    pub(crate) fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> fmt::Result {
        self.key(name)?;
        value.serialize(JsonWriter(self.f))
    }

    fn key<T: Serialize + ?Sized>(&mut self, name: &T) -> fmt::Result {
        if !std::mem::take(&mut self.is_empty) {
            self.f.write_str(",")?;
        }
        name.serialize(JsonWriter(self.f))?;
        self.f.write_str(":")
    }
}

/// Writes the items of an array.
struct JsonArrayWriter<'a, 'f> {
    f: &'a mut fmt::Formatter<'f>,
    is_empty: bool,
}

type No = Impossible<(), fmt::Error>;

/// Methods for types that records do not use.
macro_rules! unsupported {
    ($($method:ident($($argument:ty),*) -> $result:ty;)*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<$result, fmt::Error> {
            Err(fmt::Error)
        })*
    };
}

impl<'a, 'f> Serializer for JsonWriter<'a, 'f> {
    type Ok = ();
    type Error = fmt::Error;
    type SerializeSeq = JsonArrayWriter<'a, 'f>;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = JsonObjectWriter<'a, 'f>;
    type SerializeStruct = JsonObjectWriter<'a, 'f>;
    type SerializeStructVariant = No;

    fn serialize_bool(self, value: bool) -> fmt::Result {
        fmt::Display::fmt(&value, self.0)
    }

    fn serialize_u32(self, value: u32) -> fmt::Result {
        fmt::Display::fmt(&value, self.0)
    }

    fn serialize_u64(self, value: u64) -> fmt::Result {
        fmt::Display::fmt(&value, self.0)
    }

    fn serialize_str(self, value: &str) -> fmt::Result {
        self.0.write_char('"')?;
        for char in value.chars() {
            match char {
                '"' => self.0.write_str("\\\"")?,
                '\\' => self.0.write_str("\\\\")?,
                '\n' => self.0.write_str("\\n")?,
                '\r' => self.0.write_str("\\r")?,
                '\t' => self.0.write_str("\\t")?,
                '\x08' => self.0.write_str("\\b")?,
                '\x0c' => self.0.write_str("\\f")?,
                '\0'..' ' => write!(self.0, "\\u{:04x}", u32::from(char))?,
                _ => self.0.write_char(char)?,
            }
        }
        self.0.write_char('"')
    }

    fn serialize_f64(self, value: f64) -> fmt::Result {
        match value.is_finite() {
            true => fmt::Display::fmt(&value, self.0),
            false => self.serialize_none(),
        }
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<JsonArrayWriter<'a, 'f>, fmt::Error> {
        self.0.write_str("[")?;
        Ok(JsonArrayWriter { f: self.0, is_empty: true })
    }

    fn serialize_none(self) -> fmt::Result {
        self.0.write_str("null")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> fmt::Result {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> fmt::Result {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> fmt::Result {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> fmt::Result {
        Err(fmt::Error)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<JsonObjectWriter<'a, 'f>, fmt::Error> {
        self.0.write_str("{")?;
        Ok(JsonObjectWriter { f: self.0, is_empty: true })
    }

    fn serialize_struct(self, _: &'static str, n_fields: usize) -> Result<JsonObjectWriter<'a, 'f>, fmt::Error> {
        self.serialize_map(Some(n_fields))
    }

    unsupported! {
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_f32(f32) -> ();
        serialize_char(char) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_tuple(usize) -> No;
        serialize_tuple_struct(&'static str, usize) -> No;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> No;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> No;
    }
}

impl SerializeSeq for JsonArrayWriter<'_, '_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> fmt::Result {
        if !std::mem::take(&mut self.is_empty) {
            self.f.write_str(",")?;
        }
        value.serialize(JsonWriter(self.f))
    }

    fn end(self) -> fmt::Result {
        self.f.write_str("]")
    }
}

impl SerializeMap for JsonObjectWriter<'_, '_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> fmt::Result {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> fmt::Result {
        value.serialize(JsonWriter(self.f))
    }

    fn end(self) -> fmt::Result {
        self.f.write_str("}")
    }
}

impl SerializeStruct for JsonObjectWriter<'_, '_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> fmt::Result {
        self.member(name, value)
    }

    fn end(self) -> fmt::Result {
        self.f.write_str("}")
    }
}
