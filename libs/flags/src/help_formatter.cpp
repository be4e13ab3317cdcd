#include "help_formatter.hpp"

#include <set>
#include <string>

namespace tidewheel::flags {
namespace {

class HelpFormatter final : public CLI::Formatter {
  public:
    // What follows an option's name: " rows [5000] (Env:TIDEWHEEL_BATCH_ROWS)".
    std::string make_option_opts(const CLI::Option* option) const override {
        std::string text;
        if (option->get_type_size() != 0) text = value(*option);
        if (!option->get_envname().empty()) text += " (Env:" + option->get_envname() + ")";
        return text + others(" Needs:", option->get_needs()) +
               others(" Excludes:", option->get_excludes());
    }

  private:
    static std::string value(const CLI::Option& option) {
        std::string text;
        if (!option.get_type_name().empty()) text += " " + option.get_type_name();
        const std::string preset = option.get_default_str();
        if (preset.starts_with('['))  // a list
            text += " " + preset;
        else if (!preset.empty())
            text += " [" + preset + "]";
        if (option.get_expected_max() == CLI::detail::expected_max_vector_size) text += " ...";
        if (option.get_required()) text += " REQUIRED";
        return text;
    }

    static std::string others(std::string text, const std::set<CLI::Option*>& options) {
        for (const CLI::Option* option : options)
            text += " " + option->get_name();
        return options.empty() ? "" : text;
    }
};

}  // namespace

std::shared_ptr<CLI::Formatter> help_formatter() {
    return std::make_shared<HelpFormatter>();
}

}  // namespace tidewheel::flags
