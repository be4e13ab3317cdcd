#include "open_files.hpp"

#include <sys/resource.h>

#include <string>

#include "tidewheel/core/error.hpp"
#include "tidewheel/http/server.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::service {
namespace {

// Libraries, pipes, logs, two control connections, and a few brokers.
constexpr std::size_t always_open = 40;
constexpr const char* how_to_raise = "ulimit -n, or LimitNOFILE= in its systemd unit";

}  // namespace

void allow_open_files(std::size_t sessions) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    const std::size_t least = always_open + sessions;
    const std::size_t enough = least + 2 * http::ServerLimits{}.connections;
    if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max >= enough) return;
    const std::string what = "this process may open " + std::to_string(limit.rlim_max) + " files";
    if (limit.rlim_max < least)
        throw Error(Error::Kind::setting,
                    what + ", but needs " + std::to_string(least) + " for " +
                        std::to_string(sessions) + " sessions",
                    std::string("Raise the limit: ") + how_to_raise + ".");
    telemetry::log(telemetry::Level::warning, what,
                   {{"hint", "With many HTTP connections it needs " + std::to_string(enough) +
                                 "; raise the limit: " + how_to_raise + "."}});
}

}  // namespace tidewheel::service
