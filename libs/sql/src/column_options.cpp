#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "names.hpp"
#include "option_list.hpp"
#include "stream_options.hpp"

namespace tidewheel::sql {
namespace {

std::optional<bool> boolean(const std::string& text) {
    if (text == "true") return true;
    if (text == "false") return false;
    return std::nullopt;
}

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

constexpr auto one_source = "Use json, path, partition, offset, timestamp, key or header.";

void read_column_option(const ast::Option& option, StreamColumn& column, OptionList& options) {
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

void read_column_options(ast::Nodes nodes, StreamColumn& column, Refusals& refusals) {
    OptionList options(nodes, refusals);
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
