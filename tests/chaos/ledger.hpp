#pragma once
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

namespace tidewheel::chaos {

// What must become of a record: stored by every statement; refused by the table `keyed` alone; a
// dead letter of the stream's.
enum class Kind : std::uint8_t { good, refused, bad };

// What its producer heard. Uncertain: it may be in the topic, or not (a failed delivery, a
// transaction whose end is unknown). Aborted: it must appear nowhere.
enum class Fate : std::uint8_t { uncertain, acknowledged, aborted };

std::string_view word(Kind kind);
std::string_view word(Fate fate);

struct Sent {
    std::int64_t id;  // its key in Kafka
    Kind kind;
    Fate fate = Fate::uncertain;
};

// What was sent, by the producers' account alone. Any thread may call it.
class Ledger {
  public:
    // A new record's number; below `of_transactions`.
    std::int64_t enter(Kind kind);
    void settle(const std::vector<std::int64_t>& ids, Fate fate);
    // Records that another sender has numbered, from `of_transactions` on.
    static constexpr std::int64_t of_transactions = 1'000'000'000'000;
    void enter(const std::vector<std::int64_t>& ids, Kind kind, Fate fate);

    std::vector<Sent> entries() const;
    std::int64_t acknowledged() const;

  private:
    mutable std::mutex mutex_;
    std::vector<Sent> entries_;  // ours, by number
    std::vector<Sent> others_;
    std::int64_t acknowledged_ = 0;
};

}  // namespace tidewheel::chaos
