//! Reads structs from JSON objects, and from nothing else.
//!
//! Owns that restriction. Derived code would also accept an array of the fields' values, which is not in the contract,
//! and whose code would be a good part of the browser's download. Must not know any struct.

use serde::de::{Deserializer, Visitor};
use serde::forward_to_deserialize_any;

/// Requests a map from the format instead of a struct.
pub(crate) struct AsObject<D>(pub(crate) D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for AsObject<D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(visitor)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// For structs whose derived code `#[serde(remote = "Self")]` makes a helper: writes them as derived, and reads them
/// from objects only.
macro_rules! json_objects {
    ($($name:ty),* $(,)?) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                <$name>::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <$name>::deserialize(crate::object::AsObject(deserializer))
            }
        }
    )*};
}

pub(crate) use json_objects;
