#include "changes_option.hpp"

namespace tidewheel::sql {

void read_changes_of(OptionList& options, const ast::Option& option, Stream& stream) {
    const std::string value = value_of(option);
    const auto table = qualified_name(value);
    if (!table)
        return options.refuse(
            option, fmt::format("changes_of '{}' is not a table with its schema", value),
            "Write it like 'public.products', with double quotes where SQL wants them.");
    stream.changes_of = *table;
    // A deleted row is a record, and then a tombstone, which compaction needs.
    stream.ignores_tombstones = true;
}

void check_changes(const OptionList& options, const Stream& stream, int location,
                   Refusals& refusals) {
    if (!stream.changes_of) return;
    for (const char* other : {"ingress", "source", "key", "route"})
        if (options.has(other))
            refusals.add(
                location,
                fmt::format("stream {} has both changes_of and {}", stream.name.text(), other),
                "The key of a record of changes is the primary key, which also decides the "
                "partition.");
    if (stream.format != "json")
        refusals.add(location,
                     fmt::format("stream {} has changes_of, which writes JSON, and the format {}",
                                 stream.name.text(), stream.format),
                     "Leave out the format.");
}

}  // namespace tidewheel::sql
