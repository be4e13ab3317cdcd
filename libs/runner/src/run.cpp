#include "tidewheel/runner/run.hpp"

#include "companions.hpp"
#include "tidewheel/runtime/service.hpp"

namespace tidewheel::runner {
namespace {

constexpr std::chrono::milliseconds look_every{500};

}  // namespace

// The statements run on this thread; the other services, on theirs, stop at the same time.
void run(const Settings& settings, service::Shell& shell, std::stop_token stop) {
    std::stop_source all;
    const std::stop_callback on_stop(stop, [&] { all.request_stop(); });
    Companions companions(settings, shell, all);
    {
        const std::jthread follower([&](const std::stop_token& end) {
            const std::stop_callback on_end(end, [&] { all.request_stop(); });
            do
                companions.look();
            while (wait_for(all.get_token(), look_every));
            companions.request_stop();
        });
        runtime::run_service(settings, runtime::runner, shell.vitals(), all.get_token());
    }
    companions.require_well();
}

}  // namespace tidewheel::runner
