#pragma once
#include <string>
#include <vector>

#include "cli/deployment.hpp"

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;

struct PlanOptions {
    std::vector<std::string> paths;  // none: what the catalogue holds
    bool rebuild = false;
};

void add_plan(CLI::App& program, Context& context);
int plan(Context& context, const PlanOptions& options);

std::string kind_of(const sql::Statement& statement);  // stream, rows, view, CREATE TABLE…
// For people: "view sales_hourly", "CREATE TABLE discounted_events".
std::string title(const sql::Statement& statement);
std::string outcome(Verdict verdict, bool to_come);  // "created", or "to be created"

}  // namespace tidewheel::cli
