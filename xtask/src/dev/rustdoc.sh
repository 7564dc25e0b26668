#!/bin/sh
# Runs rustdoc with unstable options. `cargo xtask public-api` starts it: the format JSON is unstable.
RUSTC_BOOTSTRAP=1 exec rustdoc "$@"
