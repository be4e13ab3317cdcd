#include "request_body.hpp"

#include <algorithm>
#include <cctype>

#include "gzip.hpp"
#include "tidewheel/http/bearer.hpp"

namespace tidewheel::ingress {
namespace {

struct Form {
    std::string_view type;
    decltype(RequestBody::split) split;
};
constexpr Form forms[] = {{"application/json", split_json}, {"application/x-ndjson", split_lines}};

std::string in_lower_case(std::string_view text) {
    std::string lower;
    for (const unsigned char c : text)
        if (c != ' ' && c != '\t' && c != '"') lower += static_cast<char>(std::tolower(c));
    return lower;
}

// nullptr: not one of them, or in another encoding of characters than UTF-8.
const Form* form_of(const http::Request& request) {
    const std::string type = in_lower_case(http::header(request, "content-type"));
    const std::string name = type.substr(0, type.find(';'));
    const auto charset = type.find(";charset=");
    if (charset != std::string::npos && !type.substr(charset).starts_with(";charset=utf-8"))
        return nullptr;
    const auto found = std::ranges::find(forms, name, &Form::type);
    return found == std::end(forms) ? nullptr : found;
}

Problem too_large(std::size_t most_bytes) {
    return {413, "the body is larger than " + std::to_string(most_bytes) + " bytes"};
}

}  // namespace

Result<RequestBody, Problem> read_body(http::Request&& request, std::size_t most_bytes) {
    const Form* form = form_of(request);
    if (!form)
        return Problem{415,
                       "the Content-Type is neither application/json nor application/x-ndjson",
                       {},
                       {{"Accept", "application/json, application/x-ndjson"}}};
    const std::string coding = in_lower_case(http::header(request, "content-encoding"));
    if (coding.empty() || coding == "identity")
        return RequestBody{std::move(request.body), form->split};
    if (coding != "gzip" && coding != "x-gzip")
        return Problem{415, "the Content-Encoding is not gzip", {}, {{"Accept-Encoding", "gzip"}}};
    auto text = inflated(request.body, most_bytes);
    if (text) return RequestBody{std::move(*text), form->split};
    if (text.failure() == GzipFault::too_large) return too_large(most_bytes);
    return Problem{400, "the body is not gzip, or it is damaged"};
}

}  // namespace tidewheel::ingress
