#include "proxied_connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

namespace tidewheel::testing {
namespace {

constexpr std::size_t most_queued = 256 * 1024;  // bytes a way: then the sender has to wait

void send_at_once(int socket) {
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// A closed socket then sends a reset instead of an orderly end.
void reset_on_close(int socket) {
    const linger at_once{1, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

// Whether a failed call says only that it has to wait, for bytes, room or the connection itself.
bool must_wait() {
    return errno == EAGAIN || errno == EINTR || errno == ENOTCONN;
}

ProxyClock::time_point arrival(const Pipe& pipe, const ProxyRules& rules,
                               std::minstd_rand& random) {
    auto due = ProxyClock::now() + rules.delay;
    if (const auto jitter = rules.jitter.count(); jitter > 0)
        due += std::chrono::milliseconds(random() % static_cast<unsigned long>(jitter));
    return pipe.pieces.empty() ? due : std::max(due, pipe.pieces.back().due);
}

}  // namespace

ProxiedConnection::ProxiedConnection(Descriptor client, Descriptor server, const ProxyRules& rules)
    : ends_{std::move(server), std::move(client)} {
    for (const Way way : both_ways) {
        send_at_once(sink(way));
        limit(way, rules.limit[index(way)]);
    }
}

ProxiedConnection::~ProxiedConnection() {
    for (const Descriptor& each : ends_)
        if (each.number() >= 0) reset_on_close(each.number());
}

short ProxiedConnection::events(Way way, const ProxyRules& rules,
                                ProxyClock::time_point now) const {
    const std::size_t here = index(way), back = 1 - here;
    int wanted = 0;
    if (!rules.held[here] && (pipes_[here].is_due(now) || pipes_[here].end_is_due()))
        wanted |= POLLOUT;
    if (!rules.held[back] && !pipes_[back].ended && pipes_[back].queued < most_queued)
        wanted |= POLLIN;
    return static_cast<short>(wanted);
}

std::optional<ProxyClock::time_point> ProxiedConnection::next_due(const ProxyRules& rules) const {
    std::optional<ProxyClock::time_point> next;
    for (const Way way : both_ways) {
        const Pipe& pipe = pipes_[index(way)];
        if (rules.held[index(way)] || pipe.pieces.empty()) continue;
        next = std::min(next.value_or(pipe.pieces.front().due), pipe.pieces.front().due);
    }
    return next;
}

bool ProxiedConnection::serve(const ProxyRules& rules, std::minstd_rand& random) {
    for (const Way way : both_ways)
        if (!rules.held[index(way)] && (!take(way, rules, random) || !pass(way, rules)))
            return false;
    return !(pipes_[0].end_passed && pipes_[1].end_passed);
}

bool ProxiedConnection::hears(const std::string& words, std::string_view bytes) {
    if (words.empty()) return false;
    heard_.append(bytes);
    if (heard_.find(words) != std::string::npos) return true;
    if (heard_.size() >= words.size()) heard_.erase(0, heard_.size() - words.size() + 1);
    return false;
}

// What the sender has for us. False: the connection broke, or the receiver must not hear it.
bool ProxiedConnection::take(Way way, const ProxyRules& rules, std::minstd_rand& random) {
    Pipe& pipe = pipes_[index(way)];
    if (pipe.ended || pipe.queued >= most_queued) return true;
    std::array<char, 65536> buffer;
    const auto size = ::recv(ends_[1 - index(way)].number(), buffer.data(), buffer.size(), 0);
    if (size < 0) return must_wait();
    if (size == 0) {
        pipe.ended = true;
        return true;
    }
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
    swallowed_ = swallowed_ || (doomed_ && way == Way::to_client);
    if (swallowed_) return false;
    if (way == Way::to_server) doomed_ = doomed_ || hears(rules.fatal_words, bytes);
    pipe.queued += bytes.size();
    pipe.pieces.push_back({arrival(pipe, rules, random), std::string(bytes)});
    return true;
}

// Sends what is due. False: the connection is over. After the last byte of a limit that end is
// closed in order: a reset could overtake it.
bool ProxiedConnection::pass(Way way, const ProxyRules& rules) {
    Pipe& pipe = pipes_[index(way)];
    const auto now = ProxyClock::now();
    while (pipe.is_due(now)) {
        std::string& bytes = pipe.pieces.front().bytes;
        const std::size_t most =
            std::min({bytes.size(), pipe.left, rules.one_byte ? std::size_t{1} : no_limit});
        const auto result = ::send(sink(way), bytes.data(), most, MSG_NOSIGNAL);
        if (result < 0) return must_wait();
        const auto sent = static_cast<std::size_t>(result);
        pipe.queued -= sent;
        bytes.erase(0, sent);
        if (bytes.empty()) pipe.pieces.pop_front();
        if (pipe.left != no_limit && (pipe.left -= sent) == 0) {
            ends_[index(way)].close();
            return false;
        }
        if (rules.one_byte) break;
    }
    if (pipe.end_is_due()) {
        ::shutdown(sink(way), SHUT_WR);
        pipe.end_passed = true;
    }
    return true;
}

}  // namespace tidewheel::testing
