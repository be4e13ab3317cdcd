#include "unit.hpp"

#include <algorithm>
#include <map>

namespace tidewheel::verify {

using catalogue::StoredStatement;

std::vector<Unit> units_of(const catalogue::Catalogue& catalogue, const std::vector<int>& chosen) {
    std::map<sql::RelationName, Unit> by_target;
    for (const int id : chosen)
        for (const StoredStatement& statement : catalogue.statements)
            if (statement.id == id) by_target[target_of(statement)];
    for (const StoredStatement& statement : catalogue.statements)
        if (const auto unit = by_target.find(target_of(statement)); unit != by_target.end())
            unit->second.statements.push_back(&statement);
    std::vector<Unit> units;
    for (auto& [target, unit] : by_target) {
        unit.result.stored = target.text();
        for (const StoredStatement* statement : unit.statements)
            unit.result.statements.push_back(statement->statement.name);
        units.push_back(std::move(unit));
    }
    return units;
}

bool stand_alone(const Unit& unit) {
    return std::all_of(unit.statements.begin(), unit.statements.end(), [](const auto* each) {
        if (const auto* view = std::get_if<sql::ViewStatement>(&each->statement.body))
            return view->rows.has_value();
        const auto* rows = std::get_if<sql::RowStatement>(&each->statement.body);
        return !rows->merge && rows->on_conflict == sql::OnConflict::none;
    });
}

void add_once(std::vector<std::string>& lines, const std::string& line) {
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(line);
}

}  // namespace tidewheel::verify
