//! A quota of one core for a program, as containers have it. `build.rs` reads this file too, to check whether such a quota can be set.

/// A program that runs the command in its arguments in a control group whose processes may use one core together. Exits with code 72 if no
/// such group can be made, which needs root.
pub(super) const WITH_ONE_CORE: [&str; 4] = ["sh", "-c", SCRIPT, ""];

/// First the hierarchy of the CPU controller in version 1, then the only one of version 2.
const SCRIPT: &str = r#"
for hierarchy in /sys/fs/cgroup/cpu /sys/fs/cgroup; do
    group=$hierarchy/swimlanes-$$
    mkdir "$group" || continue
    if test -e "$group/cpu.cfs_quota_us"; then
        echo 100000 >"$group/cpu.cfs_period_us" && echo 100000 >"$group/cpu.cfs_quota_us"
    else
        test -e "$group/cpu.max" && echo "100000 100000" >"$group/cpu.max"
    fi && (
        sh -c 'echo $PPID >"$0/cgroup.procs"' "$group" && exec "$@"
    )
    code=$?
    rmdir "$group" && exit $code
done
exit 72
"#;
