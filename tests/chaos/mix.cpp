#include "chaos/mix.hpp"

#include <algorithm>
#include <cstdio>
#include <thread>

#include "tidewheel/core/error.hpp"
#include "tidewheel/testing/stack.hpp"

namespace tidewheel::chaos {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::seconds longest_recovery{60}, short_mix{300};
constexpr long most_memory = 256 * 1024;  // KiB: what a service may take, whatever happens

milliseconds since(SteadyClock::time_point begin) {
    return std::chrono::duration_cast<milliseconds>(SteadyClock::now() - begin);
}

std::vector<Fault> chosen(const MixOptions& options) {
    std::vector<Fault> faults = all_faults();
    const auto& names = options.names;
    const auto unknown = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
        return std::none_of(faults.begin(), faults.end(),
                            [&](const Fault& each) { return each.name == name; });
    });
    if (unknown != names.end())
        throw Error(Error::Kind::setting, "there is no fault " + *unknown, "--list names them");
    std::erase_if(faults, [&](const Fault& each) {
        if (names.empty()) return each.slow && options.time <= short_mix;
        return std::find(names.begin(), names.end(), each.name) == names.end();
    });
    return faults;
}

}  // namespace

Mix::Mix(MixOptions options)
    : options_(std::move(options)),
      random_(options_.seed),
      faults_(chosen(options_)),
      site_(options_.seed, options_.rate, options_.programs, options_.weaken),
      probes_(site_.deployment().kafka(), site_.topic(), site_.ledger(), options_.seed + 2),
      began_(SteadyClock::now()) {
    report_.seed = options_.seed;
}

void Mix::say(const std::string& words) const {
    std::fprintf(stderr, "%7.1f s  %s\n", static_cast<double>(since(began_).count()) / 1000,
                 words.c_str());
}

// Every fault once before any comes again, but for two at once: that is many.
Fault Mix::next() {
    constexpr int pairs = 6;
    if (to_come_.empty()) {
        to_come_ = faults_;
        for (const Fault& each : faults_)
            if (each.name == two_at_once) to_come_.insert(to_come_.end(), pairs - 1, each);
    }
    const auto drawn = to_come_.begin() + random_.below(static_cast<int>(to_come_.size()));
    Fault fault = *drawn;
    to_come_.erase(drawn);
    return fault;
}

Report Mix::run() {
    testing::eventually(
        "the services have begun",
        [&] { return applied(site_.deployment(), ends_of(site_.deployment())); }, longest_recovery);
    began_ = SteadyClock::now();  // so that there is time for a fault, however busy the machine is
    while (since(began_) < options_.time)
        commit(next());
    finish();
    return report_;
}

void Mix::commit(const Fault& fault) {
    const std::int64_t before = site_.ledger().acknowledged();
    FaultTally& tally = report_.faults[fault.name];
    ++tally.runs;
    attempt(fault.name, [&] {
        site_.await_servers();
        remember(fault);
        const auto began = SteadyClock::now();
        Happening happening = fault.begin(site_, random_);
        say(fault.name + " (" + happening.what + ")");
        if (fault.outlived) attempt(fault.name, [&] { recover(fault, began); });
        attempt(fault.name, [&] { last(fault, happening); });
        if (happening.end) happening.end(happening);
        const auto healed = SteadyClock::now();
        tally.kills += happening.kills;
        happening = {};  // and all that it held
        if (!fault.outlived) recover(fault, healed);
    });
    tally.records += site_.ledger().acknowledged() - before;
}

void Mix::last(const Fault& fault, Happening& happening) {
    const milliseconds time = options_.hold && fault.longest.count() > 0
                                  ? std::chrono::duration_cast<milliseconds>(*options_.hold)
                                  : random_.between(fault.shortest, fault.longest);
    const auto began = SteadyClock::now();
    while (since(began) < time) {
        if (happening.go_on) happening.go_on(happening);
        std::this_thread::sleep_for(milliseconds(50));
    }
}

// A record to every partition; returns their numbers. Kafka may still be failing: until it has
// taken them all.
std::string Mix::probe() {
    std::vector<postgres::Parameter> ids;
    testing::eventually(
        "I6: Kafka takes records",
        [&] {
            ids.clear();
            for (int partition = 0; partition < site_.partitions(); ++partition)
                ids.emplace_back(std::to_string(probes_.send(partition, Kind::good)));
            return probes_.settle(longest_recovery);
        },
        longest_recovery);
    return postgres::array_literal(ids);
}

