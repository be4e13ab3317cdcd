# A librdkafka newer than the distribution's: before 2.6.1 it can't do SCRAM with Kafka 4 (confluentinc/librdkafka#4895), and Debian 12
# has 2.0.2. Sourced by `dev`. What it builds is this checkout's alone: cmake/Dependencies.cmake finds it before the system's.
# shellcheck shell=bash disable=SC2154
librdkafka_version=2.12.0
librdkafka_carrier=node-rdkafka@3.6.1  # the npm package whose sources we take: librdkafka's, unchanged
librdkafka_sha512=b1fa536eb4f7e78dbd72cd1113c61bf5abc65fd062451be957b6b0790b2084a4e3b6b5593f78c1aca38f22d59702a1dbf1da328774a4b86b945412e08a0d5246
librdkafka_prefix=$root/build/librdkafka

librdkafka_requirements() {
    cat <<'LIST'
npm           command npm
libssl-dev    module  libssl
libsasl2-dev  module  libsasl2
zlib1g-dev    module  zlib
libzstd-dev   module  libzstd
LIST
}

# The archive, checked, in the directory given.
fetch_librdkafka() {
    local directory=$1 archive
    archive=$directory/$(cd "$directory" && npm pack --silent "$librdkafka_carrier") || die "npm could not fetch $librdkafka_carrier"
    echo "$librdkafka_sha512  $archive" | sha512sum --check --quiet \
        || die "$librdkafka_carrier has another checksum than expected"
    tar -xzf "$archive" -C "$directory" package/deps/librdkafka
}

make_librdkafka() {
    cmake -G Ninja -S "$1/package/deps/librdkafka" -B "$1/build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$librdkafka_prefix" \
        -DCMAKE_INSTALL_LIBDIR=lib -DWITH_SSL=ON -DWITH_SASL=ON -DWITH_ZSTD=ON -DRDKAFKA_BUILD_EXAMPLES=OFF -DRDKAFKA_BUILD_TESTS=OFF \
        && cmake --build "$1/build" --target install --parallel 2
}

build_librdkafka() {
    local scratch
    install_missing librdkafka_requirements
    if PKG_CONFIG_PATH=$librdkafka_prefix/lib/pkgconfig pkg-config --exact-version="$librdkafka_version" rdkafka 2>/dev/null; then
        say "librdkafka $librdkafka_version is already built"
        return
    fi
    scratch=$(mktemp -d)
    fetch_librdkafka "$scratch"
    say "building librdkafka $librdkafka_version"
    if ! make_librdkafka "$scratch" >"$scratch/log" 2>&1; then
        tail -20 "$scratch/log" >&2
        die "librdkafka $librdkafka_version could not be built"
    fi
    rm -rf "$scratch"
    # So that each build tree looks for it again.
    find "$root/build" -maxdepth 2 \( -name CMakeCache.txt -o -name build.ninja \) -delete
    say "librdkafka $librdkafka_version is in $librdkafka_prefix: ./dev build takes it"
}
