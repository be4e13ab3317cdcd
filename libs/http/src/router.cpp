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

Response plain(int status, std::string text) {
    Response response;
    response.status = status;
    response.body = std::move(text);
    return response;
}

Response guarded(const Handler& handler, const Request& request,
                 const std::function<void(const std::string&)>& on_error) {
    std::string failure = "unknown exception";
    try {
        return handler(request);
    } catch (const std::exception& error) {
        failure = error.what();
    } catch (...) {  // reported below: a handler must not take the server down
    }
    if (on_error) on_error(request.method + " " + request.path + ": " + failure);
    return plain(500, "internal error\n");
}

}  // namespace

void Router::add(const std::string& method, const std::string& path, Handler handler) {
    paths_[path][method] = std::move(handler);
}

Response Router::answer(const Request& request,
                        const std::function<void(const std::string&)>& on_error) const {
    const auto path = paths_.find(request.path);
    if (path == paths_.end()) return plain(404, "not found\n");
    const Methods& methods = path->second;
    auto method = methods.find(request.method);
    if (method == methods.end() && request.method == "HEAD") method = methods.find("GET");
    if (method == methods.end()) method = methods.find("*");
    if (method != methods.end()) return guarded(method->second, request, on_error);
    Response response = plain(405, "method not allowed\n");
    response.headers["Allow"] = allowed(methods);
    return response;
}

}  // namespace tidewheel::http
