#include "csv_options.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace tidewheel::sql {
namespace {

using engine::ColumnOrigin;

constexpr const char* names[] = {"delimiter", "quote", "escape", "null", "encoding"};

bool breaks_lines(char c) {
    return c == '\n' || c == '\r';
}

void read_character(OptionList& options, const ast::Option& option, char& character) {
    const std::string value = value_of(option);
    if (value.size() != 1)
        return options.refuse(option,
                              fmt::format("{} must be a single one-byte character", option.defname),
                              "As of PostgreSQL's COPY: ';', or E'\\t' for a tab.");
    if (breaks_lines(value[0]))
        return options.refuse(
            option, fmt::format("{} cannot be newline or carriage return", option.defname));
    character = value[0];
}

void check_characters(const engine::CsvForm& csv, int location, Refusals& refusals) {
    const auto holds = [&](char c) { return csv.null.find(c) != std::string::npos; };
    if (csv.delimiter == csv.quote)
        refusals.add(location, "delimiter and quote must be different", "");
    if (holds(csv.delimiter))
        refusals.add(location, "the delimiter must not appear in the null string", "");
    if (holds(csv.quote))
        refusals.add(location, "the quote character must not appear in the null string",
                     "A field that is quoted is never NULL.");
}

void check_column(const StreamColumn& column, int location, Refusals& refusals) {
    if (column.path != std::vector{column.name})
        refusals.add(location,
                     fmt::format("column {} takes a field by its name, but fields of the format "
                                 "csv have no names",
                                 column.name),
                     "Leave the option out: columns take the fields of a record in their order.");
    if (!column.fallback.empty())
        refusals.add(
            location,
            fmt::format("column {} has a DEFAULT, but a record of the format csv has all "
                        "of its fields",
                        column.name),
            fmt::format("Leave it out, and write coalesce({}, …) in the statements.", column.name));
}

void check_columns(const Stream& stream, int location, Refusals& refusals) {
    bool has_field = false;
    for (const StreamColumn& column : stream.columns) {
        if (column.source != ColumnOrigin::field) continue;
        has_field = true;
        check_column(column, location, refusals);
    }
    if (!has_field)
        refusals.add(location,
                     fmt::format("stream {} has the format csv, but no column for a field",
                                 stream.name.text()),
                     "Records of any form are of the format bytes.");
}

}  // namespace

void read_delimiter(OptionList& options, const ast::Option& option, Stream& stream) {
    read_character(options, option, stream.csv.delimiter);
}
void read_quote(OptionList& options, const ast::Option& option, Stream& stream) {
    read_character(options, option, stream.csv.quote);
}
void read_escape(OptionList& options, const ast::Option& option, Stream& stream) {
    read_character(options, option, stream.csv.escape);
}

void read_null(OptionList& options, const ast::Option& option, Stream& stream) {
    stream.csv.null = value_of(option);
    if (std::ranges::any_of(stream.csv.null, breaks_lines))
        options.refuse(option, "null cannot use newline or carriage return");
}

void read_encoding(OptionList& options, const ast::Option& option, Stream&) {
    std::string letters;
    for (const unsigned char c : value_of(option))
        if (std::isalnum(c)) letters += static_cast<char>(std::tolower(c));
    if (letters != "utf8" && letters != "unicode")
        options.refuse(option, fmt::format("encoding '{}' is not supported", value_of(option)),
                       "Records are UTF8, and so is the database.");
}

bool refuse_header(OptionList& options, const ast::Option& option) {
    if (std::string_view(option.defname) != "header") return false;
    options.refuse(option, "header is not supported: a record is a row, and has no header line",
                   "Leave it out; if the producer sends a header line as a record of its own, that "
                   "becomes a row or a dead letter.");
    return true;
}

void check_csv(const OptionList& options, Stream& stream, int location, Refusals& refusals) {
    if (stream.format != "csv") {
        for (const char* name : names)
            if (options.has(name))
                refusals.add(location,
                             fmt::format("stream {} has the option {}, and the format {}",
                                         stream.name.text(), name, stream.format),
                             fmt::format("The option {} is for the format csv.", name));
        return;
    }
    if (!options.has("escape")) stream.csv.escape = stream.csv.quote;
    check_characters(stream.csv, location, refusals);
    check_columns(stream, location, refusals);
}

}  // namespace tidewheel::sql
