//! A private disk of 64 KiB for a program. `build.rs` reads this file too, to check whether such a disk can be mounted.

/// A program that runs the command in its arguments, with the small disk as its directory for temporary files. Afterwards it copies the
/// remaining files to the original directory.
///
/// The disk is mounted in its own mount namespace, so other processes do not see it, and it disappears with the last process. A user who
/// may not mount may still be allowed to do so in a user namespace in which it is root.
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
