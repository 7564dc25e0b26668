//! A value as bytes that say themselves what they are.
//!
//! It counts as readable for people, as JSON does: what serde keeps aside while it reads a flattened field or an enum without an outer
//! tag is always read as if it were.

use serde::ser::{self, Serialize, Serializer};

use super::{Broken, mark};

/// # Errors
///
/// What the value's own `Serialize` says.
pub(super) fn bytes_of(value: &impl Serialize) -> Result<Vec<u8>, Broken> {
    let mut writer = Writer { bytes: Vec::new() };
    value.serialize(&mut writer)?;
    Ok(writer.bytes)
}

struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    fn number<const N: usize>(&mut self, mark: u8, number: [u8; N]) -> Result<(), Broken> {
        self.bytes.push(mark);
        self.bytes.extend_from_slice(&number);
        Ok(())
    }

    fn text(&mut self, mark: u8, text: &[u8]) -> Result<(), Broken> {
        self.number(mark, (text.len() as u64).to_le_bytes())?;
        self.bytes.extend_from_slice(text);
        Ok(())
    }

    fn open(&mut self, mark: u8, ends: usize) -> Open<'_> {
        self.bytes.push(mark);
        Open { to: self, ends }
    }

    /// What is in this variant follows.
    fn variant(&mut self, variant: &str) -> Result<(), Broken> {
        self.bytes.push(mark::MAP);
        self.serialize_str(variant)
    }
}

/// Something that holds values and is not complete yet.
struct Open<'a> {
    to: &'a mut Writer,
    /// How many ends it takes to complete it: a variant has an end around it.
    ends: usize,
}

impl Open<'_> {
    fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Broken> {
        value.serialize(&mut *self.to)
    }

    fn close(self) -> Result<(), Broken> {
        self.to.bytes.extend(std::iter::repeat_n(mark::END, self.ends));
        Ok(())
    }
}

macro_rules! integers {
    ($($name:ident $ty:ty => $wide:ident)*) => {
        $(
            fn $name(self, v: $ty) -> Result<(), Broken> {
                self.$wide(v.into())
            }
        )*
    };
}

impl<'a> Serializer for &'a mut Writer {
    type Ok = ();
    type Error = Broken;
    type SerializeSeq = Open<'a>;
    type SerializeTuple = Open<'a>;
    type SerializeTupleStruct = Open<'a>;
    type SerializeTupleVariant = Open<'a>;
    type SerializeMap = Open<'a>;
    type SerializeStruct = Open<'a>;
    type SerializeStructVariant = Open<'a>;

    fn serialize_bool(self, v: bool) -> Result<(), Broken> {
        self.bytes.push(if v { mark::TRUE } else { mark::FALSE });
        Ok(())
    }

    integers! {
        serialize_i8 i8 => serialize_i64
        serialize_i16 i16 => serialize_i64
        serialize_i32 i32 => serialize_i64
        serialize_u8 u8 => serialize_u64
        serialize_u16 u16 => serialize_u64
        serialize_u32 u32 => serialize_u64
        serialize_f32 f32 => serialize_f64
    }

    fn serialize_u64(self, v: u64) -> Result<(), Broken> {
        self.number(mark::UNSIGNED, v.to_le_bytes())
    }

    fn serialize_i64(self, v: i64) -> Result<(), Broken> {
        match u64::try_from(v) {
            Ok(v) => self.serialize_u64(v),
            Err(_) => self.number(mark::SIGNED, v.to_le_bytes()),
        }
    }

    fn serialize_u128(self, v: u128) -> Result<(), Broken> {
        match u64::try_from(v) {
            Ok(v) => self.serialize_u64(v),
            Err(_) => self.number(mark::WIDE_UNSIGNED, v.to_le_bytes()),
        }
    }

    fn serialize_i128(self, v: i128) -> Result<(), Broken> {
        match (u128::try_from(v), i64::try_from(v)) {
            (Ok(v), _) => self.serialize_u128(v),
            (Err(_), Ok(v)) => self.serialize_i64(v),
            (Err(_), Err(_)) => self.number(mark::WIDE_SIGNED, v.to_le_bytes()),
        }
    }

    fn serialize_f64(self, v: f64) -> Result<(), Broken> {
        self.number(mark::FLOAT, v.to_le_bytes())
    }

    fn serialize_char(self, v: char) -> Result<(), Broken> {
        self.serialize_str(v.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, v: &str) -> Result<(), Broken> {
        self.text(mark::TEXT, v.as_bytes())
    }

    fn serialize_bytes(self, v: &[u8]) -> Result<(), Broken> {
        self.text(mark::BYTES, v)
    }

    fn serialize_none(self) -> Result<(), Broken> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Broken> {
        self.bytes.push(mark::SOME);
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Broken> {
        self.bytes.push(mark::NULL);
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Broken> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Broken> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Broken> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Broken> {
        self.variant(variant)?;
        value.serialize(&mut *self)?;
        self.bytes.push(mark::END);
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Open<'a>, Broken> {
        Ok(self.open(mark::SEQUENCE, 1))
    }

    fn serialize_tuple(self, _: usize) -> Result<Open<'a>, Broken> {
        Ok(self.open(mark::SEQUENCE, 1))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Open<'a>, Broken> {
        Ok(self.open(mark::SEQUENCE, 1))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'a>, Broken> {
        self.variant(variant)?;
        Ok(self.open(mark::SEQUENCE, 2))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Open<'a>, Broken> {
        Ok(self.open(mark::MAP, 1))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Open<'a>, Broken> {
        Ok(self.open(mark::MAP, 1))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'a>, Broken> {
        self.variant(variant)?;
        Ok(self.open(mark::MAP, 2))
    }
}

macro_rules! elements {
    ($($name:ident :: $add:ident)*) => {
        $(
            impl ser::$name for Open<'_> {
                type Ok = ();
                type Error = Broken;

                fn $add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Broken> {
                    self.add(value)
                }

                fn end(self) -> Result<(), Broken> {
                    self.close()
                }
            }
        )*
    };
}

elements! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
    SerializeTupleVariant::serialize_field
}

macro_rules! fields {
    ($($name:ident)*) => {
        $(
            impl ser::$name for Open<'_> {
                type Ok = ();
                type Error = Broken;

                fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Broken> {
                    self.add(key)?;
                    self.add(value)
                }

                fn end(self) -> Result<(), Broken> {
                    self.close()
                }
            }
        )*
    };
}

fields! { SerializeStruct SerializeStructVariant }

impl ser::SerializeMap for Open<'_> {
    type Ok = ();
    type Error = Broken;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Broken> {
        self.add(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Broken> {
        self.add(value)
    }

    fn end(self) -> Result<(), Broken> {
        self.close()
    }
}
