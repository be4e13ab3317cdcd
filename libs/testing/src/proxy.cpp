#include "tidewheel/testing/proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include "proxied_connection.hpp"

namespace tidewheel::testing {
namespace {

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

Descriptor open_socket() {
    Descriptor made(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (made.number() < 0) fail("can't open a socket");
    return made;
}

Descriptor listen_anywhere() {
    Descriptor listener = open_socket();
    const sockaddr_in any = loopback(0);
    if (::bind(listener.number(), reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0 ||
        ::listen(listener.number(), 128) != 0)
        fail("a proxy can't listen");
    return listener;
}

int port_of(const Descriptor& listener) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(listener.number(), reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
}

// Servers of tests are all on this host.
Descriptor connect_to(const std::string& target) {
    Descriptor made = open_socket();
    const sockaddr_in address = loopback(std::stoi(target.substr(target.rfind(':') + 1)));
    if (::connect(made.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
            0 &&
        errno != EINPROGRESS)
        made.close();
    return made;
}

}  // namespace

struct Proxy::State {
    explicit State(std::string where)
        : target(std::move(where)),
          listener(listen_anywhere()),
          port(port_of(listener)),
          wakeup(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
          random(std::random_device{}()),
          thread([this](std::stop_token stop) { run(stop); }) {}
    ~State() {
        thread.request_stop();
        wake();
    }

    void wake() { ::eventfd_write(wakeup.number(), 1); }
    // Changes something while the thread looks elsewhere.
    template <class Change>
    void change(Change&& how) {
        {
            const std::lock_guard lock(mutex);
            how();
        }
        wake();
    }

    void run(std::stop_token stop);
    std::vector<pollfd> watched() const;
    int timeout() const;
    void accept_all();
    void serve_all();

    mutable std::mutex mutex;  // of what follows; the thread lets go of it while it waits
    ProxyRules rules;
    std::string target;
    std::list<ProxiedConnection> connections;
    std::uint64_t swallowed = 0;

    Descriptor listener;
    int port;
    Descriptor wakeup;
    std::minstd_rand random;
    std::jthread thread;
};

void Proxy::State::run(std::stop_token stop) {
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
        std::vector<pollfd> sockets = watched();
        const int longest = timeout();
        lock.unlock();
        ::poll(sockets.data(), sockets.size(), longest);
        lock.lock();
        eventfd_t ignored;
        ::eventfd_read(wakeup.number(), &ignored);
        accept_all();
        serve_all();
    }
}

std::vector<pollfd> Proxy::State::watched() const {
    std::vector<pollfd> sockets{{wakeup.number(), POLLIN, 0}, {listener.number(), POLLIN, 0}};
    const auto now = ProxyClock::now();
    for (const ProxiedConnection& each : connections)
        for (const Way way : both_ways)
            if (const short events = each.events(way, rules, now); events != 0)
                sockets.push_back({each.sink(way), events, 0});
    return sockets;
}

// Milliseconds until some piece is due that isn't yet; -1: none is.
int Proxy::State::timeout() const {
    const auto now = ProxyClock::now();
    int longest = -1;
    for (const ProxiedConnection& each : connections) {
        const auto due = each.next_due(rules);
        if (!due || *due <= now) continue;
        const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*due - now).count();
        longest = static_cast<int>(longest < 0 ? wait : std::min<long>(longest, wait));
    }
    return longest;
}

void Proxy::State::accept_all() {
    for (;;) {
        Descriptor client(
            ::accept4(listener.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (client.number() < 0) return;
        Descriptor server = rules.refuse || target.empty() ? Descriptor() : connect_to(target);
        const bool reachable = server.number() >= 0;
        connections.emplace_back(std::move(client), std::move(server), rules);
        if (!reachable) connections.pop_back();
    }
}

void Proxy::State::serve_all() {
    for (auto each = connections.begin(); each != connections.end();) {
        const bool goes_on = each->serve(rules, random);
        swallowed += each->answer_swallowed() ? 1 : 0;
        each = goes_on ? std::next(each) : connections.erase(each);
    }
}

Proxy::Proxy(const std::string& target) : state_(std::make_unique<State>(target)) {}

Proxy::~Proxy() = default;

int Proxy::port() const {
    return state_->port;
}

void Proxy::aim(const std::string& target) {
    state_->change([&] { state_->target = target; });
}

void Proxy::heal() {
    state_->change([&] {
        state_->rules = {};
        for (ProxiedConnection& each : state_->connections)
            for (const Way way : both_ways)
                each.limit(way, no_limit);
    });
}

void Proxy::delay(std::chrono::milliseconds at_least, std::chrono::milliseconds jitter) {
    state_->change([&] {
        state_->rules.delay = at_least;
        state_->rules.jitter = jitter;
    });
}

void Proxy::one_byte_pieces() {
    state_->change([&] { state_->rules.one_byte = true; });
}

void Proxy::hold(Way way) {
    state_->change([&] { state_->rules.held[index(way)] = true; });
}

void Proxy::hold() {
    for (const Way way : both_ways)
        hold(way);
}

void Proxy::refuse() {
    state_->change([&] { state_->rules.refuse = true; });
}

void Proxy::cut_after(Way way, std::size_t bytes) {
    state_->change([&] {
        state_->rules.limit[index(way)] = bytes;
        for (ProxiedConnection& each : state_->connections)
            each.limit(way, bytes);
    });
}

void Proxy::swallow_answer_to(std::string words) {
    state_->change([&] { state_->rules.fatal_words = std::move(words); });
}

void Proxy::cut() {
    state_->change([&] { state_->connections.clear(); });
}

std::size_t Proxy::connections() const {
    const std::lock_guard lock(state_->mutex);
    return state_->connections.size();
}

std::uint64_t Proxy::swallowed() const {
    const std::lock_guard lock(state_->mutex);
    return state_->swallowed;
}

}  // namespace tidewheel::testing
