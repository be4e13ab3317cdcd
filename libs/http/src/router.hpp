#pragma once
#include <functional>
#include <map>
#include <string>

#include "tidewheel/http/server.hpp"

namespace tidewheel::http {

// Which handler answers what. Built before the server starts, then only read.
class Router {
  public:
    void add(const std::string& method, const std::string& path, Handler handler);
    // Always an answer: 404, 405 with Allow, or 500 for an exception, whose message goes to
    // `on_error`. HEAD is answered as GET is.
    Response answer(const Request& request,
                    const std::function<void(const std::string&)>& on_error) const;

  private:
    using Methods = std::map<std::string, Handler>;
    std::map<std::string, Methods> paths_;
};

}  // namespace tidewheel::http
