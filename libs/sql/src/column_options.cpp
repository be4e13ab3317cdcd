#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>

#include "names.hpp"
#include "option_list.hpp"
#include "stream_options.hpp"

namespace tidewheel::sql {
namespace {

using engine::ColumnOrigin;
using engine::EpochUnit;

std::optional<bool> boolean(const std::string& text) {
    if (text == "true") return true;
    if (text == "false") return false;
    return std::nullopt;
}

struct Metadata {
    std::string_view option;
    ColumnOrigin source;
};
constexpr Metadata metadata[] = {
    {"partition", ColumnOrigin::partition}, {"offset", ColumnOrigin::offset},
    {"timestamp", ColumnOrigin::timestamp}, {"key", ColumnOrigin::key},
    {"headers", ColumnOrigin::headers},     {"value", ColumnOrigin::value},
    {"tombstone", ColumnOrigin::tombstone}};

void read_metadata(const ast::Option& option, const Metadata& entry, StreamColumn& column,
                   OptionList& options) {
    const auto value = boolean(value_of(option));
    if (!value) {
        options.refuse(
            option, fmt::format("{} is '{}'; it can be 'true'", option.defname, value_of(option)));
    } else if (*value) {
        column.source = entry.source;
    }
}

void read_field(const ast::Option& option, StreamColumn& column, OptionList& options) {
    column.path = field_path(value_of(option));
    if (std::any_of(column.path.begin(), column.path.end(),
                    [](const std::string& name) { return name.empty(); })) {
        options.refuse(option,
                       fmt::format("'{}' is not a field or a path of fields", value_of(option)),
                       "Write it like 'Region' or 'customer.id'; a dot inside a name is '\\.'.");
    }
}

struct EpochWord {
    std::string_view value;
    EpochUnit unit;
};
constexpr EpochWord epoch_words[] = {{"s", EpochUnit::second},
                                     {"ms", EpochUnit::millisecond},
                                     {"us", EpochUnit::microsecond},
                                     {"ns", EpochUnit::nanosecond}};

void read_epoch(const ast::Option& option, StreamColumn& column, OptionList& options) {
    const std::string value = value_of(option);
    const auto word = std::ranges::find(epoch_words, value, &EpochWord::value);
    if (word == std::end(epoch_words)) {
        options.refuse(option, fmt::format("epoch '{}' is not a unit of time", value),
                       "The units are s, ms, us and ns.");
        return;
    }
    column.epoch = word->unit;
}

bool is_text(ColumnOrigin source) {
    return source == ColumnOrigin::field || source == ColumnOrigin::key ||
           source == ColumnOrigin::header;
}

constexpr auto one_source =
    "Use json, path, partition, offset, timestamp, key, header, headers, value or tombstone.";

void read_column_option(const ast::Option& option, StreamColumn& column, OptionList& options) {
    const std::string_view name = option.defname;
    for (const auto& entry : metadata) {
        if (entry.option == name) return read_metadata(option, entry, column, options);
    }
    if (name == "json" || name == "path") return read_field(option, column, options);
    if (name == "epoch") return read_epoch(option, column, options);
    if (name == "header") {
        column.source = ColumnOrigin::header;
        column.header = value_of(option);
        if (column.header.empty()) options.refuse(option, "header names no header");
        return;
    }
    const auto near =
        did_you_mean(option.defname, {"json", "path", "partition", "offset", "timestamp", "key",
                                      "header", "headers", "value", "tombstone", "epoch"});
    options.refuse(option, fmt::format("unknown column option {}", name),
                   near.empty() ? "The options are json, path, partition, offset, timestamp, key, "
                                  "header, headers, value, tombstone and epoch."
                                : near);
}

}  // namespace

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

void read_column_options(ast::Nodes nodes, StreamColumn& column, Refusals& refusals) {
    OptionList options(nodes, refusals);
    std::vector<const ast::Option*> sources;
    for (auto* option : options.all()) {
        read_column_option(*option, column, options);
        if (std::string_view(option->defname) != "epoch") sources.push_back(option);
    }
    // A field of the key.
    const bool is_of_key = sources.size() == 2 && column.source == ColumnOrigin::key &&
                           options.has("key") && !column.path.empty();
    if (sources.size() > 1 && !is_of_key) {
        options.refuse(*sources[1], fmt::format("column {} has more than one source", column.name),
                       one_source);
    }
    if (column.epoch && !is_text(column.source)) {
        options.refuse(*sources[0],
                       fmt::format("column {} has the option epoch, but takes no number from the "
                                   "record",
                                   column.name),
                       "The option epoch is for a field, the key or a header.");
    }
    if (column.source == ColumnOrigin::field && column.path.empty()) column.path = {column.name};
}

}  // namespace tidewheel::sql
