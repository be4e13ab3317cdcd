#include "chaos/faults.hpp"

#include <exception>
#include <memory>

namespace tidewheel::chaos {
namespace {

using namespace std::chrono_literals;

// Both last and end together.
Happening together(Happening one, Happening other) {
    const auto both =
        std::make_shared<std::pair<Happening, Happening>>(std::move(one), std::move(other));
    // If one can't be healed, the other still is.
    const auto each = [both](std::function<void(Happening&)> Happening::*part, Happening& now) {
        std::exception_ptr failure;
        for (Happening* it : {&both->first, &both->second}) {
            try {
                if (it->*part) (it->*part)(*it);
            } catch (...) {
                failure = std::current_exception();
            }
        }
        now.kills = both->first.kills + both->second.kills;
        if (failure) std::rethrow_exception(failure);
    };
    return {both->first.what + "; " + both->second.what, both->first.kills + both->second.kills,
            [each](Happening& now) { each(&Happening::go_on, now); },
            [each](Happening& now) { each(&Happening::end, now); }};
}

Happening begin_named(const Fault& fault, Site& site, Random& random) {
    Happening happening = fault.begin(site, random);
    happening.what = fault.name + " (" + happening.what + ")";
    return happening;
}

std::vector<Fault> single_faults() {
    std::vector<Fault> all = service_faults();
    for (auto more : {kafka_faults(), postgres_faults(), data_faults()})
        all.insert(all.end(), more.begin(), more.end());
    return all;
}

Happening begin_two(Site& site, Random& random) {
    std::vector<Fault> faults = single_faults();
    const auto drop = [&](const Fault& without) {
        std::erase_if(faults, [&](const Fault& each) {
            return each.slow || (each.parties & without.parties) != 0;
        });
    };
    drop({});
    // One that leaves no party free can't be the first either.
    std::erase_if(
        faults, [](const Fault& each) { return each.parties == (services | brokers | database); });
    const Fault one = random.one_of(faults);
    drop(one);
    const Fault other = random.one_of(faults);
    Happening first = begin_named(one, site, random);
    try {
        Happening second = begin_named(other, site, random);
        return together(std::move(first), std::move(second));
    } catch (...) {
        if (first.end) first.end(first);
        throw;
    }
}

}  // namespace

std::vector<Fault> all_faults() {
    std::vector<Fault> all = single_faults();
    all.push_back(
        {two_at_once, "all", services | brokers | database, false, false, 4s, 10s, begin_two});
    return all;
}

}  // namespace tidewheel::chaos
