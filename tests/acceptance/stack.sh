# A stack of our own: its name, ports and images, how to ask it, and its end. Sourced by `run`.
# shellcheck shell=bash disable=SC2154

skip() { say "SKIPPED: $*"; exit 77; }

find_compose() {
    if [[ -n ${COMPOSE:-} ]]; then
        read -ra compose_command <<<"$COMPOSE"
    elif command -v docker-compose >/dev/null; then
        compose_command=(docker-compose)
    elif docker compose version >/dev/null 2>&1; then
        compose_command=(docker compose)
    else
        skip "neither docker-compose nor docker compose is here"
    fi
}

compose() { "${compose_command[@]}" "$@"; }

# The lines of .env, those that the environment has already excepted.
load_settings() {
    local line name
    while IFS= read -r line; do
        name=${line%%=*}
        if [[ $line == [A-Z]*=* && -z ${!name:-} ]]; then export "${line?}"; fi
    done <"$root/.env"
}

# Nothing of a stack that runs already, or of another test, is touched.
isolate() {
    export COMPOSE_PROJECT_NAME=tidewheel-test-$$ TIDEWHEEL_IMAGE=tidewheel:test PRODUCER_RATE=0
    local port
    for port in POSTGRES_PORT KAFKA_PORT PRODUCER_PORT PROMETHEUS_PORT; do export "$port=$(free_port)"; done
}

provide_images() {
    local tool=${LOCAL_IMAGES_TOOL:-$root/../shared/tools/local-images}
    if [[ -x $tool ]]; then
        "$tool" "debian:$DEBIAN-slim" "$KAFKA_IMAGE" "$POSTGRES_IMAGE" "$PROMETHEUS_IMAGE" </dev/null || skip "$tool could not provide the images"
    fi
    docker version >/dev/null 2>&1 || skip "no Docker engine answers"
    local image
    for image in "debian:$DEBIAN-slim" "$KAFKA_IMAGE" "$POSTGRES_IMAGE" "$PROMETHEUS_IMAGE"; do
        docker image inspect "$image" >/dev/null 2>&1 || docker pull -q "$image" >/dev/null || skip "$image is neither here nor to be had"
    done
}

prepare() {
    cd "$root" || return
    command -v docker >/dev/null || skip "docker is not here"
    command -v psql >/dev/null || die "psql is not here: run ./dev setup"
    find_compose
    load_settings
    isolate
    provide_images
    scratch=$(mktemp -d)
    chmod 755 "$scratch"  # containers read from it, as other users
    say "project $COMPOSE_PROJECT_NAME, by $("${compose_command[@]}" version | head -1)"
}

# A step runs in a shell of its own, in which the first command that fails ends it.
step() {
    local sentence=$1 began status
    shift
    began=$(milliseconds)
    set +e
    (set -e; "$@") >"$scratch/output" 2>&1
    status=$?
    set -e
    if ((status)); then
        say "FAILED: $sentence"
        tail -40 "$scratch/output" >&2
        die "$(compose ps; compose logs --no-color --tail=15)"
    fi
    say "ok: $sentence ($((($(milliseconds) - began + 500) / 1000)) s)"
}

finish() {
    local status=$? project
    if [[ -n $keep ]]; then
        say "the stack stays up: COMPOSE_PROJECT_NAME=$COMPOSE_PROJECT_NAME docker-compose ps; psql is at port $POSTGRES_PORT"
    else
        for project in "$COMPOSE_PROJECT_NAME" "$COMPOSE_PROJECT_NAME-second"; do
            COMPOSE_PROJECT_NAME=$project compose down -v --remove-orphans
        done >/dev/null 2>&1
    fi
    rm -rf "$scratch"
    exit "$status"
}

# container SERVICE [NUMBER]: its id, whether it runs or not.
container() {
    docker ps -aq --no-trunc --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
        --filter "label=com.docker.compose.service=$1" --filter "label=com.docker.compose.container-number=${2:-1}"
}

running() { compose ps -q "$1" | xargs -r docker inspect --format '{{.State.Status}}' | grep -c running || true; }
healthy() { [[ $(docker inspect --format '{{.State.Health.Status}}' "$1") == healthy ]]; }

all_healthy() {
    local service id ids
    for service in kafka postgres worker aggregator producer prometheus; do
        ids=$(compose ps -q "$service")
        [[ -n $ids ]] || return 1
        for id in $ids; do healthy "$id" || return 1; done
    done
}

# Each waits for what it says, and says what it has waited for in vain.
await() {
    local seconds=$1 what=$2
    shift 2
    wait_until "$seconds" "$@" || { echo "not within $seconds s: $what"; return 1; }
}

tidewheel() { compose exec -T worker tidewheel "$@"; }

# psql on the host, as the role that owns the catalogue.
as_owner() {
    PGPASSWORD=$(<"$TIDEWHEEL_PASSWORD_FILE") PGCONNECT_TIMEOUT=5 psql -XqAt -h localhost -p "$POSTGRES_PORT" -U tidewheel tidewheel "$@"
}

# What PostgreSQL answers; nothing while it is away.
ask() { as_owner -c "$1" 2>/dev/null || true; }

# Sales in both views and rows, as one line.
totals() {
    ask "SELECT (SELECT sum(sales) FROM sales_hourly), (SELECT sum(sales) FROM sales_daily), (SELECT count(*) FROM discounted_events)"
}

# prometheus PATH: what its API answers.
prometheus() { compose exec -T prometheus wget -qO- "http://localhost:9090/api/v1/$1"; }
