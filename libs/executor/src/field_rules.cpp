#include "tidewheel/executor/field_rules.hpp"

#include <algorithm>

#include "native_forms.hpp"

namespace tidewheel::executor {
namespace {

using engine::Expression;

// What only Kafka says: which record it is, and when it was written.
bool reads_record(const Expression& expression, const engine::Schema& schema) {
    using Node = Expression::Node;
    if (expression.node == Node::record_time) return true;
    if (expression.node == Node::column &&
        schema.columns[expression.column].source != engine::ColumnOrigin::field)
        return true;
    return std::ranges::any_of(expression.arguments, [&](const Expression& argument) {
        return reads_record(argument, schema);
    });
}

// The rule alone, for what another one has doesn't matter.
NativeRules native_form(postgres::Transaction& transaction, const catalogue::StoredStream& stream,
                        const catalogue::CheckRule& rule) {
    StreamPlan plan{stream, stream.schema, {}, {}, {}, {}, {}, {}};
    plan.stream.checks = {rule};
    add_native_forms(transaction, plan);
    return std::move(plan.native_rules);
}

}  // namespace

FieldRules field_rules(postgres::Connection& connection, const catalogue::StoredStream& stream) {
    FieldRules found;
    if (stream.checks.empty()) return found;
    postgres::Transaction transaction(connection);  // rolled back
    transaction.run("SET LOCAL search_path = pg_catalog, pg_temp");
    transaction.run(stage_ddl(stream));
    for (const catalogue::CheckRule& rule : stream.checks) {
        NativeRules native = native_form(transaction, stream, rule);
        if (native.checks && reads_record(native.checks->front(), stream.schema)) {
            native.checks.reset();
            native.reason = "it reads more than the fields";
        }
        if (!native.checks) {
            found.left.emplace_back(rule.name, native.reason);
            continue;
        }
        found.rules.push_back(rule);
        found.checks.push_back(std::move(native.checks->front()));
    }
    return found;
}

}  // namespace tidewheel::executor
