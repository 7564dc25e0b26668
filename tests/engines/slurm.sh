#!/bin/sh
# Runs the suite tests/examples/bazel.rs as a job array of a real Slurm with one node, this machine, and checks the parts.
# Needs: root, and apt-get install slurm-wlm.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
export SLURM_CONF="$work/slurm.conf"
# The daemons of this script, by their files.
stop() {
    for file in "$work/slurmd.pid" "$work/slurmctld.pid" "$work/munged.pid"; do
        [ -s "$file" ] || continue
        pid=$(cat "$file")
        kill "$pid" && tail --pid="$pid" -f /dev/null
    done
}
trap 'stop; rm -rf "$work"' EXIT

cd "$root"
target=$(cargo metadata --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
cargo build --quiet --package swimlanes-tests --example bazel
cp "$target/debug/examples/bazel" "$work/api"

host=$(hostname)
mkdir "$work/state" "$work/spool" "$work/munge"
# The socket must be in a directory that all users can enter.
chmod 755 "$work"
chown munge "$work/munge"
runuser -u munge -- munged --socket="$work/munge/socket" --pid-file="$work/munge/pid" --log-file="$work/munge/log" \
    --seed-file="$work/munge/seed"
cp "$work/munge/pid" "$work/munged.pid"
cat > "$SLURM_CONF" <<CONF
ClusterName=one
SlurmctldHost=$host
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SlurmctldPort=17001
SlurmdPort=17002
NodeName=$host CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP
CONF
slurmctld
slurmd

fail() {
    echo "FAILED: $1" >&2
    exit 1
}
# `sbatch --wait` returns the exit code of the worst task.
array() {
    sbatch --wait --array="$1" --output="$work/part-%a.txt" --chdir="$work" --wrap "$work/api --shard auto"
}
names() {
    sed -n 's/^test \(.*\) \.\.\. .*/\1/p' "$work"/part-*.txt | sort
}
"$work/api" --list --format terse | sed 's/: test$//' | sort > "$work/all"

for numbers in 1-3 10-16:2; do
    echo "=== --array=$numbers"
    rm -f "$work"/part-*.txt
    array "$numbers"
    grep -h "^test result" "$work"/part-*.txt
    names | diff "$work/all" - || fail "the tasks are no partition"
done

echo "=== --array=1,3,7"
rm -f "$work"/part-*.txt
if array 1,3,7; then fail "an array with gaps passed"; fi
grep -h "not evenly spaced" "$work"/part-*.txt | sort -u

echo "all checks passed"
