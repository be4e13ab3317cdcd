#include "change_stream.hpp"

#include <algorithm>
#include <chrono>

#include "tidewheel/core/error.hpp"

namespace tidewheel::changefeed {
namespace {

using namespace std::chrono_literals;

constexpr auto longest_wait = 100ms;

template <class... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

}  // namespace

// A batch is committed when nothing more has arrived: while Kafka commits, the next one gathers.
void ChangeStream::step() {
    const bool may_commit = !transaction_ && !batch_.empty();
    const auto piece = replication_.next(may_commit ? 0ms : longest_wait);
    if (piece) take(*piece);
    if (batch_.full() || (!piece && may_commit)) commit_batch();
    if (piece && piece->wants_reply) confirm();
}

// A keepalive: everything before it has been sent to us. So the slot doesn't hold back what other
// tables write while this one rests.
void ChangeStream::take(const postgres::ReplicationConnection::Piece& piece) {
    if (piece.data.empty()) {
        if (transaction_) return;
        received_ = std::max(received_, piece.end);
        if (batch_.empty()) confirmed_ = received_;
        return;
    }
    const auto message = parse_message(piece.data);
    if (!message)
        throw Error(Error::Kind::unavailable,
                    "a message of the replication stream can't be read: " + message.failure());
    take_changes(*message, piece.start);
}

void ChangeStream::take_changes(const Message& message, Lsn at) {
    std::visit(
        Overloaded{[](const Unused&) {},
                   [&](const Begin& begin) {
                       transaction_ = begin;
                       change_ = 0;
                       envelope_.begin(begin);
                   },
                   [&](const Commit& commit) { take_commit(commit); },
                   [&](const Relation& relation) { tables_[relation.id] = shapes_(relation); },
                   [&](const Insert& change) {
                       if (is_new()) envelope_.insert(shape(change.relation), change, at);
                   },
                   [&](const Update& change) {
                       if (is_new()) envelope_.update(shape(change.relation), change, at);
                   },
                   [&](const Delete& change) {
                       if (is_new()) envelope_.remove(shape(change.relation), change, at);
                   },
                   [&](const Truncate& change) {
                       if (is_new()) envelope_.truncate(shape(change.relations.at(0)), at);
                   }},
        message);
}

void ChangeStream::take_commit(const Commit& commit) {
    if (!transaction_) throw Error(Error::Kind::unavailable, "a commit without a transaction");
    if (!position_.covers(commit.commit, change_)) {
        position_ = {false, commit.commit, Position::all};
        if (!batch_.empty()) batch_.note_commit_time(transaction_->committed_at);
    }
    transaction_.reset();
    received_ = std::max(received_, commit.end);
    if (batch_.empty()) confirmed_ = received_;
}

bool ChangeStream::is_new() {
    if (!transaction_) throw Error(Error::Kind::unavailable, "a change without a transaction");
    const std::uint64_t number = change_++;
    if (position_.covers(transaction_->commit, number)) return false;
    position_ = {false, transaction_->commit, number + 1};
    return true;
}

const TableShape& ChangeStream::shape(std::uint32_t relation) const {
    const auto found = tables_.find(relation);
    if (found == tables_.end())
        throw Error(Error::Kind::unavailable, "a change of a table that was not described");
    return found->second;
}

// Of a transaction that is still being received, only what has come before it may be confirmed.
void ChangeStream::commit_batch() {
    batch_.commit(position_);
    confirmed_ = std::max(confirmed_, received_);
    confirm();
}

void ChangeStream::refresh_position() {
    if (batch_.empty() && !transaction_) batch_.commit(position_);
}

}  // namespace tidewheel::changefeed
