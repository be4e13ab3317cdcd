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

// What is sent at once, roughly: the encoder keeps as much.
constexpr std::size_t most_bytes_to_merge = 1 << 20;

void add(ArrayParameters& arrays, const std::vector<engine::Vector>& columns, std::size_t groups) {
    for (const engine::Vector& column : columns) {
        postgres::begin_array(arrays.encoder(), column.kind(), groups);
        for (std::size_t group = 0; group < groups; ++group)
            postgres::encode(arrays.encoder(), column, group);
        arrays.end_array();
    }
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
    return merge(session, Merge::groups);
}

void NativeViews::rehearse(BatchSession& session) {
    merge(session, Merge::nothing);
}

// Views without a group are left out, unless it is a rehearsal.
std::vector<std::size_t> NativeViews::merge(BatchSession& session, Merge what) const {
    std::vector<std::size_t> rows(views_.size(), 0);
    for (std::size_t view = 0; view < views_.size();) {
        ArrayParameters arrays(session.encoder());
        std::vector<std::size_t> merged;
        for (; view < views_.size() && arrays.size() < most_bytes_to_merge; ++view) {
            const engine::Groups& groups = engine::GroupProgram::groups(*scratch_, view);
            if (what == Merge::groups && groups.size == 0) continue;
            add(arrays, groups.columns, what == Merge::groups ? groups.size : 0);
            merged.push_back(view);
        }
        send(session, arrays.all(), merged, rows);
    }
    return rows;
}

// In one round trip.
void NativeViews::send(BatchSession& session, std::span<const std::string_view> arrays,
                       const std::vector<std::size_t>& views,
                       std::vector<std::size_t>& rows) const {
    if (views.empty()) return;
    std::vector<postgres::BinaryCommand> commands;
    for (const std::size_t view : views) {
        const std::size_t width = engine::GroupProgram::groups(*scratch_, view).columns.size();
        commands.push_back({views_[view]->native.upsert, arrays.first(width)});
        arrays = arrays.subspan(width);
    }
    const std::vector<postgres::Rows> results = session.run(commands);
    for (std::size_t i = 0; i < views.size(); ++i)
        rows[views[i]] = results[i].affected;
}

}  // namespace tidewheel::executor
