#include "file_lane.hpp"

#include "directory_id.hpp"
#include "postgres_text.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/weakened.hpp"
#include "tidewheel/sql/path_template.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::capture {
namespace {

using delivery::Delivered;
using delivery::OutboxRow;
using std::chrono::microseconds;
using telemetry::Level;
using Time = std::chrono::sys_time<microseconds>;

constexpr std::size_t mark_length = 8;

}  // namespace

FileLane::FileLane(FileOptions options, std::filesystem::path root, const delivery::Place& place,
                   Tell tell, std::shared_ptr<SinkMetrics> metrics, const Clock& clock)
    : options_(std::move(options)),
      root_(std::move(root)),
      lane_(place.lane),
      note_(place.note),
      tell_(std::move(tell)),
      metrics_(std::move(metrics)),
      clock_(clock),
      encoder_(options_.encoder()) {}

Delivered FileLane::deliver(std::span<const OutboxRow> rows, std::stop_token) {
    Delivered done;
    try {
        for (const OutboxRow& row : rows)
            take(row, done);
        if (file_ && clock_.now() >= over_at_) publish(done);
        if (!rows.empty()) tell_({});
    } catch (const Error& error) {
        tell_(error.what());
        done.failure = delivery::Failure{error.what()};
    }
    done.note = directory_id_;
    return done;
}

void FileLane::take(const OutboxRow& row, Delivered& done) {
    if (to_skip_ > 0) return skip(row, done);
    const std::string bytes = encoder_->row(row.values);
    if (file_ && must_end(row, bytes)) publish(done);
    if (!file_) begin(row);
    if (to_skip_ > 0) return skip(row, done);
    file_->add(bytes, row.seq);
    if (weakened("progress_before_file")) done.through = row.seq;
}

bool FileLane::must_end(const OutboxRow& row, const std::string& bytes) const {
    return row.stored_at - begun_ >= options_.roll_after ||
           file_->size_with(bytes) > options_.roll_bytes;
}

// If the file is there, whoever has made it did not come to commit the position.
void FileLane::begin(const OutboxRow& row) {
    if (directory_id_.empty()) directory_id_ = directory_id(root_, note_);
    const auto path = path_of(row);
    if (is_published(path)) {
        to_skip_ = encoder_->count_rows(path);
        telemetry::log(Level::info, "the file is complete",
                       {{"path", path.string()}, {"rows", to_skip_}});
        return;
    }
    file_ = std::make_unique<PartFile>(*encoder_, root_, path, row.seq);
    open_.emplace(*metrics_);
    begun_ = row.stored_at;
    over_at_ = clock_.now() + (options_.roll_after - row.age);
}

void FileLane::skip(const OutboxRow& row, Delivered& done) {
    if (--to_skip_ == 0) done.through = row.seq;
}

void FileLane::publish(Delivered& done) {
    file_->publish();
    done.through = file_->last();
    telemetry::log(
        Level::info, "file written",
        {{"path", file_->path().string()}, {"rows", file_->rows()}, {"bytes", file_->size()}});
    metrics_->files.add();
    metrics_->bytes.add(static_cast<double>(file_->size()));
    file_.reset();
    open_.reset();
}

std::filesystem::path FileLane::path_of(const OutboxRow& row) const {
    sql::PathValues values;
    if (const auto topic = options_.topics.find(lane_.stream); topic != options_.topics.end())
        values.topic = topic->second;
    values.partition = lane_.partition;
    values.time = row.stored_at;
    if (options_.time_column && row.values[*options_.time_column])
        values.time = Time(microseconds(timestamp_micros(*row.values[*options_.time_column])));
    values.first = row.seq;
    values.mark = options_.uid.substr(0, mark_length);
    return root_ / (sql::expand_path(options_.path, values) + encoder_->extension());
}

}  // namespace tidewheel::capture
