#pragma once
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "connection.hpp"
#include "tidewheel/http/server.hpp"

namespace tidewheel::http {

inline Response text(std::string body) {
    Response response;
    response.body = std::move(body);
    return response;
}

// A server with one of each kind of route.
inline std::unique_ptr<Server> make_server(ServerLimits limits = {}) {
    auto server = std::make_unique<Server>("127.0.0.1:0", limits, 4);
    server->route("GET", "/hello", [](const Request&) { return text("hello\n"); });
    server->route("POST", "/echo", [](const Request& request) {
        Response response = text(request.body);
        response.status = 201;
        response.content_type = request.headers.at("content-type");
        response.headers["X-Query"] = request.query.contains("q") ? request.query.at("q") : "none";
        return response;
    });
    server->route("GET", "/throw",
                  [](const Request&) -> Response { throw std::runtime_error("secret detail"); });
    return server;
}

inline std::string converse(const Server& server, std::string_view request) {
    Connection connection(server.port());
    connection.send(request);
    return connection.read_all();
}

inline constexpr auto get_hello = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
inline constexpr auto get_hello_and_close =
    "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

}  // namespace tidewheel::http
