# The local stack as a whole: Kafka, PostgreSQL, and the services of a pipeline. Sourced by `dev`.
# shellcheck shell=bash disable=SC2154

programs=${TIDEWHEEL_BIN:-$root/build/dev/bin}
services=(worker-1 worker-2 aggregator-1)  # what `up` starts: the program tidewheel-NAME, and a number

start_servers() {
    local kafka failed=0
    "$stack/kafka" start & kafka=$!
    "$stack/postgres" start || failed=1
    wait "$kafka" || failed=1
    return "$failed"
}

stop_servers() {
    "$stack/postgres" "$1"
    "$stack/kafka" "$1"
    if [[ -d $state/redis ]]; then "$stack/redis" "$1"; fi
}

# The lines NAME=value that programs and people need.
stack_environment() {
    "$stack/postgres" env
    "$stack/kafka" env
}

export_environment() {
    local lines line
    lines=$(stack_environment) || die "the stack is not up: run ./dev up"
    while read -r line; do export "${line?}"; done <<<"$lines"
    export PATH=$programs:$PATH
}

# One service by its name; everything of it lies in .state/log.
service_program() { echo "$programs/tidewheel-${1%-*}"; }
# Those that were started, by `up` or a demo, and not stopped since.
started_services() {
    local file
    for file in "$state"/log/*.supervisor; do
        if [[ -e $file ]]; then basename "$file" .supervisor; fi
    done
}
service_pid() { cat "$state/log/$1.pid" 2>/dev/null; }

# "(deleted)" after the name: the program was rebuilt since, and the old one is running.
service_executable() {
    local pid
    pid=$(service_pid "$1") && readlink "/proc/$pid/exe" 2>/dev/null
}
# By the name that it was started under: a linker may rename what it replaces.
service_alive() {
    local pid
    pid=$(service_pid "$1") && [[ $({ tr '\0' '\n' <"/proc/$pid/cmdline"; } 2>/dev/null | head -1) == "$(service_program "$1")" ]]
}

# Its supervisor starts it again when it ends.
supervisor_alive() {
    local pid
    pid=$(cat "$state/log/$1.supervisor" 2>/dev/null) && tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "supervise $state/log/$1 "
}
service_ends() { tail -1 "$state/log/$1.ends" 2>/dev/null; }

# start_service NAME [ARGUMENT…]
start_service() {
    if supervisor_alive "$1" && service_alive "$1" && [[ $(service_executable "$1") == "$(service_program "$1")" ]]; then return; fi
    stop_service "$1"
    local dir=$state/log
    mkdir -p "$dir"
    rm -f "$dir/$1".{ends,pid}
    TIDEWHEEL_LISTEN=127.0.0.1:$(remembered_port "$1.port") TIDEWHEEL_INSTANCE=$1 \
        run_detached "$dir/$1.log" "$stack/supervise" "$dir/$1" "$(service_program "$1")" "${@:2}"
    echo $! >"$dir/$1.supervisor"
}

# A service that ends by itself has said why in its last lines.
await_service() {
    local dir=$state/log
    wait_until 20 service_answers_or_ended "$1" && [[ ! -s $dir/$1.ends ]] && return
    tail -5 "$dir/$1.log" >&2
    stop_service "$1"
    die "$1 did not start: see $dir/$1.log"
}
service_answers_or_ended() { [[ -s $state/log/$1.ends ]] || { service_alive "$1" && listening "$(<"$state/log/$1.port")"; }; }

# The supervisor first, which passes the signal on.
stop_service() {
    local pid supervisor='' was_there=''
    if supervisor_alive "$1"; then
        supervisor=$(<"$state/log/$1.supervisor") was_there=1
        kill "$supervisor" 2>/dev/null || true
    fi
    if service_alive "$1"; then
        pid=$(service_pid "$1") was_there=1
        if [[ -z $supervisor ]]; then kill "$pid" 2>/dev/null || true; fi
        wait_until 15 gone "$pid" || { say "$1 did not stop in 15 s: killed"; kill -s KILL "$pid" 2>/dev/null || true; }
    fi
    if [[ -n $supervisor ]]; then wait_until 5 gone "$supervisor" || kill -s KILL "$supervisor" 2>/dev/null || true; fi
    if [[ -n $was_there ]]; then say "$1 stopped"; fi
    rm -f "$state/log/$1".{pid,supervisor}
}

# What `status` says of a service that has ended by itself since it was started.
service_history() {
    local ends=$state/log/$1.ends
    if [[ -s $ends ]]; then
        local last
        last=$(service_ends "$1")
        echo "; restarted $(wc -l <"$ends") times, it last exited at ${last% *} with status ${last##* }"
    fi
}

# run_pipeline FILE SERVICE…: the servers, the pipeline, and its services.
run_pipeline() {
    local service pipeline=$1
    shift
    for service in "$@"; do
        [[ -x $(service_program "$service") ]] || die "$(service_program "$service") is not built: run ./dev build"
    done
    start_servers || die "the servers did not start"
    export_environment
    tidewheel init
    tidewheel apply "$pipeline"
    for service in "$@"; do start_service "$service"; done
    for service in "$@"; do await_service "$service"; done
}

up() {
    run_pipeline "$root/pipelines/" "${services[@]}"
    say "two workers and one aggregator run; their logs are in $state/log"
}

# Services first: they finish their batches while the servers still answer.
down() {
    local service
    for service in $(started_services); do stop_service "$service"; done
    if [[ ${1:-} == --wipe ]]; then
        stop_servers wipe
        rm -rf "$state/log"
        rmdir "$state"
    else
        stop_servers stop
    fi
}

status() {
    local service failed=0
    "$stack/kafka" status || failed=1
    "$stack/postgres" status || failed=1
    if [[ -d $state/redis ]]; then "$stack/redis" status || failed=1; fi
    for service in $(started_services); do
        if service_alive "$service"; then
            say "$service: running (pid $(service_pid "$service"), http://127.0.0.1:$(<"$state/log/$service.port")/metrics)$(service_history "$service")"
            supervisor_alive "$service" || { say "$service: its supervisor is gone, so it will not be restarted"; failed=1; }
        else
            say "$service: not running$(service_history "$service")"
            failed=1
        fi
    done
    ((failed == 0)) || return 1
    export_environment
    tidewheel status
}

env_lines() {
    stack_environment | sed 's/^/export /'
    echo "export PATH=$programs:\$PATH"
}
