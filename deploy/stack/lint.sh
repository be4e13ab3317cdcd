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
    if ! format=$(judge); then say "lint: formatting not checked (clang-format $clang_format_version is not installed)"; return 0; fi
    local offenders
    offenders=$(sources | xargs -r "$format" --dry-run 2>&1 | sed -n 's/:[0-9:]* warning: .*//p' | sort -u)
    [[ -z $offenders ]] || { echo "$offenders"; say "lint: ./dev fmt formats these"; return 1; }
}

fmt() {
    local format
    format=$(judge) || die "clang-format $clang_format_version is not installed"
    sources | xargs -r "$format" -i
}

# writer TABLE FILE: only libs/catalogue/src/FILE may write tidewheel.TABLE. A statement may go over several literals.
writer() {
    local write='(UPDATE|INSERT[\s"]+INTO|DELETE[\s"]+FROM|MERGE[\s"]+INTO|TRUNCATE|COPY)([\s"]+(ONLY|TABLE))?[\s"]+tidewheel\.[\s"]*'
    local offenders
    offenders=$(git ls-files -- 'libs/*.[ch]pp' 'services/*.[ch]pp' | grep -v '/tests/' | grep -vxF "libs/catalogue/src/$2" |
        xargs -r grep -lPzi "$write$1\b")
    [[ -z $offenders ]] || { echo "$offenders"; say "lint: only libs/catalogue/src/$2 may write tidewheel.$1 (ARCHITECTURE.md)"; return 1; }
}

check_catalogue_writers() {
    local failed=0
    writer progress progress.cpp || failed=1
    writer skipped skipped_offsets.cpp || failed=1
    writer dead_letters dead_letters.cpp || failed=1
    writer waiting waiting.cpp || failed=1
    writer verifications verifications.cpp || failed=1
    writer sources sources.cpp || failed=1
    writer sinks sinks.cpp || failed=1
    local table
    for table in deliveries delivery_positions undelivered; do writer "$table" deliveries.cpp || failed=1; done
    for table in streams statements objects; do writer "$table" catalogue_rows.cpp || failed=1; done
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

# CMake's project() has the version; the image can't read it before it is built.
check_version() {
    local version
    version=$(sed -n 's/^project(tidewheel VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
    grep -qx "ARG VERSION=$version" deploy/Dockerfile || { say "lint: deploy/Dockerfile has another version than CMakeLists.txt ($version)"; return 1; }
}

# docs_beyond COLUMNS FILE…: longer lines of Markdown, except in tables, code and HTML comments. A link counts as its text.
docs_beyond() {
    local columns=$1 page line bare number inside
    shift
    for page in "$@"; do
        number=0 inside=''
        while IFS= read -r line; do
            ((++number))
            bare=${line#"${line%%[![:blank:]]*}"}
            case $inside$bare in
                '```'*) inside='code|' ;;
                'code|```'*) inside='' ;;
                '<!--'*) [[ $bare == *'-->'* ]] || inside='comment|' ;;
                'comment|'*'-->'*) inside='' ;;
                'code|'* | 'comment|'* | '|'*) ;;
                *)
                    while [[ $line =~ \]\([^\)]*\) ]]; do line=${line/"${BASH_REMATCH[0]}"/]}; done
                    if ((${#line} > columns)); then echo "$page:$number: ${#line} columns"; fi ;;
            esac
        done <"$page"
    done
}

check_docs_width() {
    local offenders pages
    mapfile -t pages < <(git ls-files -- '*.md')
    offenders=$(LC_ALL=C.UTF-8 docs_beyond 120 "${pages[@]}")
    [[ -z $offenders ]] || { echo "$offenders"; say "lint: lines of docs end at 120 columns"; return 1; }
}

# Prometheus' own tool reads the rules and runs their tests.
check_rules() {
    if ! command -v promtool >/dev/null; then say "lint: Prometheus' rules not checked (promtool is not installed)"; return 0; fi
    promtool check rules --lint-fatal deploy/prometheus/rules/*.yml >/dev/null || return 1
    promtool test rules deploy/prometheus/tests/*.yml >/dev/null
}

check_scripts() {
    if ! command -v shellcheck >/dev/null; then say "lint: scripts not checked (shellcheck is not installed)"; return 0; fi
    git ls-files | xargs -r grep -lE '^(#!/usr/bin/env bash|# shellcheck shell=bash)' | xargs -r shellcheck -x
}

tidy() {
    command -v clang-tidy >/dev/null || die "clang-tidy is not installed"
    build dev
    git ls-files -- 'libs/*/src/*.cpp' 'services/*.cpp' | xargs -r -P "$(nproc)" -n 4 clang-tidy -p build/dev --quiet
}

lint() {
    cd "$root" || return
    git rev-parse --is-inside-work-tree >/dev/null 2>&1 || die "lint reads the files that git knows: run it in a clone"
    local failed=0 check
    for check in check_format check_layers check_doors check_catalogue_writers check_lengths check_sleeps check_test_names check_docs_width check_version check_rules check_scripts; do "$check" || failed=1; done
    if [[ ${1:-} == --tidy ]]; then tidy || failed=1; fi
    ((failed)) || say "lint: clean"
    return "$failed"
}
