#include "tidewheel/http/client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>

#include "tidewheel/core/error.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using tidewheel::Error;
using tidewheel::http::fetch;

namespace {

// A port that takes connections (the kernel does) and never answers, or, when it does not listen,
// refuses them.
class SilentPort {
  public:
    explicit SilentPort(bool listens) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        bind(socket_, reinterpret_cast<sockaddr*>(&address), size);
        if (listens) listen(socket_, 5);
        getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
        url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/x";
    }
    ~SilentPort() { close(socket_); }
    SilentPort(const SilentPort&) = delete;
    SilentPort& operator=(const SilentPort&) = delete;
    const std::string& url() const { return url_; }

  private:
    int socket_;
    std::string url_;
};

std::string failure(const std::string& url, Error::Kind kind, std::chrono::milliseconds timeout) {
    try {
        fetch("GET", url, {}, {}, timeout);
    } catch (const Error& error) {
        CHECK(error.kind() == kind);
        return error.what();
    }
    return "answered";
}

}  // namespace

TEST_CASE("A server that does not answer in time is unavailable") {
    const SilentPort port(true);
    const auto start = std::chrono::steady_clock::now();
    CHECK_THAT(failure(port.url(), Error::Kind::unavailable, 50ms),
               ContainsSubstring(port.url() + ": no answer within 50 ms"));
    CHECK(std::chrono::steady_clock::now() - start < 8s);
}

TEST_CASE("A server that refuses the connection is unavailable") {
    const SilentPort port(false);
    CHECK_THAT(failure(port.url(), Error::Kind::unavailable, 5s), ContainsSubstring("refused"));
}

TEST_CASE("What is no URL of http is a wrong setting") {
    for (const char* bad : {"wss://x/", "localhost:80", "http://", "http://:80/", "http://x:y/",
                            "http://x/a b", "http://x/\r\nEvil: 1"}) {
        CHECK_THAT(failure(bad, Error::Kind::setting, 1s), ContainsSubstring("is not a URL"));
    }
}
