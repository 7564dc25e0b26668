//! Values as bytes between processes of one executable. Both ends are the same build, so the format contains no names.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Appends the value.
pub(crate) fn append(value: &impl Serialize, to: &mut Vec<u8>) {
    *to = postcard::to_extend(value, std::mem::take(to))
        .expect("what goes between processes is made of texts and numbers");
}

/// Encodes the value.
#[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
pub(crate) fn of(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    append(value, &mut bytes);
    bytes
}

/// Decodes a value.
///
/// # Errors
///
/// When the bytes are no such value. The error has the kind `InvalidData`.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> io::Result<T> {
    postcard::from_bytes(bytes).map_err(|cause| io::Error::new(io::ErrorKind::InvalidData, cause))
}
