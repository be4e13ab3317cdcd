# What a build and the local stack need, and how it gets here. Sourced by `dev`.
# shellcheck shell=bash disable=SC2154

# Debian's package, and how to see that it is there: a command, a pkg-config module, or a header (of several, any).
requirements() {
    cat <<'LIST'
g++                       command c++
cmake                     command cmake
ninja-build               command ninja
pkg-config                command pkg-config
ccache                    command ccache
mold                      command mold
git                       command git
default-jre-headless      command java
maven                     command mvn
curl                      command curl
postgresql                server  initdb
libpq-dev                 module  libpq
libpqxx-dev               module  libpqxx
librdkafka-dev            module  rdkafka
libprotobuf-c-dev         module  libprotobuf-c
prometheus-cpp-dev        module  prometheus-cpp-core
libpg-query-dev           header  pg_query.h
rapidjson-dev             header  rapidjson/rapidjson.h
libcli11-dev              header  CLI/CLI.hpp
libspdlog-dev             header  spdlog/spdlog.h
libboost-dev              header  boost/beast.hpp
zlib1g-dev                header  zlib.h
libavro-dev               header  avro.h
libjansson-dev            module  jansson
libhiredis-dev            module  hiredis
redis-server              command redis-server
libssl-dev                header  openssl/evp.h
catch2                    header  catch2/catch_all.hpp catch2/catch.hpp
LIST
    # What lint, the tests behind a pooler and the test of docker-compose.yml need and a user does without.
    if [[ ${CI:-} == true ]]; then
        printf '%s\n' 'clang-format command clang-format' 'shellcheck command shellcheck' 'pipx command pipx' 'pgbouncer command pgbouncer' \
            'docker.io command dockerd' 'docker-compose command docker-compose' 'mmdebstrap command mmdebstrap' 'prometheus command promtool'
    fi
}

# What only `./dev bench` needs. Not in the list above, whose libraries the image takes over.
bench_requirements() {
    printf '%s\n' 'libbenchmark-dev header benchmark/benchmark.h'
}

has_header() {
    local directory header
    for header; do
        for directory in /usr/include /usr/local/include; do
            if [[ -e $directory/$header ]]; then return 0; fi
        done
    done
    return 1
}

present() {
    local kind=$1
    shift
    case $kind in
        command) command -v "$1" >/dev/null ;;
        module) pkg-config --exists "$1" 2>/dev/null ;;
        header) has_header "$@" ;;
        server) compgen -G "/usr/lib/postgresql/*/bin/$1" >/dev/null || [[ -x $(pg_config --bindir 2>/dev/null)/$1 ]] ;;
    esac
}

# missing_packages LIST: what of the list that this command prints isn't there.
missing_packages() {
    local package kind names
    while read -r package kind names; do
        # shellcheck disable=SC2086  # several names are several arguments
        present "$kind" $names || echo "$package"
    done < <("$1")
}

install_packages() {
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get)
    if [[ $(id -u) != 0 ]]; then
        command -v sudo >/dev/null || die "sudo is not installed: have an administrator run apt-get install $*"
        apt=(sudo "${apt[@]}")
    fi
    "${apt[@]}" -q update || say "the package lists could not be refreshed"
    "${apt[@]}" -q install -y --no-install-recommends "$@" || die "apt-get could not install: $*"
}

install_missing() {
    local missing
    mapfile -t missing < <(missing_packages "$1")
    if ((${#missing[@]} == 0)); then return; fi
    say "missing: ${missing[*]}"
    command -v apt-get >/dev/null || die "this system has no apt-get. Install what the packages above hold (the names are Debian's)," \
        "or use docker-compose, which needs none of them."
    install_packages "${missing[@]}"
    mapfile -t missing < <(missing_packages "$1")
    ((${#missing[@]} == 0)) || die "still missing after the installation: ${missing[*]}"
}

setup() {
    install_missing requirements
    install_missing bench_requirements
    case ${1:-} in
        '') ;;
        --librdkafka) build_librdkafka ;;
        *) die "setup takes --librdkafka, not $1" ;;
    esac
    "$root/deploy/stack/kafka" fetch
}
