#include "commit_outcome.hpp"

#include <algorithm>
#include <vector>

#include "tidewheel/core/weakened.hpp"

namespace tidewheel::engine {

bool was_stored(BatchSink& sink, const CommitRequest& work) {
    const std::vector<StatementProgress> now = sink.open();
    if (weakened("blind_retry")) return false;
    const auto at = [&](std::int64_t offset) {
        return std::all_of(work.statements.begin(), work.statements.end(), [&](int statement) {
            return std::any_of(now.begin(), now.end(), [&](const StatementProgress& each) {
                return each.statement == statement && each.next_offset == offset;
            });
        });
    };
    if (at(work.end)) return true;
    if (at(work.begin)) return false;
    throw Error(Error::Kind::fenced, "the progress of this partition was moved by another owner");
}

}  // namespace tidewheel::engine
