# ./dev demo trades. Sourced by `dev`.
# shellcheck shell=bash disable=SC2154

# TIDEWHEEL_STACK_DEMO_COUNT, TIDEWHEEL_STACK_DEMO_RATE: for tests, which have less time.
demo_trades() {
    local count=${TIDEWHEEL_STACK_DEMO_COUNT:-6000} earlier
    heading "Kafka, PostgreSQL, pipelines/systems/trades.sql; source, ingress, worker, changefeed, notifier; an exchange, and who is alerted"
    # Some assets are listed when half of the trades are said; every fifth of these, the exchange ends the connection.
    demo_trades=(--count "$count" --rate "${TIDEWHEEL_STACK_DEMO_RATE:-100}" --seed "$RANDOM" --bad 1 --repeated 5
        --list-late $((count / 2)) --start "$(date +%s000)")
    stop_service simulator-exchange  # its messages were counted
    start_service simulator-exchange exchange "${demo_trades[@]}" --disconnect-every $((count / 5)) --silent-every $((count / 3)) --silence 3
    await_service simulator-exchange
    TIDEWHEEL_INGRESS_LISTEN=127.0.0.1:$(dir=$state/log remembered_port ingress.port)
    export TIDEWHEEL_INGRESS_LISTEN TIDEWHEEL_NOTIFIER_PRIVATE=yes
    sed "s|127.0.0.1:8099|$(exchange_address)|" "$root/pipelines/systems/trades.sql" >"$state/log/trades.sql"
    run_pipeline "$state/log/trades.sql" worker-1 ingress-1 source-1 changefeed-1 notifier-1
    start_service simulator-alerts subscriber
    await_service simulator-alerts
    psql -X -q "$TIDEWHEEL_DATABASE" -c "INSERT INTO alert_subscribers VALUES ('mail', '$(alerts_url)', NULL, 'beginning')
        ON CONFLICT (name) DO UPDATE SET url = excluded.url"
    earlier=$(psql -X -At "$TIDEWHEEL_DATABASE" -c 'SELECT count(*) FROM trades')
    heading "A run begins; $count messages of the exchange, 1 % of them bad"
    begin_run
    wait_until $((count / ${TIDEWHEEL_STACK_DEMO_RATE:-100} + 120)) exchange_is_over || die "the exchange has not been heard to its end"
    tidewheel poll asset_updates
    tidewheel status --wait --timeout 120
    heading "Another run begins, which ends the first; then a third one, too soon, so that the second has no new rows"
    begin_run
    begin_run
    wait_until 60 alert_arrived || die "no alert has arrived after 60 s"
    show_trades
    heading "Is it what follows from what the exchange said? Computed by PostgreSQL from that alone:"
    if ((earlier == 0)); then check_trades; else echo "not compared: $earlier trades of an earlier run are there, too"; fi
    heading "Is every row what PostgreSQL itself computes from the topics?"
    tidewheel verify trades assets enrichment_runs
    # From now on it says trades without end, at the same address.
    stop_service simulator-exchange
    start_service simulator-exchange exchange --rate 10 --seed "$RANDOM" --start "$(date +%s000)"
    await_service simulator-exchange
}

exchange_address() { echo "127.0.0.1:$(<"$state/log/simulator-exchange.port")"; }
alerts_url() { echo "http://127.0.0.1:$(<"$state/log/simulator-alerts.port")"; }
exchange_is_over() { curl -sf "http://$(exchange_address)/said" | grep -q '"is_over": true'; }
alert_arrived() { curl -sf "$(alerts_url)/received" | grep -q '"rows": [1-9]'; }

# The event that begins a run. It is answered when Kafka has it; the row of the run follows.
begin_run() {
    local id
    id=$(</proc/sys/kernel/random/uuid)
    curl -sf "http://$TIDEWHEEL_INGRESS_LISTEN/triggers" -H 'Content-Type: application/json' -d "{\"id\": \"$id\", \"subject\": \"ADF_Trigger_Trades\",
        \"eventType\": \"ADF_Event\", \"dataVersion\": \"1.0\", \"data\": {\"trigger_payload\": \"trigger_enrichment_at:$(date -u +%FT%T.%6NZ)\"}}" >/dev/null ||
        die "the event was not accepted"
    wait_until 60 run_began "$id" || die "run $id has not begun after 60 s"
}
run_began() { [[ $(psql -X -At "$TIDEWHEEL_DATABASE" -c "SELECT count(*) FROM enrichment_runs WHERE id = '$1'") == 1 ]]; }

show_trades() {
    show "Enriched trades" 'SELECT name, price, quote, direction, volume, "timestamp", rank FROM enriched_trades ORDER BY "timestamp" DESC LIMIT 5'
    show "Prices by the minute" "SELECT id, minute, round(price, 4) AS price, trades FROM prices_by_minute ORDER BY minute DESC, id LIMIT 5"
    show "Trades that wait for an asset, or for its greatest supply" "SELECT * FROM waiting_trades ORDER BY base"
    show "Runs" "SELECT ingestion_date, ingestion_time, rows_count_delta, all_ingested_rows, message FROM enrichment_pipeline_metrics
        ORDER BY ingestion_date, ingestion_time"
    show "Bad messages by reason" \
        "SELECT reason, count(*) FROM tidewheel.dead_letters WHERE topic = 'trades' GROUP BY reason ORDER BY count(*) DESC, reason"
    heading "Alerts"
    curl -s "$(alerts_url)/received"
}

check_trades() {
    local found form="WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"
    curl -sf "http://$(exchange_address)/v2/assets" >"$state/log/assets.json"
    found=$(tidewheel-simulator exchange "${demo_trades[@]}" --print |
        psql -X -q -At -v ON_ERROR_STOP=1 "$TIDEWHEEL_DATABASE" -c "CREATE TEMP TABLE sent (n integer GENERATED ALWAYS AS IDENTITY, line text)" \
            -c "CREATE TEMP TABLE listed (body text)" -c "\\copy sent (line) FROM STDIN $form" \
            -c "\\copy listed FROM '$state/log/assets.json' $form" -f "$stack/check_trades.sql")
    echo "$found"
    if grep -qv ', equal$' <<<"$found"; then die "the results differ from what was said"; fi
}
