#include "tidewheel/flags/parse_service.hpp"

#include <CLI/CLI.hpp>

#include "tidewheel/core/error.hpp"
#include "tidewheel/core/validate.hpp"
#include "tidewheel/core/version.hpp"
#include "tidewheel/flags/command_line.hpp"
#include "tidewheel/flags/settings_flags.hpp"

namespace tidewheel::flags {
namespace {

std::string examples(const Program& program) {
    const std::string name = program.name;
    const char* database =
        program.programs == Programs::producer ? "" : " --database postgresql://db/shop";
    return "Examples:\n"
           "  " +
           name + database +
           " --kafka broker:9092\n"
           "  " +
           name +
           " --config /etc/tidewheel.toml --log-format json\n"
           "  TIDEWHEEL_KAFKA=broker:9092 " +
           name + " --listen 0.0.0.0:9464\n";
}

}  // namespace

Result<Settings, int> parse_service(int argc, char** argv, const Program& program) {
    Settings settings;
    CLI::App app(program.purpose, program.name);
    app.footer(examples(program));
    app.set_version_flag("--version", std::string(program.name) + " " + std::string(version()));
    add_settings(app, settings, program.programs);
    add_flags(app, program.flags);
    try {
        app.parse(argc, argv);
        validate(settings);
        return settings;
    } catch (const CLI::ParseError& end) {  // --help and --version end here, too
        return end_of_parsing(app, end);
    } catch (const Error& error) {
        return report(program.name, error);
    }
}

}  // namespace tidewheel::flags
