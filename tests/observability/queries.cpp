#include "queries.hpp"

#include <fstream>
#include <functional>
#include <iterator>
#include <regex>
#include <stdexcept>

#include "tidewheel/codec/json.hpp"

namespace tidewheel::observability {
namespace {

using codec::Json;

Json read_json(const std::string& path) {
    std::ifstream file(path);
    std::string error;
    auto json = Json::parse(std::string(std::istreambuf_iterator<char>(file), {}), &error);
    if (!json) throw std::runtime_error(path + ": " + error);
    return *std::move(json);
}

// Every object, with those that it contains.
void visit(const Json& node, const std::function<void(const Json&)>& look) {
    if (node.is_array())
        for (const Json& item : node.items())
            visit(item, look);
    if (!node.is_object()) return;
    look(node);
    for (const auto& [name, member] : node.members())
        visit(member, look);
}

std::string text(const Json& object, std::string_view member) {
    const Json* found = object.find(member);
    return found != nullptr && found->is_string() ? found->string() : "";
}

Labels placeholders(const std::string& text, const std::string& pattern) {
    const std::regex placeholder(pattern);
    Labels found;
    for (std::sregex_iterator match(text.begin(), text.end(), placeholder), end; match != end;
         ++match)
        found.insert((*match)[1]);
    return found;
}

void merge(Labels& into, const Labels& more) {
    into.insert(more.begin(), more.end());
}

}  // namespace

// The rules are written as `key: value` lines, and an expression that doesn't fit on one as a block
// (`expr: |`), more indented.
std::vector<Rule> rules_of(const std::string& yaml_file) {
    std::ifstream file(yaml_file);
    if (!file) throw std::runtime_error(yaml_file + " can't be read");
    static const std::regex entry(R"(^( *)(- )?(\w+): ?(.*)$)");
    std::vector<Rule> rules;
    std::size_t block = 0;  // the indentation of an expression that continues
    for (std::string line; std::getline(file, line);) {
        const std::size_t indentation = std::min(line.find_first_not_of(' '), line.size());
        std::smatch part;
        if (block != 0 && indentation > block) {
            rules.back().expr += " " + line;
            continue;
        }
        block = 0;
        if (!std::regex_match(line, part, entry)) continue;
        if (part[3] == "record")
            rules.push_back({part[4], {}, {}, {}});
        else if (part[3] == "alert")
            rules.push_back({{}, part[4], {}, {}});
        else if (part[3] == "expr" && part[4] == "|")
            block = indentation;
        else if (part[3] == "expr")
            rules.back().expr = part[4];
        else if (!rules.empty())
            merge(rules.back().labels_in_text, placeholders(line, R"(\$labels\.(\w+))"));
    }
    return rules;
}

std::vector<PanelQuery> queries_of(const std::string& dashboard_file) {
    std::vector<PanelQuery> queries;
    visit(read_json(dashboard_file), [&](const Json& node) {
        const std::string expr = text(node, "expr");
        if (expr.empty()) return;
        Labels named;
        for (const char* member : {"legendFormat", "titleFormat", "textFormat"})
            merge(named, placeholders(text(node, member), R"(\{\{ *(\w+) *\}\})"));
        queries.push_back({expr, named});
    });
    return queries;
}

std::vector<Variable> variables_of(const std::string& dashboard_file) {
    static const std::regex values(R"(label_values\((.*), *(\w+)\))");
    std::vector<Variable> variables;
    visit(read_json(dashboard_file), [&](const Json& node) {
        const std::string definition = text(node, "definition");
        std::smatch part;
        if (std::regex_match(definition, part, values))
            variables.push_back({part[1], part[2]});
        else if (!definition.empty())
            throw std::runtime_error(definition + " is no label_values(…)");
    });
    return variables;
}

}  // namespace tidewheel::observability
