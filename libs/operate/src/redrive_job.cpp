#include "tidewheel/operate/redrive_job.hpp"

#include <algorithm>
#include <chrono>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/catalogue/lock_holders.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/core/text.hpp"

namespace tidewheel::operate {
namespace {

// One page of dead letters, while its locks can't be had or a server is away.
constexpr RetryPolicy of_a_page{.give_up_after = std::chrono::seconds(60)};

// In a handler: throws the failure again when it isn't one that passes, or comes too late.
void wait_after(const Error& failure, Retry& retry) {
    const auto wait = failure.retryable() ? retry.failed() : std::nullopt;
    if (!wait) throw;
    wait_for({}, *wait);
}

// Warnings for statements to which the order of records matters.
std::vector<std::string> warnings(postgres::Connection& connection, const std::string& where) {
    const catalogue::Catalogue catalogue = catalogue::load_catalogue(connection);
    std::vector<std::string> lines;
    for (const postgres::Row& row :
         connection.query("SELECT DISTINCT m" + std::string(catalogue::from_dead_letters) +
                          "CROSS JOIN LATERAL unnest(d.missed_by) m " + where + " ORDER BY 1"))
        for (const catalogue::StoredStatement& each : catalogue.statements) {
            const auto* rows = std::get_if<sql::RowStatement>(&each.statement.body);
            if (each.id != row.integer(0) || !rows) continue;
            if (rows->on_conflict == sql::OnConflict::update)
                lines.push_back("warning: " + each.statement.name +
                                (rows->merge ? " is a MERGE: an old record changes or deletes"
                                             : " has ON CONFLICT DO UPDATE: an old record "
                                               "overwrites") +
                                " what newer records of its key have stored since");
        }
    return lines;
}

}  // namespace

// How one stream's dead letters are redriven, by one version of the catalogue.
class StreamRedrive {
  public:
    // Throws Error: unavailable, when the catalogue changes meanwhile. What is planned beside an
    // `apply` of the stream fails, or stops statements that are sound: the tables aren't those of
    // the catalogue that was read.
    StreamRedrive(const Servers& servers, int stream, const Quarantined& quarantined) {
        const auto connection = servers.database.connect();
        catalogue::Catalogue catalogue = catalogue::load_catalogue(*connection);
        std::erase_if(catalogue.statements,
                      [&](const auto& each) { return quarantined.contains(each.id); });
        const auto changed = [&] {
            return catalogue::catalogue_version(*connection) != catalogue.version;
        };
        try {
            open(*connection, catalogue, stream, servers);
            if (!changed()) return;
        } catch (const Error&) {
            if (!changed()) throw;
        }
        throw Error(Error::Kind::unavailable, "the catalogue has just changed");
    }

    // nullptr: the stream has no statement that can be run
    executor::Redrive* redrive() { return redrive_.get(); }
    const std::vector<executor::QuarantinedStatement>& quarantined() const {
        return plans_.quarantined;
    }

  private:
    void open(postgres::Connection& connection, const catalogue::Catalogue& catalogue, int stream,
              const Servers& servers) {
        plans_ = executor::plan_stream(connection, catalogue, stream);
        if (plans_.streams.empty()) return;
        const executor::StreamPlan& plan = plans_.streams[0];
        decoder_ = servers.registries->make_decoder(plan.stream.stream, plan.schema);
        redrive_ = std::make_unique<executor::Redrive>(servers.database.url(), plans_.streams[0],
                                                       catalogue.version, *decoder_);
    }

    executor::StreamPlans plans_;
    std::unique_ptr<engine::Decoder> decoder_;
    std::unique_ptr<executor::Redrive> redrive_;
};

Selected select(postgres::Connection& connection, const catalogue::DeadLetterFilter& filter) {
    const std::string where = "WHERE " + catalogue::condition_of(filter);
    Selected selected;
    for (const postgres::Row& row : connection.query(
             "SELECT t.name, d.reason, count(*)" + std::string(catalogue::from_dead_letters) +
             where + " GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2")) {
        selected.dead_letters += row.integer(2);
        selected.lines.push_back(row.text(0) + ": " + plural(row.integer(2), "dead letter") +
                                 " with reason " + row.text(1));
    }
    selected.warnings = warnings(connection, where);
    if (const auto missing = catalogue::missing_ids(connection, filter))
        selected.warnings.push_back(*missing);
    return selected;
}

RedriveJob::RedriveJob(const Servers& servers, executor::RedriveOutcome outcome,
                       const catalogue::DeadLetterFilter& filter)
    : servers_(servers), outcome_(outcome), pages_(filter) {}
RedriveJob::~RedriveJob() = default;

bool RedriveJob::next() {
    const auto page = next_page();
    if (!page) return false;
    run(*page);
    tried_ += static_cast<std::int64_t>(page->ids.size());
    return true;
}

std::optional<catalogue::DeadLetterPage> RedriveJob::next_page() {
    for (Retry retry(of_a_page);;) {
        try {
            if (!connection_) connection_ = servers_.database.connect();
            return pages_.next(*connection_);
        } catch (const Error& error) {
            connection_.reset();
            wait_after(error, retry);
        }
    }
}

void RedriveJob::run(const catalogue::DeadLetterPage& page) {
    for (Retry retry(of_a_page);;) {
        try {
            attempt(page);
            break;
        } catch (const executor::StatementError& error) {
            page_quarantine_.emplace(error.statement(), error.quarantined());
            stream_.reset();
        } catch (const executor::InDoubtError& error) {
            stream_.reset();
            in_doubt_ = error;
            wait_after(error, retry);
        } catch (const Error& error) {
            stream_.reset();
            wait_after(error, retry);
        }
    }
    // What a statement failed over may be in this page alone.
    if (!page_quarantine_.empty()) stream_.reset();
    page_quarantine_.clear();
}

void RedriveJob::attempt(const catalogue::DeadLetterPage& page) {
    if (in_doubt_ && in_doubt_->was_committed(*servers_.database.connect())) {
        result_.add(in_doubt_->done());
        in_doubt_.reset();
        return;
    }
    in_doubt_.reset();
    if (!stream_ || stream_id_ != page.stream) open(page.stream);
    executor::Redriven done;
    if (auto* redrive = stream_->redrive()) {
        done = redrive->run(page.ids, outcome_);
    } else {
        done.waiting = page.ids.size();
        stream_.reset();  // an `apply` may correct it, and nothing else here looks
    }
    result_.add(done);
}

void RedriveJob::open(int stream) {
    // Another redrive that is frozen has its dead letters locked, too.
    catalogue::end_frozen_holders(servers_.database);
    stream_ = std::make_unique<StreamRedrive>(servers_, stream, page_quarantine_);
    stream_id_ = stream;
    for (const executor::QuarantinedStatement& each : stream_->quarantined())
        name_once(each);
    for (const auto& [id, statement] : page_quarantine_)
        name_once(statement);
}

void RedriveJob::name_once(const executor::QuarantinedStatement& statement) {
    if (std::ranges::find(quarantined_, statement.name, &executor::QuarantinedStatement::name) ==
        quarantined_.end())
        quarantined_.push_back(statement);
}

}  // namespace tidewheel::operate
