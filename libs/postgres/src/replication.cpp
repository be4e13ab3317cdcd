#include "tidewheel/postgres/replication.hpp"

#include <poll.h>

#include <array>
#include <cstring>

#include "big_endian.hpp"
#include "connect.hpp"
#include "errors.hpp"
#include "results.hpp"

namespace tidewheel::postgres {
namespace {

constexpr std::chrono::microseconds postgres_epoch = std::chrono::hours(24) * 10957;  // 2000-01-01
constexpr std::size_t data_header = 1 + 3 * sizeof(std::int64_t);
constexpr std::size_t keepalive_size = 1 + 2 * sizeof(std::int64_t) + 1;

struct FreeCopied {
    void operator()(char* bytes) const { PQfreemem(bytes); }
};
using Copied = std::unique_ptr<char, FreeCopied>;

std::uint64_t integer_at(std::string_view bytes, std::size_t offset) {
    std::uint64_t wire = 0;
    std::memcpy(&wire, bytes.data() + offset, sizeof wire);
    return big_endian(wire);
}

std::int64_t microseconds_since_2000() {
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    return (now - postgres_epoch).count();
}

DatabaseError unexpected(std::string_view bytes) {
    return DatabaseError(
        "the replication stream has a message of an unknown form, which begins "
        "with byte " +
            std::to_string(bytes.empty() ? 0 : static_cast<unsigned char>(bytes[0])),
        "08P01");
}

}  // namespace

struct ReplicationConnection::State {
    Handle handle;
    Copied piece = {};  // what `next` has shown
};

ReplicationConnection::ReplicationConnection(const std::string& url, const std::string& application)
    : state_(std::make_unique<State>(State{connect(url, application, Mode::replication)})) {}
ReplicationConnection::~ReplicationConnection() = default;

std::string ReplicationConnection::system_identifier() {
    PGconn* handle = state_->handle.get();
    const Result result(PQexec(handle, "IDENTIFY_SYSTEM"));
    require_success(handle, result.get());
    return rows_of(result.get()).at(0).text(0);
}

ReplicationConnection::NewSlot ReplicationConnection::create_slot(const std::string& name) {
    PGconn* handle = state_->handle.get();
    const Result result(PQexec(handle, ("CREATE_REPLICATION_SLOT " + quote_name(name) +
                                        " LOGICAL pgoutput EXPORT_SNAPSHOT")
                                           .c_str()));
    require_success(handle, result.get());
    const Rows rows = rows_of(result.get());
    return {parse_lsn(rows.at(0).text(1)).value(), rows.at(0).text(2)};
}

void ReplicationConnection::start(const std::string& slot, const std::string& publication) {
    PGconn* handle = state_->handle.get();
    const Result result(PQexec(handle, ("START_REPLICATION SLOT " + quote_name(slot) +
                                        " LOGICAL 0/0 (proto_version '1', publication_names " +
                                        quote_literal(quote_name(publication)) + ")")
                                           .c_str()));
    if (PQresultStatus(result.get()) == PGRES_COPY_BOTH) return;
    require_success(handle, result.get());
    throw unexpected({});
}

std::optional<ReplicationConnection::Piece> ReplicationConnection::next(
    std::chrono::milliseconds wait) {
    PGconn* handle = state_->handle.get();
    const auto lost = [&] {
        return connection_lost("while it streamed changes", PQerrorMessage(handle));
    };
    char* bytes = nullptr;
    int size = PQgetCopyData(handle, &bytes, 1);
    if (size == 0) {
        pollfd readable{PQsocket(handle), POLLIN, 0};
        if (poll(&readable, 1, static_cast<int>(wait.count())) <= 0) return std::nullopt;
        if (PQconsumeInput(handle) == 0) throw lost();
        size = PQgetCopyData(handle, &bytes, 1);
    }
    state_->piece.reset(bytes);
    if (size == 0) return std::nullopt;
    if (size < 0) {
        // The server ended the stream: it says why, or is stopping.
        const Result result(PQgetResult(handle));
        if (result) require_success(handle, result.get());
        throw lost();
    }
    const std::string_view piece(bytes, static_cast<std::size_t>(size));
    if (piece[0] == 'w' && piece.size() > data_header)
        return Piece{piece.substr(data_header), integer_at(piece, 1), 0, false};
    if (piece[0] == 'k' && piece.size() == keepalive_size)
        return Piece{{}, 0, integer_at(piece, 1), piece.back() != 0};
    throw unexpected(piece);
}

void ReplicationConnection::confirm(Lsn before) {
    PGconn* handle = state_->handle.get();
    std::array<char, 1 + 4 * sizeof(std::int64_t) + 1> message{};
    char* at = message.data();
    *at++ = 'r';
    for (int i = 0; i < 3; ++i)  // written, flushed, applied
        at = put(at, before);
    at = put(at, microseconds_since_2000());
    *at = 0;  // no answer wanted
    if (PQputCopyData(handle, message.data(), static_cast<int>(message.size())) != 1 ||
        PQflush(handle) != 0)
        throw connection_lost("while a position was confirmed", PQerrorMessage(handle));
}

}  // namespace tidewheel::postgres
