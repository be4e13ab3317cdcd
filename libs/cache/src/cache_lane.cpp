#include "cache_lane.hpp"

#include <algorithm>

#include "scripts.hpp"
#include "tidewheel/core/clock.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/failpoint.hpp"
#include "tidewheel/core/secret.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::cache {
namespace {

using namespace std::chrono_literals;
using delivery::Delivered;
using delivery::OutboxRow;
using telemetry::Level;

constexpr std::size_t rows_of_a_script = 200;  // Redis serves nobody else meanwhile
constexpr std::string_view swept_at_once = "500";
constexpr auto longest_sweep = 1s;

std::string lane_text(const catalogue::OutboxLane& lane) {
    return std::to_string(lane.stream) + "/" + std::to_string(lane.partition);
}

Mark mark_behind(const OutboxRow& row, const std::string& generation) {
    return {generation, row.seq, row.stored_at.time_since_epoch().count()};
}

bool deletes_all(const OutboxRow& row) {
    return row.values.at(2).has_value();
}

// Who has written a key.
std::string owner_of(const std::string& lane, const Mark& mark) {
    return lane + " " + mark.generation;
}

// The script did not find the mark that it expected.
[[noreturn]] void lost_track() {
    throw Error(Error::Kind::unavailable,
                "Redis is not where it was left: it was changed, or another service writes");
}

}  // namespace

CacheLane::CacheLane(const Settings& settings, CacheOptions options, const delivery::Place& place)
    : settings_(settings),
      options_(std::move(options)),
      marks_key_("tidewheel:" + options_.uid),
      keys_key_(marks_key_ + ":keys"),
      lane_(lane_text(place.lane)) {
    const Note note = parse_note(place.note);
    mark_ = {note.generation, place.seq, note.stored_at};
    until_ = note.until;
    const bool is_same_form =
        !mark_.generation.empty() && form_of(mark_.generation) == options_.form;
    must_rewind_ = !is_same_form && mark_.seq > 0;
    if (!is_same_form && mark_.seq == 0) mark_.generation = new_generation(options_.form);
}

Delivered CacheLane::deliver(std::span<const OutboxRow> rows, std::stop_token stop) {
    Delivered done;
    try {
        if (must_rewind_) return rewind();
        if (!redis_) connect();
        const bool is_at_end = rows.empty();
        if (is_at_end || !found_) {
            const Found found = find();
            if (found == Found::elsewhere || (found == Found::ahead && is_at_end)) return rewind();
        }
        if (ahead_ && !skip(rows, done)) return rewind();
        write(rows, done);
        if (sweep_at_ && !ahead_ && (is_at_end || mark_.seq >= *sweep_at_)) sweep(stop);
    } catch (const Error& error) {
        done.failure = delivery::Failure{error.what()};
    }
    done.note = text_of(Note{mark_.generation, mark_.stored_at, 0});
    return done;
}

Delivered CacheLane::rewind() {
    telemetry::log(Level::warning, "Redis does not have what was delivered: it is filled again",
                   {{"redis", options_.url.address()}, {"lane", lane_}, {"rows_to", mark_.seq}});
    Delivered all;
    all.rewind = true;
    all.note = text_of(Note{new_generation(options_.form), 0, std::max(mark_.seq, until_)});
    return all;
}

void CacheLane::connect() {
    std::string password;
    if (!options_.password_file.empty()) {
        if (settings_.cache_secrets.empty())
            throw Error(Error::Kind::setting,
                        "the password file " + options_.password_file + " can't be found",
                        "The setting cache_secrets names the directory of the passwords.");
        password = read_secret(settings_.cache_secrets + "/" + options_.password_file, "password",
                               "--cache-secrets");
    }
    redis_ = std::make_unique<Redis>(options_.url, password, settings_.cache_timeout);
    for (const auto& [digest, script] :
         {std::pair{&begin_, scripts::begin}, {&write_, scripts::write}, {&sweep_, scripts::sweep}})
        *digest = redis_->call({"SCRIPT", "LOAD", script}).text.value_or("");
}

