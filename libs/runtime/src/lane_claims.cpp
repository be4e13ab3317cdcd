#include "tidewheel/runtime/lane_claims.hpp"

#include "tidewheel/catalogue/resolution.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::runtime {

CatalogueClaims::CatalogueClaims(postgres::Connection& connection, catalogue::Claimant claimant)
    : connection_(connection), claimant_(std::move(claimant)) {}

CatalogueClaims::CatalogueClaims(const std::string& database, const std::string& program,
                                 catalogue::Claimant claimant)
    : own_(std::make_unique<postgres::Connection>(database, program)),
      connection_(*own_),
      claimant_(std::move(claimant)) {
    catalogue::look_nowhere_else(connection_);
}

std::vector<catalogue::MissingPlace> CatalogueClaims::missing() {
    return catalogue::missing_places(connection_);
}

std::map<engine::TopicPartition, std::int64_t> CatalogueClaims::epochs() {
    std::map<engine::TopicPartition, std::int64_t> epochs;
    for (const auto& [where, epoch] : catalogue::epochs_of(connection_, claimant_))
        epochs.emplace(engine::TopicPartition{where.first, where.second}, epoch);
    return epochs;
}

std::vector<catalogue::LaneClaim*> CatalogueClaims::unbegun(
    std::vector<catalogue::LaneClaim>& lanes) {
    return catalogue::unbegun(connection_, lanes);
}

void CatalogueClaims::claim(std::vector<catalogue::LaneClaim>& lanes,
                            std::int64_t catalogue_version) {
    catalogue::claim(connection_, claimant_, lanes, catalogue_version);
}

void CatalogueClaims::release(const engine::TopicPartition& where) {
    catalogue::release(connection_, claimant_, where.topic, where.partition);
}

bool CatalogueClaims::is_still_ours(const catalogue::LaneClaim& lane) {
    return catalogue::is_still_of(connection_, claimant_, lane);
}

}  // namespace tidewheel::runtime
