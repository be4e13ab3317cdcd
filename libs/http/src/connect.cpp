#include "connect.hpp"

#include <algorithm>
#include <boost/beast/http.hpp>

#include "tidewheel/core/error.hpp"
#include "tidewheel/core/version.hpp"
#include "tidewheel/http/digest.hpp"

namespace tidewheel::http {
namespace {

namespace wire = beast::http;

Url proxy_url(const std::string& text) {
    auto url = parse_url(text.find("://") == std::string::npos ? "http://" + text : text);
    if (!url || url->scheme != "http")
        throw Error(Error::Kind::setting,
                    "the proxy is not given as a URL",  // it may hold a password
                    "Write http://host:port.");
    return *std::move(url);
}

asio::awaitable<std::unique_ptr<beast::tcp_stream>> connect_tcp(asio::io_context& io,
                                                                const Url& url) {
    asio::ip::tcp::resolver resolver(io);
    const auto endpoints = co_await resolver.async_resolve(url.host, url.port, asio::use_awaitable);
    auto stream = std::make_unique<beast::tcp_stream>(io);
    co_await stream->async_connect(endpoints, asio::use_awaitable);
    stream->socket().set_option(asio::ip::tcp::no_delay(true));
    co_return stream;
}

// RFC 9110, section 9.3.6.
asio::awaitable<void> ask_proxy(beast::tcp_stream& stream, const Url& url, const Url& proxy) {
    const std::string host =
        url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
    wire::request<wire::empty_body> request(wire::verb::connect, host + ":" + url.port, 11);
    request.set(wire::field::host, host + ":" + url.port);
    if (!proxy.user_info.empty())
        request.set(wire::field::proxy_authorization, "Basic " + to_base64(proxy.user_info));
    co_await wire::async_write(stream, request, asio::use_awaitable);
    beast::flat_buffer buffer;
    wire::response_parser<wire::empty_body> parser;
    parser.skip(true);
    co_await wire::async_read_header(stream, buffer, parser, asio::use_awaitable);
    const unsigned status = parser.get().result_int();
    if (status / 100 != 2)
        throw Error(Error::Kind::unavailable, "the proxy " + proxy.authority() + " answers " +
                                                  std::to_string(status) + " to CONNECT " + host +
                                                  ":" + url.port);
}

// The names that may be in a certificate: one of DNS, or an address.
void expect_host(SSL* ssl, const std::string& host) {
    boost::system::error_code not_address;
    asio::ip::make_address(host, not_address);
    if (!not_address) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
        return;
    }
    SSL_set1_host(ssl, host.c_str());
    SSL_set_tlsext_host_name(ssl, host.c_str());
}

}  // namespace

asio::ssl::context client_context(const Reach& reach) {
    asio::ssl::context context(asio::ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    context.set_verify_mode(asio::ssl::verify_peer);
    boost::system::error_code error;
    if (reach.ca_file.empty())
        context.set_default_verify_paths(error);
    else
        context.load_verify_file(reach.ca_file, error);
    if (error)
        throw Error(Error::Kind::setting,
                    "can't read the certificates in " + reach.ca_file + ": " + error.message(),
                    "The file must hold certificates in the form of PEM.");
    return context;
}

asio::awaitable<std::unique_ptr<beast::tcp_stream>> connect(asio::io_context& io, const Url& url,
                                                            const Reach& reach) {
    if (reach.proxy.empty()) {
        auto direct = co_await connect_tcp(io, url);
        co_return direct;
    }
    const Url proxy = proxy_url(reach.proxy);
    auto stream = co_await connect_tcp(io, proxy);
    co_await ask_proxy(*stream, url, proxy);
    co_return stream;
}

asio::awaitable<std::unique_ptr<SecureStream>> secure(std::unique_ptr<beast::tcp_stream> stream,
                                                      const Url& url, asio::ssl::context& context) {
    auto secured = std::make_unique<SecureStream>(std::move(*stream), context);
    SSL* ssl = secured->native_handle();
    expect_host(ssl, url.host);
    beast::error_code error;
    co_await secured->async_handshake(asio::ssl::stream_base::client,
                                      asio::redirect_error(asio::use_awaitable, error));
    const long verdict = SSL_get_verify_result(ssl);
    if (error && verdict != X509_V_OK)
        throw Error(Error::Kind::refused,
                    "the certificate of " + url.host +
                        " is not accepted: " + X509_verify_cert_error_string(verdict),
                    "Check that it is of this time, names the host, and that the CA that signed it "
                    "is trusted here.");
    if (error) throw boost::system::system_error(error);
    co_return secured;
}

bool run_until(asio::io_context& io, std::chrono::steady_clock::time_point deadline,
               const std::stop_token& stop, const std::function<bool()>& done) {
    constexpr std::chrono::milliseconds slice{100};
    while (!done()) {
        const auto now = std::chrono::steady_clock::now();
        if (now >= deadline || stop.stop_requested()) return false;
        if (io.stopped()) io.restart();
        io.run_one_until(std::min(deadline, now + slice));
    }
    return true;
}

}  // namespace tidewheel::http
