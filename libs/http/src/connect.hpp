#pragma once
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>

#include "asio.hpp"
#include "tidewheel/core/url.hpp"
#include "tidewheel/http/client.hpp"

// The way of a client to a server: TCP, through a proxy or not, and TLS over it.
namespace tidewheel::http {

namespace beast = boost::beast;
using SecureStream = beast::ssl_stream<beast::tcp_stream>;

// Throws Error (setting) when the CA file can't be read.
asio::ssl::context client_context(const Reach& reach);

// Both throw Error or boost::system::system_error.
asio::awaitable<std::unique_ptr<beast::tcp_stream>> connect(asio::io_context& io, const Url& url,
                                                            const Reach& reach);
// With the server's certificate verified. Outlived by `context`.
asio::awaitable<std::unique_ptr<SecureStream>> secure(std::unique_ptr<beast::tcp_stream> stream,
                                                      const Url& url, asio::ssl::context& context);

// Runs `io` on this thread until `done`. False: not within the time, or it was stopped before.
bool run_until(asio::io_context& io, std::chrono::steady_clock::time_point deadline,
               const std::stop_token& stop, const std::function<bool()>& done);

}  // namespace tidewheel::http
