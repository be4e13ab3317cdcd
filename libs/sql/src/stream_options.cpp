#include "stream_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>

#include "changes_option.hpp"
#include "csv_options.hpp"
#include "format_options.hpp"
#include "ingress_options.hpp"
#include "names.hpp"
#include "option_list.hpp"
#include "source_options.hpp"
#include "stream.hpp"

namespace tidewheel::sql {
namespace {

// More partitions than any broker accepts in one topic: surely a mistake.
constexpr int most_partitions = 100'000;
constexpr int most_replicas = 32'767;

std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool is_topic_name(const std::string& name) {
    return !name.empty() && name.size() <= 249 && name != "." && name != ".." &&
           std::ranges::all_of(name, [](unsigned char c) {
               return c < 128 && (std::isalnum(c) || c == '.' || c == '_' || c == '-');
           });
}

// Either a tombstone is nothing, or a column says that it is one.
void check_tombstones(const Stream& stream, int location, Refusals& refusals) {
    const auto column =
        std::ranges::find(stream.columns, engine::ColumnOrigin::tombstone, &StreamColumn::source);
    if (column == stream.columns.end() || !stream.ignores_tombstones) return;
    refusals.add(location,
                 fmt::format("stream {} ignores tombstones, but its column {} is to say which "
                             "records are some",
                             stream.name.text(), column->name),
                 stream.changes_of ? "A stream with changes_of ignores tombstones: leave the "
                                     "column out."
                                   : "Leave out the column, or the option tombstones 'ignore'.");
}

class StreamOptions {
  public:
    StreamOptions(ast::Nodes nodes, Stream& stream, int location, Refusals& refusals)
        : options_(nodes, refusals), stream_(stream), location_(location), refusals_(refusals) {}

    void read() {
        // The rules need the number of partitions, wherever it stands.
        for (auto* option : options_.all())
            read_plain(*option);
        for (auto* option : options_.all())
            read_rule(*option);
        check_whole();
    }

  private:
    static bool is_rule(const ast::Option& option) {
        return std::string_view(option.defname).starts_with("route_");
    }

    // An option with one name, and who reads it.
    struct Plain {
        std::string_view name;
        void (StreamOptions::*read)(const ast::Option& option, const std::string& value);
    };
    static std::span<const Plain> plain_options() {
        static constexpr Plain all[] = {
            {"topic", &StreamOptions::read_topic},
            {"partitions", &StreamOptions::read_count<&Stream::partitions, most_partitions>},
            {"replication", &StreamOptions::read_count<&Stream::replication, most_replicas>},
            {"format", &StreamOptions::read_with<read_format>},
            {"registry", &StreamOptions::read_with<read_registry>},
            {"schema", &StreamOptions::read_with<read_schema>},
            {"delimiter", &StreamOptions::read_with<read_delimiter>},
            {"quote", &StreamOptions::read_with<read_quote>},
            {"escape", &StreamOptions::read_with<read_escape>},
            {"null", &StreamOptions::read_with<read_null>},
            {"encoding", &StreamOptions::read_with<read_encoding>},
            {"event_time", &StreamOptions::read_name<&Stream::event_time>},
            {"route", &StreamOptions::read_name<&Stream::route>},
            {"key", &StreamOptions::read_name<&Stream::key>},
            {"tombstones", &StreamOptions::read_tombstones},
            {"ingress", &StreamOptions::read_with<read_ingress_path>},
            {"ingress_tokens", &StreamOptions::read_with<read_ingress_tokens>},
            {"ingress_secrets", &StreamOptions::read_with<read_ingress_secrets>},
            {"source", &StreamOptions::read_with<read_source_url>},
            {"source_message", &StreamOptions::read_with<read_source_message>},
            {"source_interval", &StreamOptions::read_with<read_source_interval>},
            {"source_path", &StreamOptions::read_with<read_source_path>},
            {"changes_of", &StreamOptions::read_with<read_changes_of>},
        };
        return all;
    }

    void read_plain(const ast::Option& option) {
        if (is_rule(option) || refuse_header(options_, option)) return;
        const auto known = std::ranges::find(plain_options(), option.defname, &Plain::name);
        if (known == plain_options().end()) return refuse_unknown(option);
        (this->*known->read)(option, value_of(option));
    }

    template <auto Field, int Most>
    void read_count(const ast::Option& option, const std::string& value) {
        read_number(option, value, Most, stream_.*Field);
    }
    template <auto Field>
    void read_name(const ast::Option& option, const std::string& value) {
        read_column(option, value, stream_.*Field);
    }

