# What the scripts `kafka`, `postgres` and `redis` share: where a server's state lives, its ports, its verbs. Sourced, never run; the
# script sets `server`, its name, before, and `dir`, its own state, after.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # some names are used or set by the script alone
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
state=${TIDEWHEEL_STATE:-$root/.state}
cache=${TIDEWHEEL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tidewheel}

say() { echo "$server: $*" >&2; }
die() { say "$*"; exit 1; }

# One start or stop at a time for a state directory. The lock goes with this script (see close_descriptors).
lock_state() {
    mkdir -p "$dir"
    exec {lock}>"$dir/lock"
    flock "$lock"
}

# A server must not hold its starter's files open: a lock would never be freed, a reader of a pipe would wait for ever.
close_descriptors() {
    local descriptor
    for descriptor in /proc/self/fd/*; do
        descriptor=${descriptor##*/}
        if ((descriptor > 2 && descriptor != 255)); then { eval "exec $descriptor>&-"; } 2>/dev/null; fi
    done
}

# run_detached LOG COMMAND…: in a session of its own, which a Ctrl-C here doesn't reach. Its process id is in $!.
run_detached() {
    local log=$1
    shift
    (
        close_descriptors
        exec setsid "$@" >>"$log" 2>&1 </dev/null
    ) &
}

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Below 32768, where Linux starts to hand out ports to outgoing connections.
free_port() {
    local port
    while port=$((10240 + (RANDOM * 32768 + RANDOM) % 22000)); do
        listening "$port" || { echo "$port"; return; }
    done
}

# remembered_port NAME: the port of the last start while it is free (clients may still know it), else a new one.
remembered_port() {
    local file=$dir/$1 port
    port=$(cat "$file" 2>/dev/null || true)
    if [[ -z $port ]] || listening "$port"; then port=$(free_port); fi
    echo "$port" | tee "$file"
}

milliseconds() { echo $(($(date +%s%N) / 1000000)); }

# wait_until SECONDS COMMAND…
wait_until() {
    local end=$(($(milliseconds) + $1 * 1000))
    shift
    until "$@"; do
        (($(milliseconds) < end)) || return 1
        sleep 0.05
    done
}

# A zombie is gone, too: in a container nobody may collect it. Every thread counts: the first may be a zombie while the others still
# hold the process's ports. grep fails when a thread ends while it reads, so only what it prints counts.
gone() {
    local states
    states=$(grep -h '^State:' "/proc/$1/task/"*/status 2>/dev/null) || true
    [[ $states != *$'\t'[!Z]* ]]
}

# The verbs that every server has; the sourcing script defines start, stop, alive, env and send_signal.
dispatch() {
    case ${1:-} in
        start) lock_state; start ;;
        stop) lock_state; stop ;;
        wipe) lock_state; stop; wipe; rm -rf "$dir"; say "wiped" ;;
        kill) lock_state; send_signal KILL ;;
        freeze) send_signal STOP ;;
        thaw) send_signal CONT ;;
        status) if alive; then say "running at $(address)"; else say "not running"; return 1; fi ;;
        env) [[ -e $dir/port ]] || die "never started here: run \`$0 start\`"; env ;;
        *) sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0" >&2; return 2 ;;
    esac
}
