#include "tidewheel/http/scripted_server.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

#include "asio.hpp"
#include "message.hpp"
#include "target.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::http {
namespace {

using asio::ip::tcp;
namespace websocket = beast::websocket;
using Secure = beast::ssl_stream<tcp::socket>;

// Copies until one side ends, then ends both.
void pump(tcp::socket& from, tcp::socket& to) {
    char bytes[4096];
    boost::system::error_code error;
    while (!error) {
        const std::size_t size = from.read_some(asio::buffer(bytes), error);
        if (!error) asio::write(to, asio::buffer(bytes, size), error);
    }
    ::shutdown(from.native_handle(), SHUT_RDWR);
    ::shutdown(to.native_handle(), SHUT_RDWR);
}

// Of an address in numbers.
tcp::endpoint endpoint_of(const std::string& address) {
    const auto parts = parse_address(address);
    boost::system::error_code error;
    const auto host = asio::ip::make_address(parts ? parts->host : "", error);
    if (error)
        throw Error(Error::Kind::setting, "'" + address + "' is not an address to listen on",
                    "Write it in numbers: 127.0.0.1:8099.");
    return {host, static_cast<std::uint16_t>(std::stoi(parts->port))};
}

template <class Stream>
class ConversationOver final : public Conversation {
  public:
    ConversationOver(Stream&& stream, const std::stop_token& stop)
        : socket_(std::move(stream)), stop_(stop) {}

    std::optional<Request> request() override {
        last_ = {};
        beast::http::read(socket_.next_layer(), buffer_, last_, error_);
        if (error_) return std::nullopt;
        if (last_.method() == beast::http::verb::connect) {
            Request connect;
            connect.method = "CONNECT";
            connect.path = std::string(last_.target().data(), last_.target().size());
            for (const auto& field : last_)
                connect
                    .headers[std::string(field.name_string().data(), field.name_string().size())] =
                    std::string(field.value().data(), field.value().size());
            return connect;
        }
        return from_wire(WireRequest(last_));
    }
    bool answer(Response response) override {
        const bool is_head = last_.method() == beast::http::verb::head;
        beast::http::write(socket_.next_layer(),
                           to_wire(std::move(response), is_head, 11, last_.keep_alive()), error_);
        return !error_;
    }
    bool write(std::string_view bytes) override {
        asio::write(socket_.next_layer(), asio::buffer(bytes.data(), bytes.size()), error_);
        return !error_;
    }
    void tunnel(std::uint16_t port) override {
        asio::io_context io;
        tcp::socket there(io);
        there.connect({asio::ip::address_v4::loopback(), port}, error_);
        if (error_ || !write("HTTP/1.1 200 OK\r\n\r\n")) return;
        tcp::socket& here = lowest();
        std::thread back([&] { pump(there, here); });
        pump(here, there);
        back.join();
    }

    bool accept_websocket() override {
        socket_.accept(last_, error_);
        return !error_;
    }
    bool send(std::string_view message, bool binary, std::size_t fragment) override {
        socket_.binary(binary);
        do {
            const std::string_view part = fragment == 0 ? message : message.substr(0, fragment);
            message.remove_prefix(part.size());
            socket_.write_some(message.empty(), asio::buffer(part.data(), part.size()), error_);
        } while (!error_ && !message.empty());
        return !error_;
    }
    std::optional<std::string> receive() override {
        beast::flat_buffer message;
        socket_.read(message, error_);
        if (error_) return std::nullopt;
        return std::string(static_cast<const char*>(message.cdata().data()), message.size());
    }
    void close(unsigned code) override {
        socket_.close({static_cast<websocket::close_code>(code), "so it is"}, error_);
    }
    bool is_there() override {
        pollfd look{lowest().native_handle(), POLLRDHUP, 0};
        return ::poll(&look, 1, 0) == 0;
    }
    void reset() override {
        lowest().set_option(asio::socket_base::linger(true, 0), error_);
        lowest().close(error_);
    }
    void hold() override {
        std::mutex mutex;
        std::unique_lock lock(mutex);
        std::condition_variable_any ended;
        ended.wait(lock, stop_, [] { return false; });
    }

  private:
    tcp::socket& lowest() { return beast::get_lowest_layer(socket_); }

