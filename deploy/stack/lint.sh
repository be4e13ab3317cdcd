# The house rules that a machine can check. Sourced by `dev`.
# shellcheck shell=bash disable=SC2154

sources() { git ls-files -- '*.cpp' '*.hpp'; }

# Its versions format differently, so one is the judge.
clang_format_version=14
judge() {
    local name
    for name in "clang-format-$clang_format_version" clang-format; do
        if [[ $("$name" --version 2>/dev/null) == *"version $clang_format_version."* ]]; then echo "$name"; return; fi
    done
    return 1
}

check_format() {
    local format
    if ! format=$(judge); then say "lint: formatting not checked (clang-format $clang_format_version is not here)"; return 0; fi
    local offenders
    offenders=$(sources | xargs -r "$format" --dry-run 2>&1 | sed -n 's/:[0-9:]* warning: .*//p' | sort -u)
    [[ -z $offenders ]] || { echo "$offenders"; say "lint: ./dev fmt formats these"; return 1; }
}

fmt() {
    local format
    format=$(judge) || die "clang-format $clang_format_version is not here"
    sources | xargs -r "$format" -i
}

# door LIBRARY PATTERN: only libs/LIBRARY may include what matches.
door() {
    local offenders
    offenders=$(sources | grep -v "^libs/$1/" | xargs -r grep -HnE "#include [<\"]($2)")
    [[ -z $offenders ]] || { echo "$offenders"; say "lint: only libs/$1 may include this (ARCHITECTURE.md)"; return 1; }
}

check_doors() {
    local failed=0
    door kafka 'librdkafka/|rdkafka' || failed=1
    door postgres 'pqxx|libpq-fe|libpq-events' || failed=1
    door codec 'rapidjson|google/protobuf' || failed=1
    door sql 'pg_query' || failed=1
    door telemetry 'prometheus/|spdlog' || failed=1
    door http 'boost/(beast|asio)' || failed=1
    return "$failed"
}

check_sleeps() {
    local offenders
    offenders=$(git ls-files -- 'tests/*_test.cpp' 'libs/*/tests/*' 'services/*/tests/*' | xargs -r grep -HnE 'sleep_for|usleep\(')
    [[ -z $offenders ]] || { echo "$offenders"; say "lint: a test waits for a condition (testing::eventually)"; return 1; }
}

# ctest takes a semicolon in a test's name for the end of it.
check_test_names() {
    local offenders
    offenders=$(git ls-files -- '*_test.cpp' | xargs -r grep -lzP 'TEST_CASE\(\s*("[^"]*"\s*)*"[^"]*;')
    [[ -z $offenders ]] || { echo "$offenders"; say "lint: a test's name has a semicolon"; return 1; }
}

check_scripts() {
    if ! command -v shellcheck >/dev/null; then say "lint: scripts not checked (shellcheck is not here)"; return 0; fi
    git ls-files | xargs -r grep -lE '^(#!/usr/bin/env bash|# shellcheck shell=bash)' | xargs -r shellcheck -x
}

tidy() {
    command -v clang-tidy >/dev/null || die "clang-tidy is not here"
    build dev
    git ls-files -- 'libs/*/src/*.cpp' 'services/*.cpp' | xargs -r -P "$(nproc)" -n 4 clang-tidy -p build/dev --quiet
}

lint() {
    cd "$root" || return
    local failed=0 check
    for check in check_format check_doors check_sleeps check_test_names check_scripts; do "$check" || failed=1; done
    if [[ ${1:-} == --tidy ]]; then tidy || failed=1; fi
    ((failed)) || say "lint: clean"
    return "$failed"
}
