#pragma once
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>

#include "companion.hpp"
#include "tidewheel/core/retry.hpp"

namespace tidewheel::runner {

// Follows the catalogue, and runs the services that it needs. One thread calls it.
class Companions {
  public:
    // They outlive this. `all`: asked to stop when a service has a defect.
    Companions(const Settings& settings, service::Shell& shell, std::stop_source all);
    ~Companions() { request_stop(); }  // waits for them

    // To be called every half second.
    void look();
    void request_stop();  // of all that run, at the same time
    // Throws what a service had to give up for.
    void require_well();

  private:
    void follow();
    void take_up(const Declared& declared);
    void fail(const std::exception_ptr& why);

    const Settings& settings_;
    service::Shell& shell_;
    std::stop_source all_;
    Retry retry_;
    std::unique_ptr<postgres::Connection> database_;
    std::optional<std::int64_t> known_;  // version of the catalogue
    std::mutex mutex_;
    std::exception_ptr failure_;                                 // under mutex_
    std::map<std::string, std::unique_ptr<Companion>> running_;  // the first to go
};

}  // namespace tidewheel::runner
