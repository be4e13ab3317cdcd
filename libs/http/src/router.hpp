#pragma once
#include <functional>
#include <map>
#include <string>

#include "tidewheel/http/server.hpp"

namespace tidewheel::http {

using Refusal = std::function<Response(int status, const std::string& why)>;
Response plain_refusal(int status, const std::string& why);

// Which handler answers what. Built before the server starts, then only read.
class Router {
  public:
    void add(const std::string& method, const std::string& path, Handler handler);
    void otherwise(AsyncHandler handler) { otherwise_ = std::move(handler); }
    void describe_refusals(Refusal refusal) { refusal_ = std::move(refusal); }

    // Always an answer: 404, 405 with Allow, or 500 for an exception, whose message goes to
    // `on_error`. HEAD is answered as GET is.
    void answer(Request&& request, const Respond& respond,
                const std::function<void(const std::string&)>& on_error) const;
    Response refusal(int status, const std::string& why) const { return refusal_(status, why); }

  private:
    using Methods = std::map<std::string, Handler>;
    Response answer(const Methods& methods, const Request& request) const;

    std::map<std::string, Methods> paths_;
    AsyncHandler otherwise_;
    Refusal refusal_ = plain_refusal;
};

}  // namespace tidewheel::http
