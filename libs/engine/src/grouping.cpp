#include "tidewheel/engine/grouping.hpp"

#include <algorithm>
#include <array>

#include "folds.hpp"
#include "group_index.hpp"

namespace tidewheel::engine {

class GroupProgram::Scratch {
  public:
    Scratch(const GroupProgram& program)
        : where(program.where_),
          values(program.values_),
          groups(program.plans_.size()),
          indexes(program.plans_.size()) {
        for (std::size_t i = 0; i < groups.size(); ++i)
            for (const Kind kind : program.plans_[i].kinds)
                groups[i].columns.emplace_back(kind);
    }

    RowFilter::Scratch where;
    std::vector<std::uint32_t> selected;  // of a chunk
    Program::Scratch values;
    std::vector<Groups> groups;  // by grouping
    std::vector<GroupIndex> indexes;
};

namespace {

std::string words_of(const Aggregate& aggregate) {
    return "aggregate " + aggregate.function +
           (aggregate.argument ? "(" + aggregate.argument->type.sql + ")" : "");
}

}  // namespace

std::variant<GroupProgram, Unsupported> GroupProgram::compile(const Schema& schema,
                                                              const GroupQuery& query) {
    GroupProgram program;
    std::vector<Expression> expressions;
    const auto add = [&](const Expression& expression) {
        expressions.push_back(expression);
        return expressions.size() - 1;
    };
    for (const Grouping& grouping : query.groupings) {
        Plan plan;
        for (const Expression& key : grouping.keys) {
            if (!can_group_by(key.type.kind)) return Unsupported{"a key of type " + key.type.sql};
            if (!key.bytewise) return Unsupported{"a collation that does not compare bytes"};
            plan.keys.push_back(add(key));
            plan.kinds.push_back(key.type.kind);
        }
        for (const Aggregate& aggregate : grouping.aggregates) {
            Step step{count_rows, aggregate.function == "count", {}, {}};
            if (aggregate.argument) {
                const Expression& argument = *aggregate.argument;
                const FoldEntry* fold = find_fold(aggregate.function, argument.type.kind);
                if (!fold || fold->result != aggregate.result.kind)
                    return Unsupported{words_of(aggregate)};
                if (argument.type.kind == Kind::text && !step.starts_at_zero && !argument.c_order)
                    return Unsupported{"a collation that does not compare bytes"};
                step.fold = fold->run;
                step.argument = add(argument);
            } else if (!step.starts_at_zero) {
                return Unsupported{words_of(aggregate)};
            }
            if (aggregate.filter) {
                if (aggregate.filter->type.kind != Kind::boolean)
                    return Unsupported{"type " + aggregate.filter->type.sql};
                step.filter = add(*aggregate.filter);
            }
            plan.steps.push_back(step);
            plan.kinds.push_back(aggregate.result.kind);
        }
        program.plans_.push_back(std::move(plan));
    }
    auto values = Program::compile(schema, expressions);
    if (auto* unsupported = std::get_if<Unsupported>(&values)) return std::move(*unsupported);
    program.values_ = std::get<Program>(std::move(values));
    auto where = RowFilter::compile(schema, query.where);
    if (auto* unsupported = std::get_if<Unsupported>(&where)) return std::move(*unsupported);
    program.where_ = std::get<RowFilter>(std::move(where));
    return program;
}

// Groups the rows of one batch, chunk by chunk.
class GroupRun {
  public:
    GroupRun(const GroupProgram& program, const Batch& batch, GroupProgram::Scratch& scratch)
        : program_(program), batch_(batch), scratch_(scratch) {
        scratch_.values.forget();
        for (std::size_t i = 0; i < scratch_.groups.size(); ++i) {
            scratch_.groups[i].size = 0;
            for (Vector& column : scratch_.groups[i].columns)
                column.resize(0);
            scratch_.indexes[i].clear();
        }
    }
    ~GroupRun() {
        scratch_.where.release();
        scratch_.values.release();
    }
    GroupRun(const GroupRun&) = delete;
    GroupRun& operator=(const GroupRun&) = delete;

    bool add(RowNumbers rows) {
        std::vector<std::uint32_t>& selected = scratch_.selected;
        selected.clear();
        if (!program_.where_.select(batch_, rows, scratch_.where, selected)) return false;
        scratch_.values.restart(program_.values_);
        for (std::size_t i = 0; i < program_.plans_.size() && !selected.empty(); ++i)
            if (!add(selected, i)) return false;
        return true;
    }

    // A grouping without keys has its group without rows, too.
    bool finish() {
        for (std::size_t i = 0; i < program_.plans_.size(); ++i) {
            Groups& groups = scratch_.groups[i];
            if (!program_.plans_[i].keys.empty() || groups.size > 0) continue;
            std::uint32_t group = 0;
            scratch_.indexes[i].find({}, 1, groups.columns, groups.size, &group);
            start(program_.plans_[i], groups, 0);
        }
        return true;
    }

  private:
    using Plan = GroupProgram::Plan;

    bool value(std::size_t index, RowNumbers rows, Values& values) {
        return program_.values_.run(index, batch_, rows, scratch_.values, values);
    }

    bool add(RowNumbers rows, std::size_t i) {
        const Plan& plan = program_.plans_[i];
        Groups& groups = scratch_.groups[i];
        keys_.resize(plan.keys.size());
        for (std::size_t key = 0; key < keys_.size(); ++key)
            if (!value(plan.keys[key], rows, keys_[key])) return false;
        const std::size_t known = groups.size;
        if (!scratch_.indexes[i].find(keys_, rows.size(), groups.columns, groups.size,
                                      row_groups_.data()))
            return false;
        start(plan, groups, known);
        for (std::size_t step = 0; step < plan.steps.size(); ++step)
            if (!fold(plan.steps[step], rows, groups.columns[plan.keys.size() + step]))
                return false;
        return true;
    }

    static void start(const Plan& plan, Groups& groups, std::size_t from) {
        for (std::size_t step = 0; step < plan.steps.size(); ++step)
            for (std::size_t group = from; group < groups.size && plan.steps[step].starts_at_zero;
                 ++group)
                groups.columns[plan.keys.size() + step].set(group, std::int64_t{0});
    }

    bool fold(const GroupProgram::Step& step, RowNumbers rows, Vector& state) {
        Values argument, filter;
        if (step.argument && !value(*step.argument, rows, argument)) return false;
        if (step.filter && !value(*step.filter, rows, filter)) return false;
        return step.fold(state, {row_groups_.data(), rows.size()},
                         step.argument ? &argument : nullptr, step.filter ? &filter : nullptr);
    }

    const GroupProgram& program_;
    const Batch& batch_;
    GroupProgram::Scratch& scratch_;
    std::array<std::uint32_t, Program::most_rows> row_groups_;
    std::vector<Values> keys_;
};

std::shared_ptr<GroupProgram::Scratch> GroupProgram::make_scratch() const {
    return std::make_shared<Scratch>(*this);
}

bool GroupProgram::run(const Batch& batch, RowNumbers rows, Scratch& scratch) const {
    GroupRun run(*this, batch, scratch);
    return in_chunks(rows, [&](RowNumbers chunk) { return run.add(chunk); }) && run.finish();
}

const Groups& GroupProgram::groups(const Scratch& scratch, std::size_t i) {
    return scratch.groups[i];
}

}  // namespace tidewheel::engine
