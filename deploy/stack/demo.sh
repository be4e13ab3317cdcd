# ./dev demo: from nothing to exact results, and the commands to go on with. Sourced by `dev`.
# shellcheck shell=bash disable=SC2154

heading() { if [[ -t 1 ]]; then printf '\n\033[1m%s\033[0m\n' "$1"; else printf '\n%s\n' "$1"; fi; }

show() {
    heading "$1"
    psql -X -q -P pager=off -P footer=off -P border=0 "$TIDEWHEEL_DATABASE" -c "$2"
}

demo() {
    case ${1:-retail} in
        retail | products | orders | trades) ;;
        *) die "there is no demo $1: retail, products, orders, trades" ;;
    esac
    setup
    [[ -n ${TIDEWHEEL_BIN:-} ]] || build_programs dev
    "demo_${1:-retail}"
    next_steps "${1:-retail}"
}

demo_retail() {
    heading "Kafka, PostgreSQL, pipelines/store_events.sql, two workers, one aggregator"
    up
    heading "100,000 events, 10 % of them bad"
    tidewheel produce store_events --count 100000 --bad 10
    tidewheel status --wait --timeout 60
    show "sales_hourly: the latest hours" \
        "SELECT * FROM (SELECT * FROM sales_hourly ORDER BY 1 DESC, 2 LIMIT 8) latest ORDER BY 1, 2"
    show "sales_daily: the latest days" \
        "SELECT * FROM (SELECT * FROM sales_daily ORDER BY 1 DESC, 2 LIMIT 8) latest ORDER BY 1, 2"
    show "Dead letters by reason" \
        "SELECT reason, count(*) FROM tidewheel.dead_letters GROUP BY reason ORDER BY count(*) DESC"
    heading "Is every row and every total what PostgreSQL itself computes from the topic?"
    tidewheel verify
}

# TIDEWHEEL_STACK_DEMO_COUNT, TIDEWHEEL_STACK_DEMO_RATE: for tests, which have less time.
demo_products() {
    local count=${TIDEWHEEL_STACK_DEMO_COUNT:-90000} load
    load=(--count "$count" --rate "${TIDEWHEEL_STACK_DEMO_RATE:-1500}" --ids $((count / 2)) --bad 1)
    heading "Kafka, PostgreSQL, pipelines/systems/products.sql; ingress, worker, changefeed, notifier; three subscribers"
    TIDEWHEEL_INGRESS_LISTEN=127.0.0.1:$(mkdir -p "$state/log" && dir=$state/log remembered_port ingress.port)
    export TIDEWHEEL_INGRESS_LISTEN TIDEWHEEL_NOTIFIER_PRIVATE=yes
    run_pipeline "$root/pipelines/systems/products.sql" worker-1 ingress-1 changefeed-1 notifier-1
    add_subscriber 1
    add_subscriber 2
    add_subscriber 3 --fail 40
    heading "$count updates of $((count / 2)) products; 1 % of them bad"
    tidewheel-simulator products --to "http://$TIDEWHEEL_INGRESS_LISTEN" "${load[@]}" --json >"$state/log/load.json"
    show_load
    tidewheel status --wait --timeout 60
    await_subscribers
    show "Products" "SELECT count(*) AS products, max(version) AS newest FROM products"
    heading "Subscribers, of which the third refuses 40 % of all requests"
    received
    heading "Is each product that of its last update? Computed by PostgreSQL from what was sent:"
    tidewheel-simulator products "${load[@]}" --print | compare_products
    heading "Is every row what PostgreSQL itself computes from the topic?"
    tidewheel verify
}

add_subscriber() {
    start_service "simulator-$1" subscriber "${@:2}"
    await_service "simulator-$1"
    psql -X -q "$TIDEWHEEL_DATABASE" -c "INSERT INTO product_subscribers VALUES ('subscriber-$1', '$(subscriber_url "$1")', NULL, 'beginning')
        ON CONFLICT (name) DO UPDATE SET url = excluded.url"
}
subscriber_url() { echo "http://127.0.0.1:$(<"$state/log/simulator-$1.port")"; }

