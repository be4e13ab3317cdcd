#include "message.hpp"

#include <algorithm>
#include <cctype>

#include "target.hpp"

namespace tidewheel::http {
namespace {

template <class Text>  // Beast's string_view is Boost's before 1.8x
std::string copied(const Text& text) {
    return std::string(text.data(), text.size());
}

std::string in_lower_case(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

bool is_trustworthy(const WireRequest& request) {
    const auto hosts = request.count(beast::http::field::host);
    if (hosts > 1 || (hosts == 0 && request.version() >= 11)) return false;
    return request.count(beast::http::field::transfer_encoding) == 0 || request.chunked();
}

}  // namespace

std::optional<Request> from_wire(WireRequest&& request) {
    auto target = parse_target(copied(request.target()));
    if (!target || !is_trustworthy(request)) return std::nullopt;
    Request result;
    result.method = copied(request.method_string());
    result.path = std::move(target->path);
    result.query = std::move(target->query);
    for (const auto& field : request) {
        std::string& value = result.headers[in_lower_case(copied(field.name_string()))];
        value += (value.empty() ? "" : ", ") + copied(field.value());
    }
    result.body = std::move(request.body());
    return result;
}

Response from_wire(WireResponse&& wire) {
    Response response;
    response.status = static_cast<int>(wire.result_int());
    for (const auto& field : wire) {
        const std::string name(field.name_string().data(), field.name_string().size());
        response.headers[name] = std::string(field.value().data(), field.value().size());
    }
    const auto type = wire[beast::http::field::content_type];
    response.content_type = std::string(type.data(), type.size());
    response.body = std::move(wire.body());
    return response;
}

WireResponse to_wire(Response&& response, bool is_head, unsigned version, bool keep_alive) {
    WireResponse wire;
    wire.version(version);
    wire.result(static_cast<unsigned>(response.status));
    wire.keep_alive(keep_alive);
    for (const auto& [name, value] : response.headers)
        wire.set(name, value);
    const bool has_body =
        response.status >= 200 && response.status != 204 && response.status != 304;
    if (!has_body) return wire;
    wire.set(beast::http::field::content_type, response.content_type);
    wire.content_length(response.body.size());
    if (!is_head) wire.body() = std::move(response.body);
    return wire;
}

std::optional<Fault> fault_of(const beast::error_code& error) {
    namespace http = beast::http;
    if (error == http::error::end_of_stream || error == http::error::partial_message)
        return std::nullopt;
    if (error == http::error::header_limit || error == http::error::buffer_overflow)
        return Fault{431, "the header is too large"};
    if (error == boost::system::errc::not_enough_memory)
        return Fault{503, "too many large requests at a time"};
    if (error == http::error::body_limit) return Fault{413, "the body is too large"};
    if (error.category() == http::make_error_code(http::error::end_of_stream).category())
        return Fault{400, "bad request"};
    return std::nullopt;
}

}  // namespace tidewheel::http
