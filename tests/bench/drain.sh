# shellcheck shell=bash disable=SC2154
# Sourced by `run` and `growth`: a Kafka and a PostgreSQL of their own, and services that drain a topic into it.
# They set root, bin, stack, events and runs; pipeline_of KINDS prints a pipeline file.

say() { echo "$*" >&2; }

TIDEWHEEL_STATE=$(mktemp -d "${TMPDIR:-/var/tmp}/tidewheel-bench-XXXXXX")
export TIDEWHEEL_STATE
trap '"$stack/kafka" wipe; "$stack/postgres" wipe; rm -rf "$TIDEWHEEL_STATE"' EXIT
export TIDEWHEEL_KAFKA_HEAP=1g TIDEWHEEL_POSTGRES_BUFFERS=1GB
"$stack/kafka" start
"$stack/postgres" start
export "$("$stack/kafka" env)"
server=$("$stack/postgres" env | sed 's/^[^=]*=//')
kafka_pid=$(pgrep -f "kafka.Kafka $TIDEWHEEL_STATE" | head -1)
postmaster=$(psql -qAt "$server" -c "SELECT pg_read_file('postmaster.pid')" | head -1)
ticks=$(getconf CLK_TCK)

# A process's CPU seconds: its own, and of the children that it has buried.
cpu_of() { awk -v t="$ticks" '{sub(/.*\) /, ""); printf "%.2f\n", ($12 + $13 + $14 + $15) / t}' "/proc/$1/stat" 2>/dev/null || echo 0; }
postgres_cpu() { for p in $postmaster $(pgrep -P "$postmaster"); do cpu_of "$p"; done | awk '{s += $1} END {print s}'; }
peak_of() { awk '/VmHWM/ {printf "%.0f\n", $2 / 1024}' "/proc/$1/status"; }
compute() { awk "BEGIN {printf \"%.2f\", $1}"; }
database() { psql -q "$server" -c "CREATE DATABASE $1"; echo "${server%/*}/$1"; }

# prepare NAME KINDS: a database with that pipeline; prints its URL.
prepare() {
    local url file=$TIDEWHEEL_STATE/$1.sql
    url=$(database "$1")
    pipeline_of "$2" >"$file"
    TIDEWHEEL_DATABASE=$url "$bin/tidewheel" init >/dev/null
    TIDEWHEEL_DATABASE=$url "$bin/tidewheel" apply "$file" >/dev/null
    echo "$url"
}

# drain NAME KINDS SERVICE…: prints "events/s wall postgres kafka service=cpu/MiB …".
drain() {
    local name=$1 kinds=$2 url pg kafka service program pid line=
    shift 2
    url=$(prepare "$name" "$kinds")
    psql -q "$url" -c CHECKPOINT
    pg=$(postgres_cpu) kafka=$(cpu_of "$kafka_pid")
    local -A pids=()
    for service; do
        program=("$bin/tidewheel-$service")
        [[ $service == run ]] && program=("$bin/tidewheel" run)
        TIDEWHEEL_DATABASE=$url TIDEWHEEL_GROUP=$name "${program[@]}" 2>"$TIDEWHEEL_STATE/$name-$service.log" &
        pids[$service]=$!
    done
    TIDEWHEEL_DATABASE=$url "$bin/tidewheel" status --wait --timeout 300 >/dev/null 2>&1 || { say "$name did not finish"; exit 1; }
    pg=$(compute "($(postgres_cpu) - $pg) * 1000000 / $events")
    kafka=$(compute "($(cpu_of "$kafka_pid") - $kafka) * 1000000 / $events")
    for service; do
        pid=${pids[$service]}
        line+=" $service=$(compute "$(cpu_of "$pid") * 1000000 / $events")/$(peak_of "$pid")"
        kill "$pid"
        wait "$pid"
    done
    local rate
    rate=$(psql -qAt "$url" -c "SELECT ($events / extract(epoch FROM max(committed_at) - min(claimed_at)))::bigint FROM tidewheel.progress")
    echo "$rate postgres=$pg kafka=$kafka$line"
}

# The median by events/s of so many runs.
median() {
    local name=$1 i
    shift
    for ((i = 1; i <= runs; i++)); do drain "${name}_$i" "$@"; done | sort -n | sed -n "$(((runs + 1) / 2))p"
}
