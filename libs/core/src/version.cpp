#include "tidewheel/core/version.hpp"

namespace tidewheel {

std::string_view version() {
    return TIDEWHEEL_VERSION;
}

}  // namespace tidewheel
