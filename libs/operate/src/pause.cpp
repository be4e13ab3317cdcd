#include "tidewheel/operate/pause.hpp"

#include "tidewheel/catalogue/catalogue_change.hpp"
#include "tidewheel/catalogue/catalogue_rows.hpp"

namespace tidewheel::operate {

std::vector<Paused> set_paused(const catalogue::Database& database,
                               const std::vector<std::string>& names, bool paused) {
    std::vector<Paused> outcomes;
    catalogue::change_what_runs(database, [&](postgres::Transaction& transaction,
                                              const catalogue::CatalogueRows& catalogue_rows) {
        outcomes.clear();
        std::vector<const catalogue::AppliedStatement*> to_change;
        for (const catalogue::AppliedStatement* statement :
             catalogue::find_statements(catalogue_rows, names)) {
            outcomes.push_back({statement->name, statement->paused == paused});
            if (statement->paused != paused) to_change.push_back(statement);
        }
        if (to_change.empty()) return;
        catalogue::fence_off(transaction, to_change);
        for (const catalogue::AppliedStatement* statement : to_change)
            catalogue::record_pause(transaction, statement->id, paused);
    });
    return outcomes;
}

}  // namespace tidewheel::operate
