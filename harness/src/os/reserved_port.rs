//! Ports that are held without being used. How, and where it works: `platform/sys`.

pub(crate) use crate::os::sys::ReservedPort;
