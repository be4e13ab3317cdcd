#pragma once
#include <chrono>
#include <map>
#include <string>

#include "tidewheel/http/server.hpp"

namespace tidewheel::http {

// One request, one connection, plain http. Throws Error (unavailable) when nothing answers in time.
Response fetch(const std::string& method, const std::string& url, const std::string& body = {},
               const std::string& content_type = "application/json",
               std::chrono::milliseconds timeout = std::chrono::seconds(10),
               const std::map<std::string, std::string>& headers = {});

}  // namespace tidewheel::http