// Until records that are sent now, that is after the fault began or was healed, are applied by
// every statement.
void Mix::recover(const Fault& fault, SteadyClock::time_point begin) {
    const std::string ids = probe();
    testing::eventually(
        "I6: every statement has applied what was sent after " + fault.name,
        [&] {
            return site_.deployment()
                .query(
                    "SELECT FROM unnest($1::bigint[]) AS each LEFT JOIN plain r ON r.id = each"
                    " LEFT JOIN tidewheel.progress p ON p.partition = r.\"partition\""
                    " WHERE p.next_offset IS NULL OR p.next_offset <= r.\"offset\"",
                    {ids})
                .empty();
        },
        longest_recovery + options_.hold.value_or(std::chrono::seconds(0)));  // so much waits
    report_.faults[fault.name].recoveries.push_back(since(begin));
    say("    recovered " + std::to_string(since(begin).count()) + " ms after it " +
        (fault.outlived ? "began" : "ended"));
}

void Mix::remember(const Fault& fault) {
    site_.deployment().query("INSERT INTO chaos.faults SELECT " + std::to_string(++number_) + ", " +
                             postgres::quote_literal(fault.name) +
                             ", partition, coalesce(min(next_offset), 0) FROM tidewheel.progress"
                             " GROUP BY partition");
}

void Mix::finish() {
    report_.mixed = std::chrono::duration_cast<std::chrono::seconds>(since(began_));
    say("no more faults: the producers end, then everything is checked");
    Findings findings;
    attempt("the end", [&] {
        site_.traffic().finish();
        site_.await_servers();
        findings = check(site_.deployment(), site_.ledger(),
                         {50 * options_.time.count(), longest_recovery});
        attribute();
    });
    for (const std::string& name : site_.services())
        attempt("I9", [&] { site_.supervisor().release(name, std::chrono::seconds(10)); });
    attempt("I9", [&] { check_backends(site_.deployment(), findings); });
    check_services(findings);
    report_.records = findings.records;
    report_.lost = findings.lost;
    report_.doubled = findings.doubled;
    report_.violations.insert(report_.violations.end(), findings.violations.begin(),
                              findings.violations.end());
    say("done");
}

void Mix::check_services(Findings& findings) {
    for (const std::string& each : site_.supervisor().defects())
        findings.violations.push_back("I9: " + each);
    report_.peaks = site_.supervisor().peaks();
    for (const auto& [program, kib] : report_.peaks)
        if (kib > most_memory)
            findings.violations.push_back("I9: " + program + " took " + std::to_string(kib) +
                                          " KiB");
}

// Whatever goes wrong is a violation: nothing that happens here may hide what else was found.
void Mix::attempt(const std::string& what, const std::function<void()>& action) {
    try {
        action();
    } catch (const std::exception& error) {
        report_.violations.push_back(what + ": " + error.what());
        say("VIOLATED " + report_.violations.back());
        say_progress();
    }
}

// For whoever has to find out what was violated.
void Mix::say_progress() const {
    try {
        for (const postgres::Row& row : site_.deployment().query(
                 "SELECT format('%s of partition %s: offset %s, epoch %s, %s%s', s.name, "
                 "p.partition, p.next_offset, p.epoch, coalesce(p.owner, 'no owner'), ', ' || "
                 "p.missing) FROM tidewheel.progress p JOIN tidewheel.statements s ON s.id = "
                 "p.statement_id ORDER BY s.name, p.partition"))
            say("    " + row.text(0));
    } catch (const std::exception& error) {
        say(std::string("    the progress can't be read: ") + error.what());
    }
}

// A record that went wrong is charged to the fault that was at work when it was next in line.
void Mix::attribute() {
    for (const postgres::Row& row : site_.deployment().query(
             "SELECT coalesce(f.name, 'before any fault'), w.verdict, count(*) FROM chaos.wrong w"
             " LEFT JOIN LATERAL (SELECT name FROM chaos.faults f WHERE f.partition = w.partition"
             " AND f.from_offset <= w.\"offset\" ORDER BY number DESC LIMIT 1) f ON true"
             " WHERE w.verdict IN ('lost', 'doubled') GROUP BY 1, 2")) {
        FaultTally& tally = report_.faults[row.text(0)];
        (row.text(1) == "lost" ? tally.lost : tally.doubled) += row.integer(2);
    }
}

}  // namespace tidewheel::chaos
