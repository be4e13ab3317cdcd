# ./dev demo orders. Sourced by `dev`.
# shellcheck shell=bash disable=SC2154

# TIDEWHEEL_STACK_DEMO_COUNT, TIDEWHEEL_STACK_DEMO_RATE: for tests, which have less time.
demo_orders() {
    local count=${TIDEWHEEL_STACK_DEMO_COUNT:-60000} earlier
    heading "Kafka, PostgreSQL, Redis, pipelines/systems/orders.sql; worker, aggregator, changefeed, cache"
    "$stack/redis" start
    mkdir -p "$state/log"
    with_our_redis "$root/pipelines/systems/orders.sql" >"$state/log/orders.sql"
    run_pipeline "$state/log/orders.sql" worker-1 aggregator-1 changefeed-1 cache-1
    tidewheel apply "$root/pipelines/systems/orders_catalogue.sql"
    earlier=$(psql -X -At "$TIDEWHEEL_DATABASE" -c 'SELECT count(*) FROM orders')
    produce_demo_orders "$count"
    tidewheel status --wait --timeout 120
    show_orders
    heading "Every change of a category, until Redis has it"
    await_categories
    measure_cache "${TIDEWHEEL_STACK_DEMO_CHANGES:-200}"
    heading "Is it what follows from the orders that were sent? Computed by PostgreSQL from those alone:"
    if ((earlier == 0)); then check_orders; else echo "not compared: $earlier orders of an earlier run are there, too"; fi
    heading "Is every row and every total what PostgreSQL itself computes from the topics?"
    tidewheel verify
}

with_our_redis() { sed "s|redis://redis:6379/0|$("$stack/redis" env | sed 's/^[^=]*=//')|" "$1"; }

# The times of the orders are those of the last 30 hours, so that there are hours and days to see.
produce_demo_orders() {
    demo_orders=(--count "$1" --seed "${TIDEWHEEL_STACK_DEMO_SEED:-$RANDOM}" --bad 1 --start "$(date -u -d '30 hours ago' +%FT%TZ)" --span 30h)
    heading "$1 orders of two regions; 1 % of them bad"
    tidewheel produce orders "${demo_orders[@]}" --rate "${TIDEWHEEL_STACK_DEMO_RATE:-1000}" --quiet
}

show_orders() {
    show "Top 10 movies of all time" "SELECT * FROM top_products"
    show "The most popular categories" "SELECT * FROM popular_categories ORDER BY quantity DESC LIMIT 5"
    show "Orders and revenue by the hour: the latest" \
        "SELECT * FROM (SELECT * FROM orders_hourly ORDER BY hour DESC LIMIT 5) latest ORDER BY hour"
    show "Orders and revenue by the day" "SELECT * FROM orders_daily ORDER BY day"
    show "Orders and revenue by region" "SELECT * FROM orders_by_region ORDER BY region"
    show "Bad orders by reason" \
        "SELECT reason, count(*) FROM tidewheel.dead_letters GROUP BY reason ORDER BY count(*) DESC, reason"
}

check_orders() {
    local found
    found=$(tidewheel produce orders "${demo_orders[@]}" --print --quiet |
        psql -X -q -At -v ON_ERROR_STOP=1 "$TIDEWHEEL_DATABASE" -c "CREATE TEMP TABLE sent (n integer GENERATED ALWAYS AS IDENTITY, line text)" \
            -c "\\copy sent (line) FROM STDIN WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')" -f "$stack/check_orders.sql")
    echo "$found"
    if grep -qv ', equal$' <<<"$found"; then die "the results differ from what was sent"; fi
}

# Each category that the table has, and no other.
categories_in_redis() { "$stack/redis" cli --raw KEYS 'category:*' | sort; }
all_cached() {
    [[ $(categories_in_redis) == "$(psql -X -At "$TIDEWHEEL_DATABASE" -c "SELECT 'category:' || category_id FROM categories" | sort)" ]]
}
await_categories() { wait_until 60 all_cached || die "the cache doesn't have the categories after 60 s"; }

# From the moment at which a change is committed, as psql hears of it, until a client of Redis reads it. One psql and one
# connection for all of them, since a program takes longer to start than the change to arrive.
measure_cache() {
    local change times=() began number=$RANDOM
    coproc PSQL { psql -X -q -At "$TIDEWHEEL_DATABASE" 2>&1; }
    exec {redis}<>"/dev/tcp/127.0.0.1/$(<"$state/redis/port")"
    for ((change = 1; change <= $1; ++change)); do
        echo "UPDATE categories SET products = 'change $number-$change' WHERE category_id = 12 RETURNING 'done';" >&"${PSQL[1]}"
        read -r -u "${PSQL[0]}" _
        began=$(date +%s%N)
        until cached_text 12 | grep -q "change $number-$change\""; do :; done
        times+=($((($(date +%s%N) - began) / 1000)))
    done
    exec {redis}>&-
    echo '\q' >&"${PSQL[1]}"
    wait "$PSQL_PID" || true
    printf '%s\n' "${times[@]}" | sort -n | awk '{ t[NR] = $1 } END { printf "%d changes: p50 %.1f ms, p99 %.1f ms, longest %.1f ms\n",
        NR, t[int((NR + 1) / 2)] / 1000, t[int(NR * 0.99 + 0.99)] / 1000, t[NR] / 1000 }'
}

# The answer of Redis has a line with its length, and one with the value, or -1.
cached_text() {
    local size value=''
    printf 'GET category:%s\r\n' "$1" >&"$redis"
    read -r -u "$redis" size
    if [[ $size != *-1* ]]; then read -r -u "$redis" value; fi
    printf '%s\n' "$value"
}
