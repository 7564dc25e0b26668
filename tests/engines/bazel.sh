#!/bin/sh
# Runs the suite tests/examples/bazel.rs under a real Bazel, as an sh_test with three shards, and checks what Bazel reports.
# Needs: apt-get install bazel-bootstrap. Needs no network: the rules that Bazel would download are replaced by its built-in ones.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'cd "$work/suite" && bazel --output_user_root="$work/out" shutdown; cd /; chmod -R u+w "$work"; rm -rf "$work"' EXIT

cd "$root"
target=$(cargo metadata --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
cargo build --quiet --package swimlanes-tests --example bazel
mkdir "$work/suite" "$work/coverage" "$work/rules" "$work/rules/cc" "$work/rules/java" "$work/rules/proto"
cp "$target/debug/examples/bazel" "$work/suite/api"

touch "$work/suite/WORKSPACE" "$work/coverage/WORKSPACE" "$work/rules/WORKSPACE"
touch "$work/rules/BUILD" "$work/rules/cc/BUILD" "$work/rules/java/BUILD" "$work/rules/proto/BUILD"
for name in coverage_report_generator lcov_merger; do
    echo "filegroup(name = \"$name\", srcs = [\"BUILD\"], visibility = [\"//visibility:public\"])"
done > "$work/coverage/BUILD"
rules() {
    for rule in $2; do echo "$rule = native.$rule"; done > "$work/rules/$1/defs.bzl"
}
rules cc "cc_binary cc_import cc_library cc_test cc_toolchain cc_toolchain_suite"
rules java "java_binary java_import java_library java_test java_toolchain java_runtime java_package_configuration java_plugin"
rules proto "proto_library proto_lang_toolchain"
cat > "$work/suite/BUILD" <<'BUILD'
sh_test(
    name = "api_test",
    size = "small",
    srcs = ["api"],
    shard_count = 3,
)
BUILD

cd "$work/suite"
logs="$work/suite/bazel-testlogs/api_test"
run() {
    bazel --output_user_root="$work/out" test //:api_test --noshow_progress --ui_event_filters=-info \
        --override_repository=remote_coverage_tools="$work/coverage" --override_repository=rules_cc="$work/rules" \
        --override_repository=rules_java="$work/rules" --override_repository=rules_proto="$work/rules" "$@" 2>&1
}
# The names of the tests that ran.
names() {
    grep -h '<testcase' "$logs"/*/test.xml | sed 's/.*testcase name="\([^"]*\)".*/\1/' | sort
}
fail() {
    echo "FAILED: $1" >&2
    exit 1
}

echo "=== three shards"
run
"$work/suite/api" --list --format terse | sed 's/: test$//' | sort > "$work/all"
names | diff "$work/all" - || fail "the shards are no partition"
grep -q "is_flaky is flaky" "$logs"/*/test.warnings || fail "the warnings do not name the flaky test"

echo "=== --test_filter"
run --test_filter=flaky,case_3
test "$(names | tr '\n' ' ')" = "is_flaky number::case_3 " || fail "the filter selected $(names)"

echo "=== a test that ends the program with exit code 0"
if run --test_arg=--ignored --test_arg=ends_the_program --test_arg=--isolation --test_arg=none; then
    fail "Bazel took a premature end for a success"
fi

echo "=== --runs_per_test"
rm -rf "$logs"/*
run --runs_per_test=2
seeds=$(grep -h '"seed"' "$logs"/*run*/test.xml | sed 's/.*value="\([^"]*\)".*/\1/' | sort -u | tr '\n' ' ')
test "$seeds" = "1 2 " || fail "the runs had the seeds $seeds"

echo "all checks passed"