of_load() { sed -n "s/.*\"$1\": \([0-9.]*\).*/\1/p" "$state/log/load.json"; }
show_load() {
    printf '%d accepted, %d refused; until the answer: p50 %.1f ms, p99 %.1f ms\n' \
        "$(of_load accepted)" "$(of_load refused)" "$(of_load p50_ms)" "$(of_load p99_ms)"
}

received() {
    local each
    for each in 1 2 3; do echo "subscriber-$each: $(curl -s "$(subscriber_url "$each")/received")"; done
}
# Each accepted update changes its product, and each change goes to each subscriber.
all_received() { [[ $(received | grep -c "\"rows\": $(of_load accepted),") == 3 ]]; }
await_subscribers() { wait_until 120 all_received || { received >&2; die "the subscribers don't have every change after 120 s"; }; }

# Bad updates have no id, or an empty one.
compare_products() {
    local different
    different=$(psql -X -q -At -v ON_ERROR_STOP=1 "$TIDEWHEEL_DATABASE" -c "CREATE TEMP TABLE sent (line text)" \
        -c "\\copy sent FROM STDIN WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')" \
        -c "WITH last AS (SELECT DISTINCT ON (line::jsonb ->> 'id') line::jsonb AS document FROM sent WHERE line LIKE '{\"id\":\"product%'
                          ORDER BY line::jsonb ->> 'id', (line::jsonb ->> 'version')::bigint DESC),
                 wrong AS (SELECT FROM last FULL JOIN products USING (document) WHERE id IS NULL OR last.document IS NULL)
            SELECT count(*) FROM wrong")
    ((different == 0)) || die "$different products differ"
    echo "equal"
}

next_steps() {
    heading "Everything is still running. Next steps:"
    echo "  eval \"\$(./dev env)\"                       # the addresses, and tidewheel on the PATH"
    case $1 in
        retail) cat <<TEXT ;;
  psql "\$TIDEWHEEL_DATABASE"                # SELECT * FROM sales_daily;
  tidewheel status                          # lag, rates, freshness, owners
  tidewheel dlq list                        # what was refused, and why
  tidewheel produce store_events --count 1000000
TEXT
        products) cat <<TEXT ;;
  curl http://$TIDEWHEEL_INGRESS_LISTEN/products -d '{"id": "mine", "version": 1}' -H 'Content-Type: application/json'
  psql "\$TIDEWHEEL_DATABASE"                # UPDATE products SET product_text = 'new' WHERE id = 'mine';
  curl $(subscriber_url 1)/received    # the change is there
  tidewheel status                          # lag, and what waits for each subscriber
  docs/how-to/products.md                   # what all of this is, in ten minutes
TEXT
        orders) cat <<TEXT ;;
  tidewheel produce orders --count 0 --rate 100         # goes on until Ctrl-C; meanwhile:
  psql "\$TIDEWHEEL_DATABASE"                # SELECT * FROM top_products;  SELECT * FROM orders_hourly ORDER BY hour DESC LIMIT 3;
  psql "\$TIDEWHEEL_DATABASE" -c "UPDATE categories SET category_name = 'Comedies' WHERE category_id = 35"
  deploy/stack/redis cli GET category:35    # has the new name
  tidewheel dlq list                        # the bad orders, and why
  docs/how-to/orders.md                     # what all of this is, in ten minutes
TEXT
        trades) cat <<TEXT ;;
  psql "\$TIDEWHEEL_DATABASE"                # SELECT * FROM enriched_trades LIMIT 5;  SELECT * FROM enrichment_pipeline_metrics;
  psql "\$TIDEWHEEL_DATABASE" -c "UPDATE enrichment_settings SET alert_below = 100"
  curl http://$(exchange_address)/said       # how much the exchange has said; $(alerts_url)/received: who was alerted
  tidewheel status                          # the sources, and what waits for the subscriber
  docs/how-to/trades.md                     # what all of this is, in ten minutes
TEXT
    esac
    echo "  ./dev down                                # stops everything; --wipe deletes it, too"
}
