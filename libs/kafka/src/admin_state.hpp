#pragma once
#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "broker_liveness.hpp"
#include "client.hpp"
#include "tidewheel/kafka/admin.hpp"

namespace tidewheel::kafka {

// The clients that ask, and how a question is asked.
struct Admin::State final : Callbacks {
    State(const ClientSettings& settings_of_clients, std::chrono::milliseconds timeout_of_calls)
        : settings(settings_of_clients),
          timeout(static_cast<int>(timeout_of_calls.count())),
          client(RD_KAFKA_CONSUMER, settings_of_clients, admin_properties(), *this) {}

    void on_error(rd_kafka_resp_err_t code, const std::string& text) noexcept override;

    // Throws what the call's error means; an error of the connection says more than "timed out".
    void check(rd_kafka_resp_err_t code, const std::string& what, const char* words = nullptr);
    Metadata describe(const std::string& topic);
    std::pair<std::int64_t, std::int64_t> bounds(const Client& asking, const std::string& topic,
                                                 int partition);
    void await_leaders(const std::string& topic, int partitions);
    // Sends a request by `request(options, queue)` and waits for its answer.
    Event ask(rd_kafka_admin_op_t operation, const std::string& what,
              const std::function<void(rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>& request);
    // Has the topic created; only_validate: or only looked at.
    Event ask_for(const NewTopic& wanted, const std::string& what, bool only_validate);

    ClientSettings settings;
    int timeout;  // milliseconds
    BrokerLiveness connection;
    std::atomic<bool> wrong_password = false;
    Client client;
    std::optional<Client> uncommitted;  // reads open transactions, too
};

}  // namespace tidewheel::kafka
