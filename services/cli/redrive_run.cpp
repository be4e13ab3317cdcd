#include "cli/redrive_run.hpp"

#include <algorithm>
#include <chrono>

#include "cli/catalogue_holders.hpp"
#include "cli/context.hpp"
#include "tidewheel/codec/json_decoder.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/postgres/catalogue.hpp"

namespace tidewheel::cli {
namespace {

// With one page of letters, while its locks can't be had or a server is away.
class Patience {
  public:
    // Throws the failure on when it isn't one that passes, or comes too late.
    void wait_after(const Error& failure) {
        if (!failure.retryable() || std::chrono::steady_clock::now() >= deadline_) throw;
        wait_for({}, backoff_.next());
    }

  private:
    std::chrono::steady_clock::time_point deadline_ =
        std::chrono::steady_clock::now() + std::chrono::seconds(60);
    Backoff backoff_;
};

}  // namespace

// How one stream's letters are redriven, as of one version of the catalogue.
class StreamRedrive {
  public:
    // Throws Error: unavailable, when the catalogue changes meanwhile. What is planned beside an
    // `apply` of the stream fails, or stops statements that are sound: the tables aren't those of
    // the catalogue that was read.
    StreamRedrive(Context& context, int stream, const LeftOut& left_out) {
        const auto connection = context.connect();
        postgres::Catalogue catalogue = postgres::load_catalogue(*connection);
        std::erase_if(catalogue.statements,
                      [&](const auto& each) { return left_out.contains(each.id); });
        const auto changed = [&] {
            return postgres::catalogue_version(*connection) != catalogue.version;
        };
        try {
            open(*connection, catalogue, stream, context.settings.database);
            if (!changed()) return;
        } catch (const Error&) {
            if (!changed()) throw;
        }
        throw Error(Error::Kind::unavailable, "the catalogue has just changed");
    }

    // nullptr: the stream has no statement that can be run
    postgres::Redrive* redrive() { return redrive_.get(); }
    const std::vector<postgres::StoppedStatement>& stopped() const { return plans_.stopped; }

  private:
    void open(postgres::Connection& connection, const postgres::Catalogue& catalogue, int stream,
              const std::string& url) {
        plans_ = postgres::plan_stream(connection, catalogue, stream);
        if (plans_.streams.empty()) return;
        decoder_ = codec::make_json_decoder(plans_.streams[0].schema);
        redrive_ = std::make_unique<postgres::Redrive>(url, plans_.streams[0], catalogue.version,
                                                       *decoder_);
    }

    postgres::StreamPlans plans_;
    std::unique_ptr<engine::Decoder> decoder_;
    std::unique_ptr<postgres::Redrive> redrive_;
};

RedriveRun::RedriveRun(Context& context, postgres::Outcome outcome, const DeadLetterFilter& filter)
    : context_(context), outcome_(outcome), pages_(filter) {}
RedriveRun::~RedriveRun() = default;

bool RedriveRun::next() {
    const auto page = next_page();
    if (!page) return false;
    run(*page);
    tried_ += static_cast<std::int64_t>(page->ids.size());
    return true;
}

std::optional<DeadLetterPage> RedriveRun::next_page() {
    for (Patience patience;;) {
        try {
            if (!connection_) connection_ = context_.connect();
            return pages_.next(*connection_);
        } catch (const Error& error) {
            connection_.reset();
            patience.wait_after(error);
        }
    }
}

void RedriveRun::run(const DeadLetterPage& page) {
    for (Patience patience;;) {
        try {
            attempt(page);
            break;
        } catch (const postgres::StatementError& error) {
            left_out_.emplace(error.statement(), error.stopped());
            stream_.reset();
        } catch (const postgres::InDoubtError& error) {
            stream_.reset();
            in_doubt_ = error;
            patience.wait_after(error);
        } catch (const Error& error) {
            stream_.reset();
            patience.wait_after(error);
        }
    }
    // What a statement failed over may be in this page alone.
    if (!left_out_.empty()) stream_.reset();
    left_out_.clear();
}

void RedriveRun::attempt(const DeadLetterPage& page) {
    if (in_doubt_ && in_doubt_->was_committed(*context_.connect())) {
        result_.add(in_doubt_->done());
        in_doubt_.reset();
        return;
    }
    in_doubt_.reset();
    if (!stream_ || stream_id_ != page.stream) open(page.stream);
    postgres::Redriven done;
    if (auto* redrive = stream_->redrive()) {
        done = redrive->run(page.ids, outcome_);
    } else {
        done.waiting = page.ids.size();
        stream_.reset();  // an `apply` may mend it, and nothing else here looks
    }
    result_.add(done);
}

void RedriveRun::open(int stream) {
    end_frozen_holders(context_);  // another redrive that is frozen has its letters locked, too
    stream_ = std::make_unique<StreamRedrive>(context_, stream, left_out_);
    stream_id_ = stream;
    for (const postgres::StoppedStatement& each : stream_->stopped())
        name_once(each);
    for (const auto& [id, stopped] : left_out_)
        name_once(stopped);
}

void RedriveRun::name_once(const postgres::StoppedStatement& stopped) {
    if (std::ranges::find(stopped_, stopped.name, &postgres::StoppedStatement::name) ==
        stopped_.end())
        stopped_.push_back(stopped);
}

}  // namespace tidewheel::cli
