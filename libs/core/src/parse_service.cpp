#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "tidewheel/core/error.hpp"
#include "tidewheel/core/settings.hpp"
#include "tidewheel/core/version.hpp"

namespace tidewheel {
namespace {

std::string examples(const std::string& program) {
    return "Examples:\n"
           "  " +
           program +
           " --database postgresql://db/shop --kafka broker:9092\n"
           "  " +
           program +
           " --config /etc/tidewheel.toml --log-format json\n"
           "  TIDEWHEEL_KAFKA=broker:9092 " +
           program + " --listen 0.0.0.0:9464\n";
}

}  // namespace

bool parse_service(int argc, char** argv, const char* program, const char* purpose,
                   Audience audience, Settings& settings, int& status) {
    CLI::App app(purpose, program);
    app.footer(examples(program));
    app.set_version_flag("--version", std::string(program) + " " + std::string(version()));
    bind(app, settings, audience);
    try {
        app.parse(argc, argv);
        complete(settings);
        return true;
    } catch (const CLI::ParseError& end) {  // --help and --version end here, too
        const bool wanted = app.exit(end) == 0;
        status = static_cast<int>(wanted ? ExitCode::ok : ExitCode::usage);
    } catch (const Error& error) {
        std::cerr << program << ": " << error.what() << '\n';
        if (!error.hint().empty()) std::cerr << "hint: " << error.hint() << '\n';
        status = static_cast<int>(exit_code(error));
    }
    return false;
}

}  // namespace tidewheel
