# ./dev demo: from nothing to exact views, and the commands to go on with. Sourced by `dev`.
# shellcheck shell=bash disable=SC2154

heading() { if [[ -t 1 ]]; then printf '\n\033[1m%s\033[0m\n' "$1"; else printf '\n%s\n' "$1"; fi; }

show() {
    heading "$1"
    psql -X -q -P pager=off -P footer=off -P border=0 "$TIDEWHEEL_DATABASE" -c "$2"
}

demo() {
    setup
    [[ -n ${TIDEWHEEL_BIN:-} ]] || build_programs dev
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
    next_steps
}

next_steps() {
    heading "Everything is still running. Next steps:"
    cat <<TEXT
  eval "\$(./dev env)"                       # the addresses, and tidewheel on the PATH
  psql "\$TIDEWHEEL_DATABASE"                # SELECT * FROM sales_daily;
  tidewheel status                          # lag, rates, freshness, owners
  tidewheel dlq list                        # what was refused, and why
  tidewheel produce store_events --count 1000000
  ./dev down                                # stops everything; --wipe deletes it, too
TEXT
}
