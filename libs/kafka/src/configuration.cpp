#include "configuration.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "tidewheel/core/error.hpp"
#include "tidewheel/core/secret.hpp"

namespace tidewheel::kafka {

namespace {

// Each with its aliases. Offsets live in PostgreSQL, so Kafka must neither store nor invent one;
// aborted records must never appear; a retry of the producer must neither double nor lose a record,
// and each has to be reported; and our callback speaks the eager protocol in our own group.
constexpr std::array<std::string_view, 18> not_for_users = {
    "enable.auto.commit",
    "auto.commit.enable",
    "auto.offset.reset",
    "enable.auto.offset.store",
    "isolation.level",
    "enable.idempotence",
    "acks",
    "request.required.acks",
    "max.in.flight.requests.per.connection",
    "max.in.flight",
    "bootstrap.servers",
    "metadata.broker.list",
    "group.id",
    "group.protocol",
    "transactional.id",
    "delivery.report.only.error",
    "partition.assignment.strategy",
    "enable.partition.eof",
};

constexpr std::size_t mebibyte = 1024 * 1024;

// A secret whose '=' comes too late is part of the name; librdkafka would show it, as well as a
// value that it refuses.
void set(rd_kafka_conf_t& conf, const std::string& name, const std::string& value) {
    std::array<char, 512> text{};
    const auto result =
        rd_kafka_conf_set(&conf, name.c_str(), value.c_str(), text.data(), text.size());
    if (result != RD_KAFKA_CONF_OK) {
        const bool known = result == RD_KAFKA_CONF_INVALID;
        const std::string why = !known               ? "there is no such property"
                                : names_secret(name) ? "invalid value"
                                                     : text.data();
        throw Error(Error::Kind::setting, "Kafka option \"" + without_secret(name) + "\": " + why,
                    "The options are librdkafka's properties; this is librdkafka " +
                        librdkafka_version() + ".");
    }
}

void set_by_user(rd_kafka_conf_t& conf, const std::string& option) {
    const auto equals = option.find('=');
    if (equals == std::string::npos || equals == 0) {
        throw Error(Error::Kind::setting, "a Kafka option is not name=value");
    }
    const std::string name = option.substr(0, equals);
    if (std::ranges::find(not_for_users, name) != not_for_users.end()) {
        throw Error(Error::Kind::setting, "Kafka option \"" + name + "\" is set by Tidewheel",
                    "Exactly-once processing, the cluster or the group depends on it. "
                    "Leave it out.");
    }
    set(conf, name, option.substr(equals + 1));
}

// A consumer of any kind: no offset that we didn't ask for, no record that was aborted or damaged.
Properties consuming() {
    return {
        {"enable.auto.commit", "false"}, {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},  {"isolation.level", "read_committed"},
        {"check.crcs", "true"},          {"allow.auto.create.topics", "false"},
    };
}

void append(Properties& to, Properties more) {
    std::ranges::move(more, std::back_inserter(to));
}

}  // namespace

std::pair<std::string, std::string> fetch_stall_cure(int version) {
    constexpr int first_with_backoff_setting = 0x020200ff;
    if (version >= first_with_backoff_setting) {
        return {"fetch.queue.backoff.ms", "10"};
    }
    // Older ones look at a full queue again only when something wakes the broker's thread, at the
    // latest after a second: a metadata request wakes it.
    return {"topic.metadata.refresh.interval.ms", "50"};
}

Properties group_consumer_properties(const std::string& group, std::size_t fetch_bytes) {
    // librdkafka bounds the payload, for each partition, and overshoots by one fetch. A queued
    // record costs some 400 bytes of bookkeeping besides (measured), so records are bounded by
    // number, too: else small ones would take a multiple of it.
    const std::size_t kibibytes = std::clamp<std::size_t>(fetch_bytes / 1024, 64, 1024 * 1024);
    const std::size_t records = std::max<std::size_t>(fetch_bytes / 512, 128);
    const std::size_t fetch = std::clamp<std::size_t>(fetch_bytes / 8, 32 * 1024, mebibyte);
    Properties properties = consuming();
    append(properties, {
                           {"group.id", group},
                           {"partition.assignment.strategy", "range"},
                           {"session.timeout.ms", "10000"},
                           {"heartbeat.interval.ms", "1000"},
                           {"queued.max.messages.kbytes", std::to_string(kibibytes)},
                           {"queued.min.messages", std::to_string(records)},
                           {"fetch.message.max.bytes", std::to_string(fetch)},
                           // A fetch that waits for records holds up the partitions that join it
                           // later: keep the wait short.
                           {"fetch.wait.max.ms", "50"},
                           {"fetch.error.backoff.ms", "100"},
                           // How soon a partition that a topic gains is seen. (With a librdkafka
                           // before 2.2 it is the cure for stalls, too, and shorter.)
                           {"topic.metadata.refresh.interval.ms", "10000"},
                           fetch_stall_cure(rd_kafka_version()),
                       });
    return properties;
}

Properties reader_properties() {
    Properties properties = consuming();
    append(properties, {
                           {"enable.partition.eof", "true"},
                           {"queued.max.messages.kbytes", "8192"},
                           {"fetch.message.max.bytes", std::to_string(mebibyte)},
                           {"fetch.wait.max.ms", "50"},
                           fetch_stall_cure(rd_kafka_version()),
                       });
    return properties;
}

Properties admin_properties() {
    Properties properties = consuming();
    // The leaders of topics that a client only asks about are forgotten by age alone: also that of
    // a broker that is gone.
    append(properties, {{"metadata.max.age.ms", "3000"}});
    return properties;
}

Properties asking_properties() {
    Properties properties = admin_properties();
    // A question that was given up doesn't hold up those that follow it.
    append(properties, {{"socket.timeout.ms", "3000"}});
    return properties;
}

// One request at a time: where a broker refuses the first batch that it sees of a producer (it does
// not lead a new partition yet) and stores the second, librdkafka counts both as delivered.
Properties producer_properties() {
    return {
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"max.in.flight.requests.per.connection", "1"},
        {"queue.buffering.max.kbytes", "65536"},
        {"linger.ms", "5"},
        // The Java client's: a key has one partition, with any sender.
        {"partitioner", "murmur2_random"},
    };
}

void check(const ClientSettings& settings) {
    configuration(settings, admin_properties());
}

Conf configuration(const ClientSettings& settings, const Properties& ours) {
    if (settings.brokers.empty()) {
        throw Error(Error::Kind::setting, "no Kafka brokers given",
                    "Name at least one, for example localhost:9092.");
    }
    Conf conf(rd_kafka_conf_new());
    set(*conf, "bootstrap.servers", settings.brokers);
    set(*conf, "client.id", settings.client_id);
    set(*conf, "socket.nagle.disable", "true");
    // The default, ten seconds, would delay the reconnection for too long.
    set(*conf, "reconnect.backoff.max.ms", "2000");
    for (const auto& [name, value] : ours) {
        set(*conf, name, value);
    }
    for (const auto& option : settings.options) {
        set_by_user(*conf, option);
    }
    return conf;
}

}  // namespace tidewheel::kafka
