#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidewheel/sql/redis_options.hpp"

struct redisContext;

namespace tidewheel::cache {

struct Reply {
    std::optional<std::string> text = {};  // of a string, status or integer; nullopt: nil
    bool is_status = false;
    std::vector<Reply> items = {};
};

// A connection to one Redis. One thread at a time. Every function throws Error: unavailable, if
// Redis can't be reached or does not answer in time, and then the connection is of no more use;
// refused, with its words, if it answers an error.
class Redis {
  public:
    using Command = std::vector<std::string_view>;

    // password: empty: none is sent.
    Redis(const sql::RedisUrl& url, const std::string& password, std::chrono::milliseconds timeout);

    // A pipeline: commands are sent when the first reply is asked for; replies come in their order.
    void append(const Command& command);
    Reply reply();
    Reply call(const Command& command);

  private:
    [[noreturn]] void fail() const;

    struct Free {
        void operator()(redisContext* context) const;
    };
    const std::string address_;
    std::unique_ptr<redisContext, Free> context_;
};

}  // namespace tidewheel::cache
