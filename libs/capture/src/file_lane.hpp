#pragma once
#include <functional>

#include "file_options.hpp"
#include "part_file.hpp"
#include "sink_metrics.hpp"
#include "tidewheel/core/clock.hpp"
#include "tidewheel/delivery/destination.hpp"

namespace tidewheel::capture {

// The rows of one lane, in files. Which rows a file has, and its name, follow from the rows alone:
// whoever makes the file makes the same one. One thing depends on the clock: a file whose time is
// over while no row comes ends there. Then its name and rows are decided when it gets the name.
class FileLane : public delivery::Destination {
  public:
    using Tell = std::function<void(const std::string& failure)>;  // empty: none
    FileLane(FileOptions options, std::filesystem::path root, const delivery::Place& place,
             Tell tell, std::shared_ptr<SinkMetrics> metrics, const Clock& clock = Clock::system());

    delivery::Delivered deliver(std::span<const delivery::OutboxRow> rows,
                                std::stop_token stop) override;

  private:
    void take(const delivery::OutboxRow& row, delivery::Delivered& done);
    bool must_end(const delivery::OutboxRow& row, const std::string& bytes) const;
    void begin(const delivery::OutboxRow& row);
    void skip(const delivery::OutboxRow& row, delivery::Delivered& done);
    void publish(delivery::Delivered& done);
    std::filesystem::path path_of(const delivery::OutboxRow& row) const;

    const FileOptions options_;
    const std::filesystem::path root_;
    const catalogue::OutboxLane lane_;
    const std::string note_;
    const Tell tell_;
    const std::shared_ptr<SinkMetrics> metrics_;
    const Clock& clock_;
    const std::unique_ptr<FileEncoder> encoder_;
    std::unique_ptr<PartFile> file_;
    std::optional<SinkMetrics::OpenFile> open_;
    std::chrono::sys_time<std::chrono::microseconds> begun_{};  // when its first row was stored
    Clock::Monotonic over_at_{};
    std::size_t to_skip_ = 0;  // rows that a file which is there has
    std::string directory_id_;
};

}  // namespace tidewheel::capture
