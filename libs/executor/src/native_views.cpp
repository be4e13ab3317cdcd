#include "native_views.hpp"

#include "array_parameters.hpp"

namespace tidewheel::executor {
namespace {

engine::GroupQuery query_of(const StreamPlan& plan, const StreamPlan::ViewPass& pass) {
    engine::GroupQuery query;
    for (const std::size_t view : pass.views) {
        const engine::GroupQuery& each = *plan.views[view].native.query;
        query.where = each.where;
        query.groupings.push_back(each.groupings.front());
    }
    return query;
}

}  // namespace

NativeViews::NativeViews(const StreamPlan& plan, const StreamPlan::ViewPass& pass)
    : columns_(plan.schema.columns.size()),
      program_(std::get<engine::GroupProgram>(
          engine::GroupProgram::compile(plan.schema, query_of(plan, pass)))),
      scratch_(program_.make_scratch()) {
    for (const std::size_t view : pass.views)
        views_.push_back(&plan.views[view]);
}

std::vector<const catalogue::StoredStatement*> NativeViews::statements() const {
    std::vector<const catalogue::StoredStatement*> statements;
    for (const StreamPlan::ViewTask* view : views_)
        statements.push_back(&view->statement);
    return statements;
}

std::vector<bool> NativeViews::needs() const {
    return std::vector<bool>(columns_, false);
}

std::vector<std::size_t> NativeViews::run(BatchSession& session, const BatchRange& range) {
    if (!program_.run(range.batch, range.accepted, *scratch_)) throw Declined();
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < views_.size(); ++i) {
        const engine::Groups& groups = engine::GroupProgram::groups(*scratch_, i);
        rows.push_back(groups.size == 0 ? 0
                                        : merge(session, *views_[i], groups.columns, groups.size));
    }
    return rows;
}

void NativeViews::rehearse(BatchSession& session) {
    for (std::size_t i = 0; i < views_.size(); ++i)
        merge(session, *views_[i], engine::GroupProgram::groups(*scratch_, i).columns, 0);
}

std::size_t NativeViews::merge(BatchSession& session, const StreamPlan::ViewTask& view,
                               const std::vector<engine::Vector>& columns, std::size_t groups) {
    ArrayParameters arrays(session.encoder());
    for (const engine::Vector& column : columns) {
        postgres::begin_array(arrays.encoder(), column.kind(), groups);
        for (std::size_t group = 0; group < groups; ++group)
            postgres::encode(arrays.encoder(), column, group);
        arrays.end_array();
    }
    return session.run(view.native.upsert, arrays.all()).affected;
}

}  // namespace tidewheel::executor
