#pragma once
#include <fmt/format.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ast.hpp"
#include "source_text.hpp"

namespace tidewheel::sql {

inline std::string value_of(const ast::Option& option) {
    auto* string = ast::as<ast::String>(option.arg);
    return string ? string->sval : "";
}

// The options of one OPTIONS (…), each at most once.
class OptionList {
  public:
    OptionList(ast::Nodes options, Refusals& refusals) : refusals_(refusals) {
        for (ast::Node* node : options) {
            auto* option = ast::as<ast::Option>(node);
            if (!option) continue;
            if (!names_.insert(option->defname).second) {
                refuse(*option, fmt::format("option {} is given twice", option->defname));
            }
            options_.push_back(option);
        }
    }

    void refuse(const ast::Option& option, std::string what, std::string hint = {}) {
        refusals_.add(option.location, std::move(what), std::move(hint));
    }
    bool has(const std::string& name) const { return names_.count(name) > 0; }
    const std::vector<ast::Option*>& all() const { return options_; }

  private:
    Refusals& refusals_;
    std::vector<ast::Option*> options_;
    std::set<std::string> names_;
};

}  // namespace tidewheel::sql
