#include "format_options.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "tidewheel/core/url.hpp"

namespace tidewheel::sql {
namespace {

constexpr std::string_view formats[] = {"json", "avro", "csv", "bytes"};

// Records of this format have fields, and somebody has to say by which schema.
bool has_schema(const Stream& stream) {
    return stream.format == "avro";
}

void check_fields(const Stream& stream, int location, Refusals& refusals) {
    if (stream.format != "bytes") return;
    for (const StreamColumn& column : stream.columns)
        if (column.source == engine::ColumnOrigin::field || !column.path.empty())
            refusals.add(location,
                         fmt::format("column {} is a field, but records of the format {} have no "
                                     "fields",
                                     column.name, stream.format),
                         "Give it one of the options value, key, header, headers, partition, "
                         "offset, timestamp and tombstone.");
}

}  // namespace

void read_format(OptionList& options, const ast::Option& option, Stream& stream) {
    const std::string value = value_of(option);
    if (std::ranges::find(formats, value) == std::end(formats))
        options.refuse(option, fmt::format("format '{}' is not supported", value),
                       "The formats are json, avro, csv and bytes.");
    stream.format = value;
}

void read_registry(OptionList& options, const ast::Option& option, Stream& stream) {
    std::string value = value_of(option);
    const auto url = parse_url(value);
    if (!url || url->is_websocket() || url->target.find('?') != std::string::npos)
        return options.refuse(option, "registry is not a URL of http or https",
                              "Write it like 'https://registry.example.com'.");
    if (!url->user_info.empty())
        return options.refuse(option, "registry holds a user or password",
                              "See the settings registry_user, registry_password_file and "
                              "registry_token_file.");
    while (value.ends_with('/'))
        value.pop_back();
    stream.registry = value;
}

void read_schema(OptionList& options, const ast::Option& option, Stream& stream) {
    stream.schema = value_of(option);
    if (stream.schema.empty())
        options.refuse(option, "schema is empty",
                       "Write the path of a file, from the folder of the pipeline file on, or the "
                       "schema itself.");
}

void check_format(const OptionList& options, const Stream& stream, int location,
                  Refusals& refusals) {
    check_fields(stream, location, refusals);
    const bool has_both = options.has("registry") && options.has("schema");
    const bool has_any = options.has("registry") || options.has("schema");
    if (has_schema(stream) && !has_any)
        refusals.add(location,
                     fmt::format("stream {} has the format {}, but neither registry nor schema",
                                 stream.name.text(), stream.format),
                     "Write registry 'https://…' if records begin with the id of their schema, or "
                     "schema 'file.avsc' if all are written with one.");
    if (has_both)
        refusals.add(location,
                     fmt::format("stream {} has a registry and a schema", stream.name.text()),
                     "With a registry, each record names its schema: leave out one of both.");
    if (has_any && !has_schema(stream))
        refusals.add(location,
                     fmt::format("stream {} has a registry or a schema, and the format {}",
                                 stream.name.text(), stream.format),
                     "They are for the format avro.");
}

}  // namespace tidewheel::sql
