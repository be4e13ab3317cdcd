# Which library may use which, and how long a file and a class may be. Sourced by `lint.sh`.
# shellcheck shell=bash

# A library: what it may include of its siblings. ARCHITECTURE.md draws it.
library_layers='
core:
flags:      core
engine:     core
codec:      core engine
sql:        core engine
kafka:      core engine
postgres:   core engine
http:       core
registry:   core engine codec sql http
telemetry:  core
service:    core engine kafka http telemetry
catalogue:  core engine codec sql postgres
executor:   core engine sql postgres catalogue
verify:     core engine sql postgres catalogue kafka
monitor:    core engine sql postgres catalogue executor kafka
apply:      core engine codec sql postgres catalogue executor kafka
operate:    core engine codec sql postgres catalogue executor kafka apply registry
runtime:    core engine codec sql postgres catalogue executor kafka service telemetry registry
ingress:    core engine codec sql postgres catalogue executor kafka apply http telemetry service
source:     core engine codec sql postgres catalogue kafka http telemetry service
delivery:   core engine codec sql postgres catalogue http telemetry service
notifier:   core engine codec sql postgres catalogue http telemetry service delivery
changefeed: core engine codec sql postgres catalogue kafka telemetry service http
capture:    core engine codec sql postgres catalogue http telemetry service delivery
publisher:  core engine codec sql postgres catalogue kafka telemetry service delivery
cache:      core engine codec sql postgres catalogue http telemetry service delivery
runner:     core engine sql postgres catalogue executor kafka http telemetry service runtime ingress source changefeed delivery notifier capture publisher cache
testing:    core engine codec sql postgres catalogue kafka http
'

# A service: what it may include of the libraries, and of other services.
service_layers='
producer:   core codec flags kafka service telemetry http
worker:     core flags runtime service
aggregator: core flags runtime service
ingress:    core flags ingress service
source:     core flags source service
notifier:   core flags notifier service
changefeed: core flags changefeed service
capture:    core flags capture service
simulator:  core flags codec http producer
publisher:  core flags publisher service
cache:      core flags cache service
cli:        core flags codec sql postgres catalogue executor verify monitor apply operate kafka http runner service source producer changefeed registry
'

# A third-party library's headers, and where they may be included.
doors='
librdkafka/|rdkafka            libs/kafka/
pqxx|libpq-fe|libpq-events     libs/postgres/
rapidjson|google/protobuf      libs/codec/
pg_query|fmt/                  libs/sql/
prometheus/|spdlog             libs/telemetry/
boost/(beast|asio)             libs/http/
zlib\.h                        libs/ingress/|libs/capture/
openssl/                       libs/http/
avro\.h                        libs/capture/|libs/verify/
jansson\.h                     libs/verify/
hiredis/                       libs/cache/
CLI/                           libs/flags/|services/cli/|services/simulator/
catch2/                        libs/testing/
benchmark/                     tests/bench/
'
# The system's own headers in folders: from anywhere.
system_folders='sys|arpa|netinet'

longest_file=300
longest_class=200
# Longer ones, each with its reason. This list only shrinks.
long_files='
libs/sql/src/plain_ddl.cpp             a reader for each kind of DDL that is passed through
'
long_classes='
libs/sql/src/stream_reference.cpp:SelectReader    walks every place of a SELECT where the stream may stand
'

includes() { xargs -r grep -HnE "^#include [<\"]($1)"; }

# check_rows FOLDER TABLE: each part of libs or services includes only what its line allows.
check_rows() {
    local folder=$1 part allowed offenders failed=0
    while IFS=: read -r part allowed; do
        [[ -n $part ]] || continue
        allowed=$(tr -s ' ' '|' <<<"$part $allowed" | sed 's/|$//')
        offenders=$(sources | grep "^$folder/$part/" | includes '(tidewheel|cli|producer|worker|aggregator|ingress|source|notifier|changefeed|capture|publisher|cache|simulator)/' \
            | grep -vE "\"(tidewheel/)?($allowed)/" | grep -vE '/tests/.*"tidewheel/testing/' || true)
        if [[ -n $offenders ]]; then
            echo "$offenders"
            say "lint: $folder/$part may include only: ${allowed//|/ } (deploy/stack/lint_layers.sh)"
            failed=1
        fi
    done <<<"$2"
    for part in "$folder"/*/; do
        part=$(basename "$part")
        grep -q "^$part:" <<<"$2" || { say "lint: $folder/$part has no line in deploy/stack/lint_layers.sh"; failed=1; }
    done
    return "$failed"
}

check_layers() {
    local failed=0
    check_rows libs "$library_layers" || failed=1
    check_rows services "$service_layers" || failed=1
    return "$failed"
}

check_doors() {
    local pattern folders offenders failed=0
    while read -r pattern folders; do
        [[ -n $pattern ]] || continue
        offenders=$(sources | grep -vE "^($folders)" | includes "($pattern)" || true)
        if [[ -n $offenders ]]; then
            echo "$offenders"
            say "lint: only ${folders//|/ and } may include this (ARCHITECTURE.md)"
            failed=1
        fi
    done <<<"$doors"
    # A library that has no line yet.
    pattern=$(sed -n 's/^\([^ ]\+\) .*/\1/p' <<<"$doors" | paste -sd'|')
    offenders=$(sources | xargs -r grep -HnE '^#include <[^>]+/' | grep -vE "<($pattern|($system_folders)/)" || true)
    if [[ -n $offenders ]]; then
        echo "$offenders"
        say "lint: this library has no line in deploy/stack/lint_layers.sh"
        failed=1
    fi
    return "$failed"
}

# listed LIST NAME: whether the list of exceptions has it.
listed() { grep -qE "^$2([[:blank:]]|$)" <<<"$1"; }

check_lengths() {
    local file lines name failed=0
    while read -r lines file; do
        if ((lines > longest_file)) && ! listed "$long_files" "$file"; then
            say "lint: $file has $lines lines (at most $longest_file)"
            failed=1
        fi
    done < <(sources | grep -E '^(libs|services)/' | grep -vE '/(tests|testing)/|^libs/testing/' | xargs -r wc -l | grep -v ' total$')
    # clang-format puts the end of a class where its first word begins.
    # shellcheck disable=SC2016
    while read -r lines name; do
        if ! listed "$long_classes" "$name"; then
            say "lint: $name has $lines lines (at most $longest_class)"
            failed=1
        fi
    done < <(sources | grep -E '^(libs|services)/' | grep -vE '/(tests|testing)/|^libs/testing/' | xargs -r awk -v longest="$longest_class" '
        FNR == 1 { name = "" }
        name == "" && /^ *(class|struct) [A-Za-z0-9_:]+.*\{$/ { indent = $0; sub(/[^ ].*/, "", indent); name = $2; begin = FNR }
        name != "" && $0 == indent "};" {
            if (FNR - begin + 1 > longest) print FNR - begin + 1, FILENAME ":" name
            name = ""
        }')
    return "$failed"
}
