//! Empty: trybuild passes on the features of a package only if it has a library.
