#include "tidewheel/operate/pause.hpp"

#include <algorithm>
#include <functional>

#include "tidewheel/catalogue/catalogue_change.hpp"
#include "tidewheel/catalogue/catalogue_rows.hpp"
#include "tidewheel/catalogue/deliveries.hpp"
#include "tidewheel/catalogue/sinks.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::operate {
namespace {

using postgres::Transaction;

// What the names mean, each once, in their order.
class Change {
  public:
    Change(Transaction& transaction, const catalogue::CatalogueRows& rows, bool paused)
        : transaction_(transaction), rows_(rows), paused_(paused) {}

    void add(const std::string& name) {
        if (const catalogue::AppliedStatement* statement = rows_.given_statement(name))
            return add(*statement);
        if (const catalogue::AppliedStream* stream = rows_.given_stream(name)) return add(*stream);
        if (const catalogue::AppliedObject* sink = rows_.given_sink(name)) return add(*sink);
        throw Error(Error::Kind::setting, "there is no statement, sink or stream " + name,
                    "tidewheel status lists the statements and sinks.");
    }

    // Statements first: others lock in this order, too.
    std::vector<Paused> make() {
        if (!statements_.empty()) {
            catalogue::fence_off(transaction_, statements_);
            for (const catalogue::AppliedStatement* statement : statements_)
                catalogue::record_pause(transaction_, statement->id, paused_);
        }
        bool has_changed = false;
        for (auto& [index, record] : others_) {
            const bool changed = record();
            outcomes_[index].was_so = !changed;
            has_changed = has_changed || changed;
        }
        if (has_changed && statements_.empty()) catalogue::raise_version(transaction_);
        return outcomes_;
    }

  private:
    void add(const catalogue::AppliedStatement& statement) {
        if (!is_new(statement.name, statement.paused == paused_)) return;
        if (statement.paused != paused_) statements_.push_back(&statement);
    }

    void add(const catalogue::AppliedStream& stream) {
        const std::string label = sql::label(stream.name);
        const std::optional<int> outbox = catalogue::find_sink_of_stream(transaction_, stream.id);
        if (!outbox && !has_intake(stream.name))
            throw Error(Error::Kind::setting,
                        "nothing writes to stream " + label +
                            ": it has no ingress, source or changes_of, and no INSERT",
                        "Pause the statements that read it.");
        if (is_new(label, false))
            others_.emplace_back(outcomes_.size() - 1, [this, id = stream.id, outbox] {
                const bool changed = catalogue::record_intake_pause(transaction_, id, paused_);
                if (outbox) pause_sink(*outbox);
                return changed;
            });
    }

    void add(const catalogue::AppliedObject& sink) {
        const std::optional<int> id = catalogue::find_sink(transaction_, sink.object);
        if (!id || !is_new(sink.object, false)) return;
        others_.emplace_back(outcomes_.size() - 1, [this, id] { return pause_sink(*id); });
    }

    bool has_intake(const sql::RelationName& stream) const {
        return std::ranges::any_of(catalogue::declared_streams(rows_), [&](const auto& each) {
            return each.name == stream &&
                   (!each.ingress.empty() || !each.source.url.empty() || each.changes_of);
        });
    }

    // False: it was so already.
    bool pause_sink(int id) {
        const bool changed = catalogue::record_sink_pause(transaction_, id, paused_);
        if (changed && !paused_) catalogue::forgive_failures(transaction_, id);
        return changed;
    }

    bool is_new(const std::string& name, bool was_so) {
        if (std::ranges::find(outcomes_, name, &Paused::name) != outcomes_.end()) return false;
        outcomes_.push_back({name, was_so});
        return true;
    }

    Transaction& transaction_;
    const catalogue::CatalogueRows& rows_;
    const bool paused_;
    std::vector<Paused> outcomes_;
    std::vector<const catalogue::AppliedStatement*> statements_;
    // Of sinks and streams: which outcome, and what makes it; false: it was so already.
    std::vector<std::pair<std::size_t, std::function<bool()>>> others_;
};

}  // namespace

std::vector<Paused> set_paused(const catalogue::Database& database,
                               const std::vector<std::string>& names, bool paused) {
    std::vector<Paused> outcomes;
    catalogue::change_what_runs(
        database, [&](Transaction& transaction, const catalogue::CatalogueRows& rows) {
            Change change(transaction, rows, paused);
            for (const std::string& name : names)
                change.add(name);
            outcomes = change.make();
        });
    return outcomes;
}

}  // namespace tidewheel::operate