    websocket::stream<Stream> socket_;
    const std::stop_token stop_;
    beast::flat_buffer buffer_;
    WireRequest last_;
    beast::error_code error_;
};

}  // namespace

struct ScriptedServer::State {
    State(Script wanted, const std::optional<Certificate>& certificate, const tcp::endpoint& at)
        : script(std::move(wanted)), acceptor(io, at), endpoint(acceptor.local_endpoint()) {
        if (!certificate) return;
        context.emplace(asio::ssl::context::tls_server);
        context->use_certificate_chain_file(certificate->certificate_file);
        context->use_private_key_file(certificate->key_file, asio::ssl::context::pem);
    }

    void accept();
    void talk(tcp::socket socket);
    void join_those_that_are_over();

    const Script script;
    std::optional<asio::ssl::context> context;
    asio::io_context io;
    tcp::acceptor acceptor;
    const tcp::endpoint endpoint;
    std::stop_source stop;
    std::atomic<int> came = 0;
    std::mutex mutex;
    std::list<int> descriptors;  // of connections that are open
    struct Talk {
        std::atomic<bool> is_over = false;
        std::thread thread;
    };
    std::list<Talk> talks;
    std::thread thread;
};

void ScriptedServer::State::accept() {
    while (!stop.stop_requested()) {
        boost::system::error_code error;
        tcp::socket socket = acceptor.accept(error);
        if (error) return;
        ++came;
        const std::lock_guard lock(mutex);
        if (stop.stop_requested()) return;
        descriptors.push_back(socket.native_handle());
        join_those_that_are_over();
        Talk& begun = talks.emplace_back();
        begun.thread = std::thread([this, &begun, taken = std::move(socket)]() mutable {
            talk(std::move(taken));
            begun.is_over = true;
        });
    }
}

void ScriptedServer::State::join_those_that_are_over() {
    talks.remove_if([](Talk& talk) {
        if (!talk.is_over) return false;
        talk.thread.join();
        return true;
    });
}

// As long as the conversation is open, the server can cut it by its descriptor.
void ScriptedServer::State::talk(tcp::socket socket) {
    const int descriptor = socket.native_handle();
    const auto forget = [&] {
        const std::lock_guard lock(mutex);
        descriptors.remove(descriptor);
    };
    try {
        if (!context) {
            ConversationOver<tcp::socket> conversation(std::move(socket), stop.get_token());
            script(conversation);
            forget();
            return;
        }
        Secure secured(std::move(socket), *context);
        boost::system::error_code error;
        secured.handshake(asio::ssl::stream_base::server, error);
        if (!error) {
            ConversationOver<Secure> conversation(std::move(secured), stop.get_token());
            script(conversation);
            forget();
            return;
        }
        forget();
    } catch (const std::exception&) {  // the client has gone
        forget();
    }
}

ScriptedServer::ScriptedServer(Script script, std::optional<Certificate> certificate,
                               std::uint16_t port)
    : state_(std::make_unique<State>(std::move(script), certificate,
                                     tcp::endpoint(asio::ip::address_v4::loopback(), port))) {
    state_->thread = std::thread([this] { state_->accept(); });
}

ScriptedServer::ScriptedServer(Script script, const std::string& address) try
    : state_(std::make_unique<State>(std::move(script), std::nullopt, endpoint_of(address))) {
    state_->thread = std::thread([this] { state_->accept(); });
} catch (const boost::system::system_error& error) {
    throw Error(Error::Kind::setting,
                "cannot listen on " + address + ": " + error.code().message());
}

ScriptedServer::~ScriptedServer() {
    state_->stop.request_stop();
    ::shutdown(state_->acceptor.native_handle(), SHUT_RDWR);
    state_->thread.join();
    {
        const std::lock_guard lock(state_->mutex);
        for (const int descriptor : state_->descriptors)
            ::shutdown(descriptor, SHUT_RDWR);
    }
    for (State::Talk& each : state_->talks)
        each.thread.join();
}

std::uint16_t ScriptedServer::port() const {
    return state_->endpoint.port();
}

int ScriptedServer::connections() const {
    return state_->came;
}

}  // namespace tidewheel::http
