# What the stack must do, one function a step. Sourced by `run`; each may assume what the steps before it left.
# shellcheck shell=bash disable=SC2154

build_image() {
    local revision version
    revision=$(git rev-parse HEAD 2>/dev/null || echo none)
    TIDEWHEEL_REVISION=$revision compose build init
    version=$(docker run --rm --network none "$TIDEWHEEL_IMAGE" tidewheel version | cut -d ' ' -f 2)
    has_label title Tidewheel
    has_label description "$(sed -nE 's/^ *DESCRIPTION "(.*)"\)/\1/p' CMakeLists.txt)"
    has_label version "$version"
    has_label revision "$revision"
    has_label licenses Apache-2.0
}

has_label() {
    local label
    label=$(docker image inspect --format "{{index .Config.Labels \"org.opencontainers.image.$1\"}}" "$TIDEWHEEL_IMAGE")
    echo "$1: $label"
    [[ $label == "$2" ]]
}

programs_run_confined() {
    local program
    [[ $(docker image inspect --format '{{.Config.User}}' "$TIDEWHEEL_IMAGE") == 10001 ]]
    for program in tidewheel tidewheel-producer tidewheel-worker tidewheel-aggregator tidewheel-ingress tidewheel-source tidewheel-notifier tidewheel-changefeed tidewheel-capture tidewheel-publisher tidewheel-cache tidewheel-simulator; do
        docker run --rm --read-only --network none --cap-drop ALL "$TIDEWHEEL_IMAGE" "$program" --help
    done
}

rules_pass_their_tests() {
    local promtool=(docker run --rm --network none -v "$root/deploy/prometheus:/etc/prometheus:ro" --entrypoint promtool "$PROMETHEUS_IMAGE")
    "${promtool[@]}" check config /etc/prometheus/prometheus.yml
    "${promtool[@]}" test rules /etc/prometheus/tests/recording.yml /etc/prometheus/tests/alerts.yml
}

broken_pipeline_is_refused() {
    local broken=$scratch/pipelines
    cp -r "$root/pipelines" "$broken"
    chmod -R a+rX "$broken"
    sed -i 's/sum(price \* qty) /sum(prize * qty) /' "$broken/store_events.sql"
    if PIPELINES=$broken compose up -d; then echo "up did not fail"; return 1; fi
    compose logs --no-color apply | grep -E 'pipelines/store_events\.sql:[0-9]+:[0-9]+: error: column "prize" does not exist'
    [[ $(running worker) == 0 && $(running aggregator) == 0 ]]
}

corrected_pipeline_is_applied() {
    compose up -d
    await 120 "everything is healthy" all_healthy
    [[ $(running worker) == 2 ]]
}

# The views hold every sale of the summary, and the two agree.
events_reach_the_views() {
    local summary sales
    summary=$(compose exec -T producer tidewheel produce store_events --count 100000 --json)
    sales=$(grep -oE '"sale_events": *[0-9]+' <<<"$summary" | grep -oE '[0-9]+$')
    ((sales > 0))
    await 60 "$sales sales in both views" sales_are "$sales"
}
sales_are() { [[ $(totals) == "$1|$1|"[1-9]* ]]; }

wrong_password_is_named() {
    local program status
    echo wrong >"$scratch/wrong"
    for program in apply worker; do
        status=0
        compose run --rm -T --no-deps -v "$scratch/wrong:/tmp/wrong:ro" -e TIDEWHEEL_DATABASE_PASSWORD_FILE=/tmp/wrong "$program" \
            >"$scratch/refusal" 2>&1 || status=$?
        cat "$scratch/refusal"
        grep -qE 'password authentication failed for user .?"tidewheel' "$scratch/refusal"
        grep -q 'the password in the file /tmp/wrong' "$scratch/refusal"
        ((status == 2))
    done
}

tutorial_can_be_played() {
    eval "$("$root/deploy/compose/env" postgres)"
    TIDEWHEEL_TEST_DATABASE=$TIDEWHEEL_DATABASE TIDEWHEEL_TEST_KAFKA=$TIDEWHEEL_KAFKA \
        "$root/tests/docs/run" "$root/docs/tutorial.md" "$root/deploy/compose/programs"
}

