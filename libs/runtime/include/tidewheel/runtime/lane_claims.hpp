#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tidewheel/catalogue/claim.hpp"
#include "tidewheel/engine/topic_partition.hpp"

namespace tidewheel::runtime {

// What the catalogue decides about the lanes of one claimant: the functions of
// catalogue/claim.hpp, which say what each does and throws. One thread.
class LaneClaims {
  public:
    virtual ~LaneClaims() = default;
    virtual std::vector<catalogue::MissingPlace> missing() = 0;
    virtual std::map<engine::TopicPartition, std::int64_t> epochs() = 0;
    virtual std::vector<catalogue::LaneClaim*> unbegun(
        std::vector<catalogue::LaneClaim>& lanes) = 0;
    virtual void claim(std::vector<catalogue::LaneClaim>& lanes,
                       std::int64_t catalogue_version) = 0;
    virtual void release(const engine::TopicPartition& where) = 0;
    virtual bool is_still_ours(const catalogue::LaneClaim& lane) = 0;
};

// Opens what one assignment needs. Throws Error when PostgreSQL is unavailable.
using ConnectClaims = std::function<std::unique_ptr<LaneClaims>()>;

// The real ones.
class CatalogueClaims final : public LaneClaims {
  public:
    // Over the caller's connection, which outlives them.
    CatalogueClaims(postgres::Connection& connection, catalogue::Claimant claimant);
    // Over a connection of their own.
    CatalogueClaims(const std::string& database, const std::string& program,
                    catalogue::Claimant claimant);

    std::vector<catalogue::MissingPlace> missing() override;
    std::map<engine::TopicPartition, std::int64_t> epochs() override;
    std::vector<catalogue::LaneClaim*> unbegun(std::vector<catalogue::LaneClaim>& lanes) override;
    void claim(std::vector<catalogue::LaneClaim>& lanes, std::int64_t catalogue_version) override;
    void release(const engine::TopicPartition& where) override;
    bool is_still_ours(const catalogue::LaneClaim& lane) override;

  private:
    std::unique_ptr<postgres::Connection> own_;
    postgres::Connection& connection_;
    catalogue::Claimant claimant_;
};

}  // namespace tidewheel::runtime
