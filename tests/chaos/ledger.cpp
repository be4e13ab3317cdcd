#include "chaos/ledger.hpp"

#include <array>

namespace tidewheel::chaos {

std::string_view word(Kind kind) {
    constexpr std::array<std::string_view, 3> words{"good", "refused", "bad"};
    return words.at(static_cast<std::size_t>(kind));
}

std::string_view word(Fate fate) {
    constexpr std::array<std::string_view, 3> words{"uncertain", "acknowledged", "aborted"};
    return words.at(static_cast<std::size_t>(fate));
}

std::int64_t Ledger::enter(Kind kind) {
    const std::lock_guard lock(mutex_);
    const auto id = static_cast<std::int64_t>(entries_.size());
    entries_.push_back({id, kind});
    return id;
}

void Ledger::settle(const std::vector<std::int64_t>& ids, Fate fate) {
    const std::lock_guard lock(mutex_);
    for (const std::int64_t id : ids)
        entries_.at(static_cast<std::size_t>(id)).fate = fate;
    if (fate == Fate::acknowledged) acknowledged_ += static_cast<std::int64_t>(ids.size());
}

void Ledger::enter(const std::vector<std::int64_t>& ids, Kind kind, Fate fate) {
    const std::lock_guard lock(mutex_);
    for (const std::int64_t id : ids)
        others_.push_back({id, kind, fate});
    if (fate == Fate::acknowledged) acknowledged_ += static_cast<std::int64_t>(ids.size());
}

std::vector<Sent> Ledger::entries() const {
    const std::lock_guard lock(mutex_);
    std::vector<Sent> all = entries_;
    all.insert(all.end(), others_.begin(), others_.end());
    return all;
}

std::int64_t Ledger::acknowledged() const {
    const std::lock_guard lock(mutex_);
    return acknowledged_;
}

}  // namespace tidewheel::chaos
