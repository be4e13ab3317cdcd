#include "tidewheel/core/error.hpp"

namespace tidewheel {

ExitCode exit_code(const Error& error) {
    switch (error.kind()) {
        case Error::Kind::setting:
            return ExitCode::usage;
        case Error::Kind::pipeline:
            return ExitCode::pipeline;
        case Error::Kind::refused:
            return ExitCode::refused;
        case Error::Kind::unavailable:
        case Error::Kind::fenced:  // the remedy is the same: start again, and claim again
            return ExitCode::unavailable;
    }
    return ExitCode::internal;
}

}  // namespace tidewheel
