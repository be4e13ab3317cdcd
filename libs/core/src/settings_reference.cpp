#include "tidewheel/core/settings_reference.hpp"

#include <utility>

#include "tidewheel/core/settings_table.hpp"

namespace tidewheel {
namespace {

std::string code(const std::string& text) {
    return "`" + text + "`";
}

std::string programs_words(Programs programs) {
    if (programs == Programs::all) return "all";
    std::string words;
    const std::pair<Programs, const char*> names[] = {
        {Programs::cli, "cli"},           {Programs::producer, "producer"},
        {Programs::worker, "worker"},     {Programs::aggregator, "aggregator"},
        {Programs::ingress, "ingress"},   {Programs::source, "source"},
        {Programs::notifier, "notifier"}, {Programs::changefeed, "changefeed"},
        {Programs::capture, "capture"},   {Programs::publisher, "publisher"},
        {Programs::cache, "cache"}};
    for (const auto& [one, name] : names) {
        if (is_for(programs, one)) words.append(words.empty() ? "" : ", ").append(name);
    }
    return words;
}

}  // namespace

std::string settings_as_markdown() {
    std::string page =
        "# Settings\n\n"
        "Generated from the table in `libs/core/src/settings_table.cpp`.\n\n"
        "Each setting is a flag, an environment variable and a key in a config file. A flag wins "
        "over the\n"
        "environment, the environment over the file (`--config FILE` or `TIDEWHEEL_CONFIG`), the "
        "file over the\n"
        "default. The file is plain TOML, one line for each key, such as `batch_rows = 5000`. All "
        "programs can share one file.\n"
        "`tidewheel run` has the settings of every program but cli and producer.\n"
        "Sizes are written as `512k` or `8MiB` (powers of 1024), times as `20ms`, `5s` or `2m`.\n\n"
        "| key | flag | environment | default | unit | programs | meaning |\n"
        "|---|---|---|---|---|---|---|\n";
    const Settings defaults;
    for (const Setting& row : settings_table()) {
        const std::string preset = row.print(defaults);
        for (const std::string& cell :
             {code(std::string(row.key)), code(row.flag()), code(row.environment()),
              preset.empty() ? "" : code(preset), std::string(row.unit),
              programs_words(row.programs), std::string(row.help)})
            page += "| " + cell + " ";
        page += "|\n";
    }
    return page;
}

}  // namespace tidewheel
