#include "broker_probe.hpp"

namespace tidewheel::kafka {

namespace {

// After so long a silence a broker is asked; it is lost when it has left so many questions in a row
// without an answer, each for so long.
constexpr std::chrono::seconds ask_after{1};
constexpr int answer_milliseconds = 500, questions = 2;

}  // namespace

void BrokerProbe::look(const Client& client) {
    const auto now = std::chrono::steady_clock::now();
    if (liveness_.heard()) {
        heard_at_ = now;
        unanswered_ = 0;
    }
    if (liveness_.up() && now - heard_at_ < ask_after) {
        return;
    }
    if (is_answered(client)) {
        liveness_.good();
    } else if (++unanswered_ == questions) {
        liveness_.silent("timed out");
    }
}

bool BrokerProbe::is_answered(const Client& client) {
    const rd_kafka_metadata_t* answer = nullptr;
    const auto code = rd_kafka_metadata(client.get(), 0, nullptr, &answer, answer_milliseconds);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return false;
    }
    rd_kafka_metadata_destroy(answer);
    return true;
}

}  // namespace tidewheel::kafka
