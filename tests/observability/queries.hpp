// The queries of this repository's Prometheus rules and Grafana dashboard.
#pragma once

#include <string>
#include <vector>

#include "promql.hpp"

namespace tidewheel::observability {

struct Rule {
    std::string record;  // the name of a recording rule's series
    std::string alert;   // or an alert's name
    std::string expr;
    Labels labels_in_text;  // {{ $labels.topic }} in an alert's summary
};
// In the order of the file, which is that of their evaluation.
std::vector<Rule> rules_of(const std::string& yaml_file);

struct PanelQuery {
    std::string expr;
    Labels labels_in_text;  // {{topic}} in the legend
};
std::vector<PanelQuery> queries_of(const std::string& dashboard_file);

struct Variable {
    std::string selector;  // label_values(selector, label)
    std::string label;
};
std::vector<Variable> variables_of(const std::string& dashboard_file);

}  // namespace tidewheel::observability