# A second stack, from another clone, say, finds this one's ports taken.
taken_port_is_named() {
    local second=${COMPOSE_PROJECT_NAME}-second
    if COMPOSE_PROJECT_NAME=$second compose up -d >"$scratch/refusal" 2>&1; then echo "up did not fail"; return 1; fi
    cat "$scratch/refusal"
    grep -qE "($POSTGRES_PORT|$KAFKA_PORT|$PRODUCER_PORT|$PROMETHEUS_PORT).*already (allocated|in use)" "$scratch/refusal"
    COMPOSE_PROJECT_NAME=$second leaves_nothing
    all_healthy
}

# Rows and views have both grown beyond the totals given.
grown_beyond() {
    local before now
    IFS='|' read -ra before <<<"$1"
    IFS='|' read -ra now <<<"$(totals)"
    ((${#now[@]} == 3 && now[0] > before[0] && now[1] > before[1] && now[2] > before[2]))
}

put_under_load() {
    local before
    before=$(totals)
    PRODUCER_RATE=500 compose up -d
    await 60 "everything is healthy" all_healthy
    await 60 "the views grow" grown_beyond "$before"
}

survives_kill() {
    local id before
    id=$(container "$@")
    docker kill "$id"
    docker start "$id"
    await 120 "$1 is healthy" healthy "$id"
    await 60 "PostgreSQL answers" answers
    before=$(totals)
    await 60 "the views grow" grown_beyond "$before"
    await 60 "everything is healthy" all_healthy
}
answers() { [[ -n $(totals) ]]; }

# A name with a colon is a recording rule's, any other a metric of the services. Some of them say what `verify` found.
rules_read_real_metrics() {
    verify_finds_everything_equal
    await 60 "every name in the rules has series" names_have_series
}
# The services of the profiles don't run here, and no record is refused: that the reference names their metrics must do.
names_have_series() {
    local known name failed=0
    known=$(prometheus label/__name__/values)
    while read -r name; do
        if [[ $name =~ ^tidewheel_(source_|changefeed_|waiting_|capture_|records_dead_lettered_) ]]; then
            grep -qF "\`$name\`" "$root/docs/reference/metrics.md" || { echo "$name is unknown"; failed=1; }
            continue
        fi
        grep -qF "\"$name\"" <<<"$known" || { echo "$name has no series"; failed=1; }
    done < <(sed -n '/^ *\(- record\|expr\):/,/^ *\(for\|- \)/p' "$root"/deploy/prometheus/rules/*.yml | grep -oE '[a-z_]+:tidewheel_[a-z0-9_:]+|tidewheel_[a-z0-9_]+' | sort -u)
    return "$failed"
}

# As Grafana asks, with "All" for every variable.
dashboard_has_answers() {
    await 60 "every query of the dashboard is answered" queries_are_answered
}
queries_are_answered() {
    local answers
    # shellcheck disable=SC2016  # the container's shell expands them
    answers=$(dashboard_queries | compose exec -T prometheus sh -c 'while read -r query; do
        promtool query instant http://localhost:9090 "$query" </dev/null | grep -q "=>" && echo "answered: $query" || echo "silent: $query"; done')
    if grep '^silent' <<<"$answers" | grep -vE 'ALERTS|dead_lettered|rejected'; then return 1; fi  # there may be none
    (($(grep -c '^answered' <<<"$answers") > 20))
}
dashboard_queries() {
    sed -nE 's/^ *"expr": "(.*)",?$/\1/p' "$root/deploy/grafana/dashboards/tidewheel.json" \
        | sed -E 's/\\(["\\])/\1/g; s/[$]__rate_interval/1m/g; s/[$][a-z]+/.*/g' | sort -u
}

outage_is_alerted() {
    docker stop "$(container postgres)"
    await 120 "TidewheelDatabaseAway fires" firing TidewheelDatabaseAway
    docker start "$(container postgres)"
    await 120 "TidewheelDatabaseAway clears" cleared TidewheelDatabaseAway
    await 60 "everything is healthy" all_healthy
}
alerts() { prometheus "query?query=ALERTS%7Balertname%3D%22$1%22%2Calertstate%3D%22firing%22%7D"; }
firing() { alerts "$1" | grep -q '"alertstate":"firing"'; }
cleared() { alerts "$1" | grep -q '"result":\[\]'; }

# Owners of the partitions, as `status` shows them: instance[partitions].
shared_by_workers() {
    PRODUCER_RATE=500 compose up -d --scale "worker=$1"
    await 60 "$1 workers own partitions" owned_by "$1"
    await 60 "everything is healthy" all_healthy
}
owned_by() { [[ $(tidewheel status | grep '^discounted_events' | grep -oE '[^ ]+\[[0-9,]+\]' | wc -l) == "$1" ]]; }

end_load() {
    PRODUCER_RATE=0 compose up -d
    tidewheel status --wait --timeout 60
    totals >"$scratch/totals"
}

survives_down_and_up() {
    compose down
    compose up -d
    await 120 "everything is healthy" all_healthy
    echo "before: $(<"$scratch/totals"), after: $(totals)"
    [[ $(totals) == "$(<"$scratch/totals")" ]]
}

# What the volume of an old version holds: the catalogue as it was at first, under rows and views of today.
first_catalogue_is_migrated() {
    compose stop worker aggregator producer
    { sed '/^-- Here/q' "$here/first_catalogue.sql"
      cat "$root/libs/catalogue/migrations/0001_catalogue.sql"
      sed '1,/^-- Here/d' "$here/first_catalogue.sql"; } | as_owner -v ON_ERROR_STOP=1
    compose up -d
    compose logs --no-color --tail=10 init | grep 'catalogue (schema tidewheel): migrated (from version 1 to '
    await 120 "everything is healthy" all_healthy
    [[ $(totals) == "$(<"$scratch/totals")" ]]
}

verify_finds_everything_equal() {
    local answer
    answer=$(tidewheel verify)
    echo "$answer"
    (($(grep -cE ': equal: [1-9][0-9,]* rows$' <<<"$answer") == 3))
}

# What stands in PostgreSQL came from records that are gone. No topic comes to be by itself then; and one that somebody else makes
# must not be taken for the old one, whose offsets PostgreSQL knows.
lost_kafka_is_noticed() {
    local status=0
    compose rm -sf kafka
    docker volume rm "${COMPOSE_PROJECT_NAME}_kafka"
    if compose up -d; then echo "up did not fail"; return 1; fi
    compose logs --no-color --tail=10 apply | grep -E 'store_events\.sql:[0-9]+:[0-9]+: error: topic store-events does not exist, although'
    "$root/deploy/compose/programs/kafka" tool org.apache.kafka.tools.TopicCommand --bootstrap-server "localhost:$KAFKA_PORT" \
        --create --topic store-events --partitions 4
    compose exec -T producer tidewheel produce store_events --count 1000
    await 60 "lanes have stopped" lanes_have_stopped
    tidewheel status --wait --timeout 60 >"$scratch/status" 2>&1 || status=$?
    cat "$scratch/status"
    grep -q 'data missing' "$scratch/status" && grep -q 'docs/how-to/missing-data.md' "$scratch/status" && ((status == 4))
    [[ $(totals) == "$(<"$scratch/totals")" ]]
}
lanes_have_stopped() {
    local service
    for service in worker aggregator; do
        compose logs --no-color "$service" | grep -E 'lane stopped.*data is missing' || return 1
    done
}

# As the page says below its last but one heading, on the host, where `tidewheel` is a program.
missing_data_page_helps() {
    local commands
    commands=$(awk '/^## / { here = /Start again/ } here && /^...$/ { inside = 0 } inside; here && /^...sh$/ { inside = 1 }' \
        "$root/docs/how-to/missing-data.md")
    [[ $commands == *'tidewheel drop '*'tidewheel apply '* ]]
    (unset -f tidewheel && eval "$("$root/deploy/compose/env")" && eval "$commands")
    tidewheel status --wait --timeout 60
    await 60 "everything is healthy" all_healthy
    verify_finds_everything_equal
}

# A nameless volume would outlive its container in a `down` without -v.
leaves_nothing() {
    local kind left
    docker ps -aq --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
        | xargs -r docker inspect --format '{{range .Mounts}}{{if eq .Type "volume"}}{{println .Name}}{{end}}{{end}}' >"$scratch/volumes"
    if grep -vE "^(${COMPOSE_PROJECT_NAME}_.*|)$" "$scratch/volumes"; then echo "have no name"; return 1; fi
    compose down -v
    for kind in container volume network; do
        left=$(docker "$kind" ls -q --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME")
        [[ -z $left ]] || { echo "$kind left: $left"; return 1; }
    done
}
