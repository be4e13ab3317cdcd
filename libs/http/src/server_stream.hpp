#pragma once
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <memory>
#include <utility>
#include <variant>

#include "asio.hpp"

namespace tidewheel::http {

namespace beast = boost::beast;

// What a server reads from and writes to: TCP, or TLS over it.
class ServerStream {
  public:
    using executor_type = beast::tcp_stream::executor_type;

    // context: nullptr: no TLS.
    ServerStream(asio::ip::tcp::socket socket, std::shared_ptr<asio::ssl::context> context)
        : context_(std::move(context)) {
        if (context_)
            stream_.emplace<Secure>(beast::tcp_stream(std::move(socket)), *context_);
        else
            stream_.emplace<beast::tcp_stream>(std::move(socket));
    }

    executor_type get_executor() { return tcp().get_executor(); }
    beast::tcp_stream& tcp() {
        if (Secure* secure = std::get_if<Secure>(&stream_)) return secure->next_layer();
        return std::get<beast::tcp_stream>(stream_);
    }

    // The first thing to do; nothing without TLS.
    asio::awaitable<beast::error_code> open() {
        beast::error_code error;
        if (Secure* secure = std::get_if<Secure>(&stream_))
            co_await secure->async_handshake(asio::ssl::stream_base::server,
                                             asio::redirect_error(asio::use_awaitable, error));
        co_return error;
    }
    // Tells the client that nothing more comes; it may still send.
    asio::awaitable<void> finish() {
        beast::error_code ignored;
        if (Secure* secure = std::get_if<Secure>(&stream_))
            co_await secure->async_shutdown(asio::redirect_error(asio::use_awaitable, ignored));
        tcp().socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        if (Secure* secure = std::get_if<Secure>(&stream_))
            return secure->async_read_some(buffers, std::forward<Token>(token));
        return tcp().async_read_some(buffers, std::forward<Token>(token));
    }
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        if (Secure* secure = std::get_if<Secure>(&stream_))
            return secure->async_write_some(buffers, std::forward<Token>(token));
        return tcp().async_write_some(buffers, std::forward<Token>(token));
    }

  private:
    using Secure = beast::ssl_stream<beast::tcp_stream>;

    std::shared_ptr<asio::ssl::context> context_;  // outlives the stream
    std::variant<std::monostate, beast::tcp_stream, Secure> stream_;
};

}  // namespace tidewheel::http
