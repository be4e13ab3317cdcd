#include "tidewheel/http/server.hpp"

#include <future>
#include <set>
#include <thread>

#include "server_certificate.hpp"
#include "session.hpp"
#include "target.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::http {
namespace {

using asio::ip::tcp;

tcp::endpoint resolved(asio::io_context& io, const std::string& address) {
    const auto parts = parse_address(address);
    if (!parts) {
        throw Error(Error::Kind::setting, "'" + address + "' is not an address to listen on",
                    "Write host:port, such as 127.0.0.1:9464 or [::1]:0.");
    }
    return tcp::resolver(io).resolve(parts->host, parts->port)->endpoint();
}

tcp::acceptor listening(asio::io_context& io, const std::string& address) try {
    return tcp::acceptor(io, resolved(io, address), true);  // true: SO_REUSEADDR
} catch (const boost::system::system_error& error) {
    throw Error(Error::Kind::setting, "cannot listen on " + address + ": " + error.code().message(),
                "Another program may use the port. Port 0 takes a free one.");
}

}  // namespace

// One thread runs `io`: accepting, reading, writing, time-outs. Handlers have a pool of their own.
struct Server::State {
    State(const std::string& address, ServerLimits limits, int threads)
        : handlers(static_cast<std::size_t>(threads)),
          shared{.limits = limits,
                 .router = {},
                 .on_error = {},
                 .handlers = handlers,
                 .mailbox = std::make_shared<Mailbox>(io),
                 .cut_off_slowest_body = {}},
          certificate(),
          acceptor(listening(io, address)),
          endpoint(acceptor.local_endpoint()),
          grace(io) {
        shared.cut_off_slowest_body = [this](const Session& asking) {
            return cut_off_slowest_body(asking);
        };
    }

    class Registered;

    asio::awaitable<void> accept();
    asio::awaitable<void> hold(tcp::socket socket);
    template <class Since>
    Session* slowest(Since since) const;
    bool make_room();
    bool cut_off_slowest_body(const Session& asking);
    void stop();

    // The order is that of destruction, reversed: frames of coroutines die with `io`, and they use
    // what stands before it.
    std::set<Session*> sessions;
    asio::thread_pool handlers;
    Shared shared;
    std::optional<ServerCertificate> certificate;  // TLS
    asio::io_context io{1};
    tcp::acceptor acceptor;
    tcp::endpoint endpoint;
    asio::steady_timer grace;  // of a stop
    std::thread thread;
};

// A session's place among the connections, for as long as it is served.
class Server::State::Registered {
  public:
    Registered(State& state, Session& session) : state_(state), session_(session) {
        state_.sessions.insert(&session_);
    }
    ~Registered() {
        state_.sessions.erase(&session_);
        if (state_.shared.stopping && state_.sessions.empty()) state_.grace.cancel();
    }
    Registered(const Registered&) = delete;
    Registered& operator=(const Registered&) = delete;

  private:
    State& state_;
    Session& session_;
};

asio::awaitable<void> Server::State::accept() {
    while (true) {
        boost::system::error_code error;
        tcp::socket socket =
            co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (!error) {
            asio::co_spawn(io, hold(std::move(socket)), asio::detached);
            continue;
        }
        if (!acceptor.is_open()) co_return;
        // Out of file descriptors, mostly: some will be free soon.
        asio::steady_timer pause(io, std::chrono::milliseconds(50));
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
}

// Of the connections for which `since` names a time, the one with the oldest; nullptr: there is none.
template <class Since>
Session* Server::State::slowest(Since since) const {
    Session* found = nullptr;
    for (Session* session : sessions) {
        const auto time = since(*session);
        if (time && (!found || *time < *since(*found))) found = session;
    }
    return found;
}

// The connection that has kept us waiting the longest is closed.
bool Server::State::make_room() {
    Session* found = slowest([](const Session& session) { return session.waiting_since(); });
    if (found) found->give_way();
    return found != nullptr;
}

bool Server::State::cut_off_slowest_body(const Session& asking) {
    Session* found = slowest([](const Session& session) { return session.body_since(); });
    if (!found || found == &asking) return false;
    found->give_way();
    return true;
}

// One connection from its first byte to its last.
asio::awaitable<void> Server::State::hold(tcp::socket socket) {
    // Refused connections are held, too, while they are told so; beyond twice the limit there is no
    // time even for that.
    const bool full = sessions.size() >= shared.limits.connections && !make_room();
    if (shared.stopping || sessions.size() >= 2 * shared.limits.connections) co_return;
    std::shared_ptr<asio::ssl::context> context;
    if (certificate) context = certificate->context(shared.on_error);
    Session session(ServerStream(std::move(socket), std::move(context)), shared);
    const Registered registered(*this, session);
    if (full) {
        co_await session.refuse();
    } else {
        co_await session.serve();
    }
}

// Requests that are being handled are answered; a client whose answer has not come, or that does not
// take it, within the grace is cut off.
void Server::State::stop() {
    if (!thread.joinable()) return;
    std::promise<void> closed;
    asio::post(io, [&] {
        shared.stopping = true;
        acceptor.close();
        for (Session* session : sessions)
            session->stop();
        closed.set_value();
    });
    closed.get_future().wait();  // from here on no request is handed to the pool
    handlers.join();
    asio::post(io, [this] {
        if (sessions.empty()) return;
        grace.expires_after(shared.limits.grace);
        grace.async_wait([this](const boost::system::error_code& error) {
            if (!error) io.stop();
        });
    });
    thread.join();
    shared.mailbox->close();
}

Server::Server(const std::string& address, ServerLimits limits, int threads)
    : state_(std::make_unique<State>(address, limits, threads)) {}

Server::~Server() {
    state_->stop();
}

void Server::route(const std::string& method, const std::string& path, Handler handler) {
    state_->shared.router.add(method, path, std::move(handler));
}

void Server::otherwise(AsyncHandler handler) {
    state_->shared.router.otherwise(std::move(handler));
}

void Server::describe_refusals(std::function<Response(int, const std::string&)> describe) {
    state_->shared.router.describe_refusals(std::move(describe));
}

void Server::use_tls(CertificateFiles files) {
    state_->certificate.emplace(std::move(files));
}

void Server::on_error(std::function<void(const std::string&)> report) {
    state_->shared.on_error = std::move(report);
}

void Server::start() {
    asio::co_spawn(state_->io, state_->accept(), asio::detached);
    state_->thread = std::thread([this] { state_->io.run(); });
}

std::uint16_t Server::port() const {
    return state_->endpoint.port();
}

std::string Server::url() const {
    auto address = state_->endpoint.address();
    std::string host = address.to_string();
    if (address.is_unspecified()) host = address.is_v6() ? "::1" : "127.0.0.1";
    if (address.is_v6()) host = "[" + host + "]";
    return (state_->certificate ? "https://" : "http://") + host + ":" + std::to_string(port());
}

}  // namespace tidewheel::http
