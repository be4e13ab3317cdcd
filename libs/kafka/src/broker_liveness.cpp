#include "broker_liveness.hpp"

namespace tidewheel::kafka {

void BrokerLiveness::failed(const std::string& text) {
    const std::lock_guard lock(mutex_);
    last_error_ = text;
}

void BrokerLiveness::report(rd_kafka_resp_err_t code, const std::string& text) {
    const std::lock_guard lock(mutex_);
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        up_ = false;
        if (!last_error_.empty()) {
            return;  // it names a broker and a cause, this one neither
        }
    }
    last_error_ = text;
}

void BrokerLiveness::silent(const std::string& text) {
    const std::lock_guard lock(mutex_);
    up_ = false;
    if (last_error_.empty()) {
        last_error_ = text;
    }
}

std::string BrokerLiveness::last_error() const {
    const std::lock_guard lock(mutex_);
    return last_error_;
}

void BrokerLiveness::recovered() {
    const std::lock_guard lock(mutex_);
    up_ = true;
    last_error_.clear();
}

}  // namespace tidewheel::kafka
