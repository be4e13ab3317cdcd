#pragma once
#include <string>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/core/settings.hpp"
#include "tidewheel/http/client.hpp"

namespace tidewheel::source {

// What is to be fetched for a stream, and how.
struct Plan {
    int stream = 0;
    std::string name;   // schema.name, as metrics and logs have it
    std::string label;  // as commands have it
    std::string topic;
    sql::StreamSource source;
    engine::Schema key;  // the key's column alone; empty: records have no key
    bool operator==(const Plan&) const = default;
};

Plan plan_of(const catalogue::StoredStream& stream);

http::Reach reach_of(const Settings& settings, const std::string& url);
// What the file of the stream in the directory says; {}: there is none. Throws Error (refused) for
// a file that can't be read, or a line that is no header.
http::Headers headers_of(const Settings& settings, const std::string& label);

}  // namespace tidewheel::source
