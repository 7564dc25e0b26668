//! Ports that are reserved without being used. `os/sys` explains how, and where it works.

pub(crate) use crate::os::sys::ReservedPort;
