#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tidewheel/catalogue/dead_letter_query.hpp"
#include "tidewheel/executor/redrive.hpp"
#include "tidewheel/operate/servers.hpp"

namespace tidewheel::operate {

class StreamRedrive;

// Statements that failed over dead letters, by their ids.
using Quarantined = std::map<int, executor::QuarantinedStatement>;

struct Selected {
    std::int64_t dead_letters = 0;
    std::vector<std::string> lines, warnings;  // for people
};

// What a filter selects, and what to think of before it is redriven.
Selected select(postgres::Connection& connection, const catalogue::DeadLetterFilter& filter);

// Redrives all that a filter selects, page by page, across failures of servers and statements. It
// knows at any time what it has done.
class RedriveJob {
  public:
    RedriveJob(const Servers& servers, executor::RedriveOutcome outcome,
               const catalogue::DeadLetterFilter& filter);
    ~RedriveJob();
    RedriveJob(const RedriveJob&) = delete;
    RedriveJob& operator=(const RedriveJob&) = delete;

    // One page; false: there is no more. Throws Error when a server stays unavailable, or refuses.
    bool next();

    std::int64_t tried() const { return tried_; }  // dead letters
    const executor::Redriven& result() const { return result_; }
    const std::vector<executor::QuarantinedStatement>& quarantined() const { return quarantined_; }

  private:
    std::optional<catalogue::DeadLetterPage> next_page();
    void run(const catalogue::DeadLetterPage& page);
    void attempt(const catalogue::DeadLetterPage& page);
    void open(int stream);
    void name_once(const executor::QuarantinedStatement& statement);

    Servers servers_;
    executor::RedriveOutcome outcome_;
    catalogue::DeadLetterPages pages_;
    std::unique_ptr<postgres::Connection> connection_;  // for pages_
    std::unique_ptr<StreamRedrive> stream_;
    int stream_id_ = 0;
    Quarantined page_quarantine_;                     // of this page
    std::optional<executor::InDoubtError> in_doubt_;  // the last attempt at this page
    std::vector<executor::QuarantinedStatement> quarantined_;
    std::int64_t tried_ = 0;
    executor::Redriven result_;
};

}  // namespace tidewheel::operate
