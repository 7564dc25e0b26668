//! A disk of 64 KiB that a program has for itself. `build.rs` reads this file too, and asks whether there can be one.

/// A program that gets another one with its words, and runs that with the small disk as its directory for temporary files. What is
/// left on it is put where such a directory was.
///
/// The disk is mounted in a name space of its own, so nobody else sees it, and it goes with the last process. Who may not mount may
/// still be allowed to where root is only called so.
pub(super) const ON_A_SMALL_DISK: [&str; 4] = ["sh", "-c", SCRIPT, ""];

const SCRIPT: &str = r#"
unshare --mount true 2>/dev/null || user=--map-root-user
exec unshare $user --mount sh -c '
disk=$SWIMLANES_TMPDIR/disk
mkdir "$disk" && mount -t tmpfs -o size=64k none "$disk" || exit 72
SWIMLANES_TMPDIR=$disk TMPDIR=$disk "$@"
code=$?
cp -R "$disk/." "$SWIMLANES_TMPDIR"
umount -l "$disk" && rmdir "$disk"
exit $code
' "" "$@"
"#;
