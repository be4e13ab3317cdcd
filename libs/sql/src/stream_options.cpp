#include "stream_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "names.hpp"
#include "stream.hpp"

namespace tidewheel::sql {
namespace {

// More partitions than any broker accepts in one topic: surely a mistake.
constexpr int most_partitions = 100'000;

std::string value_of(const ast::Option& option) {
    auto* string = ast::as<ast::String>(option.arg);
    return string ? string->sval : "";
}

std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<bool> boolean(const std::string& text) {
    if (text == "true") return true;
    if (text == "false") return false;
    return std::nullopt;
}

std::vector<std::string> cut_at(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (true) {
        const auto at = text.find(separator);
        parts.emplace_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

// The options of one OPTIONS (…), each at most once.
class Options {
  public:
    Options(ast::Nodes options, Refusals& refusals) : refusals_(refusals) {
        for (ast::Node* node : options) {
            auto* option = ast::as<ast::Option>(node);
            if (!option) continue;
            if (!names_.insert(option->defname).second) {
                refuse(*option, fmt::format("option {} is given twice", option->defname));
            }
            options_.push_back(option);
        }
    }

    void refuse(const ast::Option& option, std::string what, std::string hint = {}) {
        refusals_.add(option.location, std::move(what), std::move(hint));
    }
    bool has(const std::string& name) const { return names_.count(name) > 0; }
    const std::vector<ast::Option*>& all() const { return options_; }

  private:
    Refusals& refusals_;
    std::vector<ast::Option*> options_;
    std::set<std::string> names_;
};

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

    void read_plain(const ast::Option& option) {
        if (is_rule(option)) return;
        const std::string name = option.defname;
        const std::string value = value_of(option);
        if (name == "topic") {
            read_topic(option, value);
        } else if (name == "partitions") {
            read_number(option, value, most_partitions, stream_.partitions);
        } else if (name == "replication") {
            read_number(option, value, 32767, stream_.replication);
        } else if (name == "format") {
            if (value != "json")
                options_.refuse(option, fmt::format("format '{}' is not supported", value),
                                "The only format is json.");
            stream_.format = value;
        } else if (name == "event_time") {
            read_column(option, value, stream_.event_time);
        } else if (name == "route") {
            read_column(option, value, stream_.route);
        } else {
            refuse_unknown(option);
        }
    }

    void read_topic(const ast::Option& option, const std::string& value) {
        const bool is_legal =
            !value.empty() && value.size() <= 249 && value != "." && value != ".." &&
            std::all_of(value.begin(), value.end(), [](unsigned char c) {
                return c < 128 && (std::isalnum(c) || c == '.' || c == '_' || c == '-');
            });
        if (!is_legal) {
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
        const auto near = did_you_mean(option.defname, {"topic", "partitions", "replication",
                                                        "format", "event_time", "route"});
        options_.refuse(option, fmt::format("unknown stream option {}", option.defname),
                        near.empty() ? "The options are topic, partitions, replication, "
                                       "format, event_time, route and route_<value>."
                                     : near);
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

    Options options_;
    Stream& stream_;
    int location_;
    Refusals& refusals_;
};

// 'customer.id' is two names; '\.' is a dot inside one.
std::vector<std::string> field_path(const std::string& text) {
    std::vector<std::string> names(1);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '.') {
            names.back() += text[++i];
        } else if (text[i] == '.') {
            names.emplace_back();
        } else {
            names.back() += text[i];
        }
    }
    return names;
}

struct Metadata {
    std::string_view option;
    engine::ColumnOrigin source;
};
constexpr Metadata metadata[] = {{"partition", engine::ColumnOrigin::partition},
                                 {"offset", engine::ColumnOrigin::offset},
                                 {"timestamp", engine::ColumnOrigin::timestamp},
                                 {"key", engine::ColumnOrigin::key}};

void read_metadata(const ast::Option& option, const Metadata& entry, StreamColumn& column,
                   Options& options) {
    const auto value = boolean(value_of(option));
    if (!value) {
        options.refuse(
            option, fmt::format("{} is '{}'; it can be 'true'", option.defname, value_of(option)));
    } else if (*value) {
        column.source = entry.source;
    }
}

void read_field(const ast::Option& option, StreamColumn& column, Options& options) {
    column.path = field_path(value_of(option));
    if (std::any_of(column.path.begin(), column.path.end(),
                    [](const std::string& name) { return name.empty(); })) {
        options.refuse(option,
                       fmt::format("'{}' is not a field or a path of fields", value_of(option)),
                       "Write it like 'Region' or 'customer.id'; a dot inside a name is '\\.'.");
    }
}

constexpr auto one_source = "Use json, path, partition, offset, timestamp, key or header.";

void read_column_option(const ast::Option& option, StreamColumn& column, Options& options) {
    const std::string_view name = option.defname;
    for (const auto& entry : metadata) {
        if (entry.option == name) return read_metadata(option, entry, column, options);
    }
    if (name == "json" || name == "path") return read_field(option, column, options);
    if (name == "header") {
        column.source = engine::ColumnOrigin::header;
        column.header = value_of(option);
        if (column.header.empty()) options.refuse(option, "header names no header");
        return;
    }
    const auto near = did_you_mean(
        option.defname, {"json", "path", "partition", "offset", "timestamp", "key", "header"});
    options.refuse(option, fmt::format("unknown column option {}", name),
                   near.empty() ? one_source : near);
}

}  // namespace

void read_stream_options(ast::Nodes nodes, Stream& stream, int location, Refusals& refusals) {
    StreamOptions(nodes, stream, location, refusals).read();
}

void read_column_options(ast::Nodes nodes, StreamColumn& column, Refusals& refusals) {
    Options options(nodes, refusals);
    for (auto* option : options.all())
        read_column_option(*option, column, options);
    if (options.all().size() > 1) {
        options.refuse(*options.all()[1],
                       fmt::format("column {} has more than one source", column.name), one_source);
    }
    if (column.source == engine::ColumnOrigin::field && column.path.empty())
        column.path = {column.name};
}

}  // namespace tidewheel::sql
