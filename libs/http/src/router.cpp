#include "router.hpp"

#include <exception>

namespace tidewheel::http {
namespace {

std::string allowed(const std::map<std::string, Handler>& methods) {
    std::string list;
    for (const auto& [method, handler] : methods) {
        list += (list.empty() ? "" : ", ") + method;
        if (method == "GET" && !methods.contains("HEAD")) list += ", HEAD";
    }
    return list;
}

}  // namespace

Response plain_refusal(int status, const std::string& why) {
    Response response;
    response.status = status;
    response.body = why + "\n";
    return response;
}

void Router::add(const std::string& method, const std::string& path, Handler handler) {
    paths_[path][method] = std::move(handler);
}

Response Router::answer(const Methods& methods, const Request& request) const {
    auto method = methods.find(request.method);
    if (method == methods.end() && request.method == "HEAD") method = methods.find("GET");
    if (method == methods.end()) method = methods.find("*");
    if (method != methods.end()) return method->second(request);
    Response response = refusal_(405, "method not allowed");
    response.headers["Allow"] = allowed(methods);
    return response;
}

void Router::answer(Request&& request, const Respond& respond,
                    const std::function<void(const std::string&)>& on_error) const {
    const std::string what = request.method + " " + request.path;
    std::string failure = "unknown exception";
    try {
        const auto path = paths_.find(request.path);
        if (path != paths_.end()) return respond(answer(path->second, request));
        if (otherwise_) return otherwise_(std::move(request), respond);
        return respond(refusal_(404, "not found"));
    } catch (const std::exception& error) {
        failure = error.what();
    } catch (...) {  // reported below: a handler must not take the server down
    }
    if (on_error) on_error(what + ": " + failure);
    respond(refusal_(500, "internal error"));
}

}  // namespace tidewheel::http
