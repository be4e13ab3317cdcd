#include "trial.hpp"

#include <algorithm>

#include "tidewheel/core/weakened.hpp"
#include "tidewheel/executor/stage.hpp"

namespace tidewheel::executor {
namespace {

// How many neighbours are tried for one refused row: enough to find one among many bad ones, and
// few enough to be done again every few seconds while none passes.
constexpr std::size_t most_tried = 100;

}  // namespace

// Runs over a range; when PostgreSQL refuses a row in it, over its halves, down to the single row,
// which is judged.
void Trial::halve(std::size_t first, std::size_t last) {
    session_.run("SAVEPOINT halve; " + stage_range(first, last));
    const auto undo = step_.checkpoint();
    try {
        step_.run(first, last);
        // A deferred constraint fails here, where the row can be found, and not at COMMIT.
        session_.run("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED; RELEASE halve");
    } catch (const postgres::DatabaseError& error) {
        if (error.blame() == postgres::Blame::server) throw;
        session_.run("ROLLBACK TO halve; RELEASE halve");
        undo();
        if (weakened("no_halving")) return step_.park(first, error);
        if (last - first == 1) return judge(first, error);
        const std::size_t middle = first + (last - first) / 2;
        halve(first, middle);
        halve(middle, last);
    }
}

void Trial::judge(std::size_t row, const postgres::DatabaseError& error) {
    // The table may have changed since the first rehearsal: no row is to blame for that.
    if (!error.is_about_data()) step_.rehearse();
    if (error.blame() != postgres::Blame::row) {
        if (!is_settled(row, error)) return step_.hold(row, error);
        if (try_alone(row))
            throw Error(Error::Kind::unavailable,
                        "PostgreSQL accepts a record that it has just refused: " +
                            std::string(error.what()));
    }
    step_.park(row, error);
}

bool Trial::is_settled(std::size_t row, const postgres::DatabaseError& error) {
    const bool is_unknown = error.blame() == postgres::Blame::unknown;
    switch (find_witness(row, error.blame())) {
        case Witness::strong:
            return is_unknown || step_.is_old(row);
        case Witness::weak:
            return is_unknown && step_.is_old(row);
        case Witness::none:
            break;
    }
    return false;
}

// The row's next neighbours first, then others all over the batch.
Witness Trial::find_witness(std::size_t refused, postgres::Blame blame) {
    Witness best = Witness::none;
    const std::size_t stride = std::max<std::size_t>(1, (rows_ - 1) / most_tried);
    for (std::size_t i = 1; i < rows_ && best != Witness::strong; i += i < 10 ? 1 : stride) {
        const std::size_t row = (refused + i) % rows_;
        if (const auto stored = try_alone(row))
            best = std::max(best, step_.weigh(row, *stored, refused, blame));
    }
    return best;
}

// What it stores, all of which is undone; nothing: it is refused.
std::optional<std::size_t> Trial::try_alone(std::size_t row) {
    session_.run("SAVEPOINT alone; " + stage_range(row, row + 1));
    const auto undo = step_.checkpoint();
    std::optional<std::size_t> stored;
    try {
        stored = step_.run(row, row + 1);
        session_.run("SET CONSTRAINTS ALL IMMEDIATE");
    } catch (const postgres::DatabaseError& error) {
        if (error.blame() == postgres::Blame::server) throw;
        stored.reset();
    }
    session_.run("ROLLBACK TO alone; RELEASE alone");
    undo();
    return stored;
}

}  // namespace tidewheel::executor
