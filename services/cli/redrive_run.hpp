#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "cli/dead_letter_filter.hpp"
#include "tidewheel/postgres/redrive.hpp"

namespace tidewheel::cli {

struct Context;
class StreamRedrive;

// Statements that failed over letters, by their ids.
using LeftOut = std::map<int, postgres::StoppedStatement>;

// Redrives all that a filter selects, page by page, whatever servers and statements do meanwhile.
// It knows at any time what it has done.
class RedriveRun {
  public:
    RedriveRun(Context& context, postgres::Outcome outcome, const DeadLetterFilter& filter);
    ~RedriveRun();
    RedriveRun(const RedriveRun&) = delete;
    RedriveRun& operator=(const RedriveRun&) = delete;

    // One page; false: there is no more. Throws Error when a server stays away, or refuses.
    bool next();

    std::int64_t tried() const { return tried_; }  // letters
    const postgres::Redriven& result() const { return result_; }
    const std::vector<postgres::StoppedStatement>& stopped() const { return stopped_; }

  private:
    std::optional<DeadLetterPage> next_page();
    void run(const DeadLetterPage& page);
    void attempt(const DeadLetterPage& page);
    void open(int stream);
    void name_once(const postgres::StoppedStatement& stopped);

    Context& context_;
    postgres::Outcome outcome_;
    DeadLetterPages pages_;
    std::unique_ptr<postgres::Connection> connection_;  // for pages_
    std::unique_ptr<StreamRedrive> stream_;
    int stream_id_ = 0;
    LeftOut left_out_;                                // of this page
    std::optional<postgres::InDoubtError> in_doubt_;  // the last attempt at this page
    std::vector<postgres::StoppedStatement> stopped_;
    std::int64_t tried_ = 0;
    postgres::Redriven result_;
};

}  // namespace tidewheel::cli
