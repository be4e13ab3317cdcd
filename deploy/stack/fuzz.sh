# Fuzzing by libFuzzer. Sourced by `dev`.
# shellcheck shell=bash disable=SC2154

fuzz_targets=(json_decoder pipeline stream_options settings)

# What a target begins with beside its kept corpus.
fuzz_seeds() {
    case $1 in
        json_decoder) echo "$root/proto/examples/store_events/good" "$root/proto/examples/store_events/bad" ;;
        pipeline) echo "$root/pipelines" ;;
    esac
}

# fuzz_one TARGET SECONDS: what it finds new is in build/fuzz/corpus, what breaks the target in build/fuzz/broken.
fuzz_one() {
    local target=$1 out=$root/build/fuzz dictionary=$root/tests/fuzz/$1.dict seeds
    local options=("-max_total_time=$2" -timeout=10 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1
        "-artifact_prefix=$out/broken/$target-")
    if [[ -e $dictionary ]]; then options+=("-dict=$dictionary"); fi
    mkdir -p "$out/broken" "$out/corpus/$target"
    read -ra seeds <<<"$(fuzz_seeds "$target")"
    say "fuzz: $target for $2 s"
    "$out/bin/fuzz_$target" "${options[@]}" "$out/corpus/$target" "$root/tests/fuzz/corpus/$target" "${seeds[@]}"
}

fuzz() {
    local targets=() seconds=60 target failed=0
    while (($#)); do
        case $1 in
            --seconds) seconds=${2:?--seconds N}; shift 2 ;;
            *) targets+=("$1"); shift ;;
        esac
    done
    command -v clang++ >/dev/null || die "libFuzzer requires clang, which is not installed: apt-get install clang"
    if ((${#targets[@]} == 0)); then targets=("${fuzz_targets[@]}"); fi
    build fuzz "${targets[@]/#/fuzz_}"
    for target in "${targets[@]}"; do fuzz_one "$target" "$seconds" || failed=1; done
    return "$failed"
}