    // Those that a file of their own reads.
    template <auto Read>
    void read_with(const ast::Option& option, const std::string&) {
        Read(options_, option, stream_);
    }

    void read_tombstones(const ast::Option& option, const std::string& value) {
        if (value != "ignore")
            options_.refuse(option, fmt::format("tombstones '{}' is not supported", value),
                            "The only value is ignore. Without the option, a record without a "
                            "value becomes a dead letter.");
        stream_.ignores_tombstones = true;
    }

    void read_topic(const ast::Option& option, const std::string& value) {
        if (!is_topic_name(value)) {
            options_.refuse(option, fmt::format("'{}' can't be the name of a topic", value),
                            "Use letters, digits, '.', '_' and '-', at most 249 of them.");
        }
        stream_.topic = value;
    }

    void read_number(const ast::Option& option, const std::string& value, int most, int& target) {
        const auto parsed = number(value);
        if (!parsed || *parsed < 1 || *parsed > most) {
            options_.refuse(option, fmt::format("{} '{}' is not a number from 1 to {}",
                                                option.defname, value, most));
            return;
        }
        target = *parsed;
    }

    void read_column(const ast::Option& option, const std::string& value, std::string& target) {
        if (!has_column(stream_, value)) {
            options_.refuse(option,
                            fmt::format("{} '{}' is not a column of {}", option.defname, value,
                                        stream_.name.text()),
                            did_you_mean(value, column_names(stream_)));
        }
        target = value;
    }

    void refuse_unknown(const ast::Option& option) {
        std::vector<std::string> names;
        std::string list;
        for (const Plain& each : plain_options())
            list += names.emplace_back(each.name) + ", ";
        const auto near = did_you_mean(option.defname, names);
        options_.refuse(option, fmt::format("unknown stream option {}", option.defname),
                        near.empty() ? "The options are " + list + "and route_<value>." : near);
    }

    void read_rule(const ast::Option& option) {
        if (!is_rule(option)) return;
        if (!options_.has("route")) {
            options_.refuse(option, fmt::format("{} without the option route", option.defname),
                            "The option route 'column' says which column's values are routed.");
        }
        engine::Route::Rule rule{option.defname + std::string_view("route_").size(), {}};
        for (const auto& part : cut_at(value_of(option), ',')) {
            if (const auto partition = read_partition(option, part)) {
                rule.partitions.push_back(*partition);
            }
        }
        std::sort(rule.partitions.begin(), rule.partitions.end());
        const auto twice = std::adjacent_find(rule.partitions.begin(), rule.partitions.end());
        if (twice != rule.partitions.end()) {
            options_.refuse(option,
                            fmt::format("{} names partition {} twice", option.defname, *twice));
        }
        stream_.rules.push_back(std::move(rule));
    }

    std::optional<int> read_partition(const ast::Option& option, std::string part) {
        std::erase(part, ' ');
        const auto partition = number(part);
        if (!partition) {
            options_.refuse(option,
                            fmt::format("{}: '{}' is not a partition", option.defname, part),
                            "Write a list like '0,2'.");
        } else if (*partition < 0 || *partition >= stream_.partitions) {
            options_.refuse(
                option,
                fmt::format("{} names partition {}, but {} has {}", option.defname, *partition,
                            stream_.name.text(), stream_.partitions),
                fmt::format("Partitions are numbered from 0 to {}.", stream_.partitions - 1));
        } else {
            return partition;
        }
        return std::nullopt;
    }

    void check_whole() {
        check_format(options_, stream_, location_, refusals_);
        check_csv(options_, stream_, location_, refusals_);
        check_tombstones(stream_, location_, refusals_);
        check_ingress(options_, stream_, location_, refusals_);
        check_source(options_, stream_, location_, refusals_);
        check_changes(options_, stream_, location_, refusals_);
        if (!options_.has("topic")) {
            refusals_.add(location_, fmt::format("stream {} names no topic", stream_.name.text()),
                          "Write OPTIONS (topic '…').");
        }
        if (options_.has("route") && stream_.rules.empty()) {
            refusals_.add(
                location_,
                fmt::format("stream {} has a route without any rule", stream_.name.text()),
                "The option route_<value> '0,2' says which partitions a value may be in.");
        }
    }

    OptionList options_;
    Stream& stream_;
    int location_;
    Refusals& refusals_;
};

}  // namespace

std::vector<std::string> cut_at(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (true) {
        const auto at = text.find(separator);
        parts.emplace_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

void read_stream_options(ast::Nodes nodes, Stream& stream, int location, Refusals& refusals) {
    StreamOptions(nodes, stream, location, refusals).read();
}

}  // namespace tidewheel::sql
