//! The value that such bytes are.
//!
//! What follows is said by the bytes, not by the type that is asked for. So a type may read itself otherwise than it was written, as far
//! as JSON allows that: an integer as a float, a value as an `Option`.

use serde::de::value::{MapAccessDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, Error as _, Visitor};

use super::{Broken, mark};

/// # Errors
///
/// When they are no value of that type.
pub(super) fn value_of<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Broken> {
    let mut reader = Reader { rest: bytes };
    let value = T::deserialize(&mut reader)?;
    if reader.rest.is_empty() { Ok(value) } else { Err(Broken::custom("more follows than the value")) }
}

struct Reader<'de> {
    rest: &'de [u8],
}

impl<'de> Reader<'de> {
    fn next_mark(&self) -> Result<u8, Broken> {
        self.rest.first().copied().ok_or_else(cut_off)
    }

    /// Goes on behind a mark that has been looked at.
    fn skip(&mut self) {
        self.rest = self.rest.get(1..).unwrap_or_default();
    }

    fn number<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        let (number, rest) = self.rest.split_first_chunk().ok_or_else(cut_off)?;
        self.rest = rest;
        Ok(*number)
    }

    fn bytes(&mut self) -> Result<&'de [u8], Broken> {
        let length = usize::try_from(u64::from_le_bytes(self.number()?)).map_err(|_| cut_off())?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or_else(cut_off)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn text(&mut self) -> Result<&'de str, Broken> {
        std::str::from_utf8(self.bytes()?).map_err(Broken::custom)
    }

    /// What is in a `Some` that is read as if it were not in one.
    fn unwrapped(&mut self) -> Result<u8, Broken> {
        while self.next_mark()? == mark::SOME {
            self.skip();
        }
        self.next_mark()
    }

    /// Reads what is held by what has just begun, all of it.
    fn held<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Broken>) -> Result<T, Broken> {
        let value = read(self)?;
        if self.next_mark()? != mark::END {
            return Err(Broken::custom("more values follow than its type has"));
        }
        self.skip();
        Ok(value)
    }
}

fn cut_off() -> Broken {
    Broken::custom("the bytes end before the value does")
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Broken;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Broken> {
        let mark = self.unwrapped()?;
        self.skip();
        match mark {
            mark::NULL => visitor.visit_unit(),
            mark::FALSE => visitor.visit_bool(false),
            mark::TRUE => visitor.visit_bool(true),
            mark::UNSIGNED => visitor.visit_u64(u64::from_le_bytes(self.number()?)),
            mark::SIGNED => visitor.visit_i64(i64::from_le_bytes(self.number()?)),
            mark::WIDE_UNSIGNED => visitor.visit_u128(u128::from_le_bytes(self.number()?)),
            mark::WIDE_SIGNED => visitor.visit_i128(i128::from_le_bytes(self.number()?)),
            mark::FLOAT => visitor.visit_f64(f64::from_le_bytes(self.number()?)),
            mark::TEXT => visitor.visit_borrowed_str(self.text()?),
            mark::BYTES => {
                let mut bytes = SeqDeserializer::new(self.bytes()?.iter().copied());
                let value = visitor.visit_seq(&mut bytes)?;
                bytes.end()?;
                Ok(value)
            }
            mark::SEQUENCE => self.held(|reader| visitor.visit_seq(Held(reader))),
            mark::MAP => self.held(|reader| visitor.visit_map(Held(reader))),
            _ => Err(Broken::custom("here is no value")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Broken> {
        match self.next_mark()? {
            mark::NULL => {
                self.skip();
                visitor.visit_none()
            }
            mark::SOME => {
                self.skip();
                visitor.visit_some(self)
            }
            // It was written without being in one.
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Broken> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Broken> {
        match self.unwrapped()? {
            mark::TEXT => {
                self.skip();
                visitor.visit_enum(StrDeserializer::new(self.text()?))
            }
            mark::MAP => {
                self.skip();
                self.held(|reader| visitor.visit_enum(MapAccessDeserializer::new(Held(reader))))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Broken> {
        if self.unwrapped()? != mark::BYTES {
            return self.deserialize_any(visitor);
        }
        self.skip();
        visitor.visit_borrowed_bytes(self.bytes()?)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Broken> {
        self.deserialize_bytes(visitor)
    }

    // A type that asks for one of these may know no smaller integers.
    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Broken> {
        if self.unwrapped()? != mark::UNSIGNED {
            return self.deserialize_any(visitor);
        }
        self.skip();
        visitor.visit_u128(u64::from_le_bytes(self.number()?).into())
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Broken> {
        let mark = self.unwrapped()?;
        if !matches!(mark, mark::UNSIGNED | mark::SIGNED) {
            return self.deserialize_any(visitor);
        }
        self.skip();
        let number = self.number()?;
        let is_signed = mark == mark::SIGNED;
        visitor.visit_i128(if is_signed {
            i64::from_le_bytes(number).into()
        } else {
            u64::from_le_bytes(number).into()
        })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// What a sequence or a map holds, up to its end.
struct Held<'a, 'de>(&'a mut Reader<'de>);

impl<'de> Held<'_, 'de> {
    fn next<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Broken> {
        if self.0.next_mark()? == mark::END {
            return Ok(None);
        }
        seed.deserialize(&mut *self.0).map(Some)
    }
}

impl<'de> de::SeqAccess<'de> for Held<'_, 'de> {
    type Error = Broken;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Broken> {
        self.next(seed)
    }
}

impl<'de> de::MapAccess<'de> for Held<'_, 'de> {
    type Error = Broken;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Broken> {
        self.next(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Broken> {
        seed.deserialize(&mut *self.0)
    }
}
