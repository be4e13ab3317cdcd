# Tests under sanitizers. Sourced by `dev`.
# shellcheck shell=bash disable=SC2154

# test_sanitized [asan|tsan] [ctest's arguments]: the unit tests and the short integration suite. Programs that a test starts write
# their reports into files: nobody may miss them.
test_sanitized() {
    local presets=(asan tsan) preset failed=0 child
    if [[ ${1:-} == asan || ${1:-} == tsan ]]; then presets=("$1"); shift; fi
    for preset in "${presets[@]}"; do build "$preset"; done
    start_test_servers
    for preset in "${presets[@]}"; do run_sanitized "$preset" "$@" || failed=1; done
    return "$failed"
}

run_sanitized() {
    local preset=$1 reports=$TIDEWHEEL_STATE/reports-$1 failed=0
    shift
    mkdir -p "$reports"
    say "tests under $preset"
    ASAN_OPTIONS="log_path=$reports/asan:detect_stack_use_after_return=1" \
        UBSAN_OPTIONS="log_path=$reports/ubsan:print_stacktrace=1" \
        TSAN_OPTIONS="log_path=$reports/tsan:suppressions=$root/tests/tsan.suppressions" \
        ctest --test-dir "$root/build/$preset" --output-on-failure --no-tests=error "$@" &
    child=$! # in the background, as in run_tests
    wait "$child" || failed=1
    if [[ -n $(ls "$reports") ]]; then
        cat "$reports"/*
        failed=1
    fi
    return "$failed"
}