CacheLane::Found CacheLane::find() {
    found_ = false;
    ahead_.reset();
    const Reply reply = redis_->call({"HMGET", marks_key_, lane_, lane_ + " until"});
    const std::string there = reply.items.at(0).text.value_or("");
    const auto at = parse_mark(there);
    sweep_at_.reset();
    if (reply.items[1].text) sweep_at_ = std::stoll(*reply.items[1].text);
    if (at && at->generation == mark_.generation && at->seq > mark_.seq) {
        ahead_ = at;
        return Found::ahead;
    }
    if (at != mark_) {
        if (at) until_ = std::max(until_, at->seq);
        if (mark_.seq > 0) return Found::elsewhere;
        begin(there);
    }
    found_ = true;
    return Found::here;
}

void CacheLane::begin(const std::string& there) {
    mark_.stored_at = 0;
    append_begin(there, mark_, until_);
    if (!redis_->reply().is_status) lost_track();
    sweep_later(until_);
}

void CacheLane::append_begin(const std::string& there, const Mark& mark, std::int64_t until) {
    redis_->append(
        {"EVALSHA", begin_, "1", marks_key_, lane_, there, text_of(mark), std::to_string(until)});
}

void CacheLane::sweep_later(std::int64_t at) {
    sweep_at_ = at;
    sweep_cursor_ = "0";
}

// Rows that Redis has already: whoever wrote them did not come to commit the position. False: it
// has others.
bool CacheLane::skip(Rows& rows, Delivered& done) {
    for (; !rows.empty(); rows = rows.subspan(1)) {
        const OutboxRow& row = rows.front();
        if (row.seq < ahead_->seq) continue;
        if (mark_behind(row, mark_.generation) != *ahead_) return false;
        mark_ = *ahead_;
        ahead_.reset();
        found_ = true;
        done.through = row.seq;
        rows = rows.subspan(1);
        return true;
    }
    return true;
}

void CacheLane::write(Rows rows, Delivered& done) {
    if (rows.empty()) return;
    failpoint("before_write");
    std::vector<Mark> marks;
    for (Mark at = mark_; !rows.empty();) {
        const Rows piece = next_piece(rows);
        at = marks.emplace_back(append(piece, at));
        rows = rows.subspan(piece.size());
    }
    for (const Mark& mark : marks) {
        if (!redis_->reply().is_status) lost_track();
        if (mark.generation != mark_.generation) sweep_later(mark.seq);
        mark_ = mark;
        done.through = mark.seq;
    }
    failpoint("after_write");
}

// A row that deletes all before it is a piece of its own.
CacheLane::Rows CacheLane::next_piece(Rows rows) const {
    const Rows most = rows.first(std::min(rows_of_a_script, rows.size()));
    const auto end = std::ranges::find_if(most, deletes_all);
    return most.first(std::max<std::size_t>(1, static_cast<std::size_t>(end - most.begin())));
}

// What the lane wrote before a row that deletes all is swept like what it wrote before a rewind.
Mark CacheLane::append(Rows rows, const Mark& from) {
    Mark to = mark_behind(rows.back(), from.generation);
    const std::string old_mark = text_of(from);
    if (deletes_all(rows.front())) {
        to.generation = new_generation(options_.form);
        append_begin(old_mark, to, to.seq);
        return to;
    }
    const std::string keys = std::to_string(rows.size() + 2), new_mark = text_of(to),
                      owner = owner_of(lane_, to), ttl = std::to_string(options_.ttl.count());
    std::string letters;
    Redis::Command command{"EVALSHA", write_, keys, marks_key_, keys_key_};
    for (const OutboxRow& row : rows) {
        command.emplace_back(row.values.at(0).value());
        letters += row.values.at(1) ? 's' : 'd';
    }
    command.insert(command.end(), {lane_, old_mark, new_mark, owner, ttl, letters});
    for (const OutboxRow& row : rows)
        command.emplace_back(row.values[1] ? std::string_view(*row.values[1]) : "");
    redis_->append(command);
    return to;
}

// Keys that this lane wrote in an earlier generation, and not again: their rows are gone.
void CacheLane::sweep(const std::stop_token& stop) {
    const auto begun = Clock::system().now();
    do {
        const Reply reply =
            redis_->call({"EVALSHA", sweep_, "2", marks_key_, keys_key_, lane_, text_of(mark_),
                          owner_of(lane_, mark_), sweep_cursor_, swept_at_once});
        if (!reply.is_status) lost_track();
        sweep_cursor_ = reply.text.value_or("0");
        if (sweep_cursor_ == "0") return sweep_at_.reset();
    } while (!stop.stop_requested() && Clock::system().now() - begun < longest_sweep);
}

}  // namespace tidewheel::cache
