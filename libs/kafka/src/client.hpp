#pragma once
#include <librdkafka/rdkafka.h>

#include <functional>
#include <string>

#include "configuration.hpp"
#include "handles.hpp"
#include "tidewheel/kafka/client.hpp"

namespace tidewheel::kafka {

// What librdkafka calls. noexcept: an exception must not travel through C frames, so each catches
// what it can handle.
class Callbacks {
  public:
    virtual ~Callbacks() = default;
    virtual void on_error(rd_kafka_resp_err_t, const std::string&) noexcept {}
    virtual void on_rebalance(rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t&) noexcept {}
    virtual void on_delivery(const rd_kafka_message_t&) noexcept {}
};

// A librdkafka client with its configuration. `callbacks` outlives it. Its address is known to
// librdkafka: it does not move.
class Client {
  public:
    Client(rd_kafka_type_t type, const ClientSettings& settings, const Properties& properties,
           Callbacks& callbacks);
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    rd_kafka_t* get() const { return handle_.get(); }

    // The code and the text of the error that ended this client; NO_ERROR: it lives.
    rd_kafka_resp_err_t fatal_error(std::string& text) const;
    Topic topic(const std::string& name) const;

  private:
    static Client& of(const rd_kafka_t* handle) {
        return *static_cast<Client*>(rd_kafka_opaque(handle));
    }
    void install_callbacks(rd_kafka_conf_t& conf, rd_kafka_type_t type);

    std::function<void(int, const std::string&, const std::string&)> log_;
    Callbacks& callbacks_;
    Handle handle_;  // last: its threads call the members above until it is destroyed
};

PartitionList partition_list(const std::string& topic, int partition, std::int64_t offset);

}  // namespace tidewheel::kafka
