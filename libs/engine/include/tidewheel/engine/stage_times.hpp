#pragma once
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace tidewheel::engine {

// What the time of a batch goes into, in the order in which a batch passes them.
enum class BatchStage : std::uint8_t {
    decode,    // the records, into columns
    stage,     // the columns are sent to PostgreSQL
    rules,     // the stream's CHECKs
    rows,      // row statements
    views,     // views
    progress,  // dead letters and the progress; the claim counts where the transaction begins
    commit,    // COMMIT
};
inline constexpr std::array<std::string_view, 7> batch_stages{"decode", "stage",    "rules", "rows",
                                                              "views",  "progress", "commit"};

// How long the stages of one batch took.
class StageTimes {
  public:
    using Duration = std::chrono::steady_clock::duration;
    Duration& operator[](BatchStage stage) { return of_.at(static_cast<std::size_t>(stage)); }
    Duration operator[](BatchStage stage) const { return of_.at(static_cast<std::size_t>(stage)); }

  private:
    std::array<Duration, batch_stages.size()> of_{};
};

// Measures the time of each stage, one at a time. A stage that is entered again continues to count.
class StageClock {
  public:
    // Another batch, or the same one once more.
    void begin(BatchStage stage) {
        times_ = {};
        stage_ = stage;
        entered_at_ = std::chrono::steady_clock::now();
    }
    void enter(BatchStage stage) {
        const auto now = std::chrono::steady_clock::now();
        times_[std::exchange(stage_, stage)] += now - std::exchange(entered_at_, now);
    }
    StageTimes end() {
        enter(stage_);
        return times_;
    }

  private:
    StageTimes times_;
    BatchStage stage_ = BatchStage::progress;
    std::chrono::steady_clock::time_point entered_at_ = std::chrono::steady_clock::now();
};

}  // namespace tidewheel::engine
