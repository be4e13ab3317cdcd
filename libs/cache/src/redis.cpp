#include "redis.hpp"

#include <hiredis/hiredis.h>
#include <sys/time.h>

#include "tidewheel/core/error.hpp"
#include "tidewheel/core/printable.hpp"
#include "tidewheel/core/text.hpp"

namespace tidewheel::cache {
namespace {

constexpr std::size_t shown_of_an_error = 300;

struct FreeReply {
    void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

Reply read(const redisReply& given) {
    Reply reply;
    switch (given.type) {
        case REDIS_REPLY_STRING:
            reply.text = std::string(given.str, given.len);
            break;
        case REDIS_REPLY_STATUS:
            reply.text = std::string(given.str, given.len);
            reply.is_status = true;
            break;
        case REDIS_REPLY_INTEGER:
            reply.text = std::to_string(given.integer);
            break;
        case REDIS_REPLY_ARRAY:
            for (std::size_t i = 0; i < given.elements; ++i)
                reply.items.push_back(read(*given.element[i]));
            break;
        default:
            break;
    }
    return reply;
}

timeval as_timeval(std::chrono::milliseconds time) {
    timeval value{};
    value.tv_sec = time.count() / 1000;
    value.tv_usec = time.count() % 1000 * 1000;
    return value;
}

}  // namespace

void Redis::Free::operator()(redisContext* context) const {
    redisFree(context);
}

Redis::Redis(const sql::RedisUrl& url, const std::string& password,
             std::chrono::milliseconds timeout)
    : address_(url.address()),
      context_(redisConnectWithTimeout(url.host.c_str(), url.port, as_timeval(timeout))) {
    if (!context_ || context_->err != 0) fail();
    redisSetTimeout(context_.get(), as_timeval(timeout));
    redisEnableKeepAlive(context_.get());
    if (!password.empty() && url.user.empty()) call({"AUTH", password});
    if (!password.empty() && !url.user.empty()) call({"AUTH", url.user, password});
    if (url.database != 0) call({"SELECT", std::to_string(url.database)});
}

void Redis::append(const Command& command) {
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const std::string_view argument : command) {
        texts.push_back(argument.data() == nullptr ? "" : argument.data());
        sizes.push_back(argument.size());
    }
    if (redisAppendCommandArgv(context_.get(), static_cast<int>(texts.size()), texts.data(),
                               sizes.data()) != REDIS_OK)
        fail();
}

Reply Redis::reply() {
    void* raw = nullptr;
    if (redisGetReply(context_.get(), &raw) != REDIS_OK) fail();
    const std::unique_ptr<redisReply, FreeReply> given(static_cast<redisReply*>(raw));
    if (given->type == REDIS_REPLY_ERROR)
        throw Error(Error::Kind::refused,
                    "Redis at " + address_ + " answers: " +
                        shorten(printable(std::string(given->str, given->len)), shown_of_an_error));
    return read(*given);
}

Reply Redis::call(const Command& command) {
    append(command);
    return reply();
}

// hiredis 0.14 has no words for a time that is over.
void Redis::fail() const {
    std::string reason = context_ ? context_->errstr : "no memory";
    if (reason == "Resource temporarily unavailable") reason = "it does not answer in time";
    throw Error(Error::Kind::unavailable, "Redis at " + address_ + ": " + reason);
}

}  // namespace tidewheel::cache
