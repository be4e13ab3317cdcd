#include "tidewheel/core/failpoint.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>

#include "tidewheel/core/error.hpp"

namespace tidewheel {
namespace {

constexpr auto variable = "TIDEWHEEL_FAILPOINTS";

enum class Action { none, kill, stop, hang, error };
constexpr std::array<std::string_view, 5> actions{"none", "kill", "stop", "hang", "error"};

struct Plan {
    Action action = Action::none;
    std::uint64_t first = 1, last = UINT64_MAX;  // passes, from 1
    unsigned percent = 100;
    std::uint64_t passes = 0;
};

std::mutex mutex;  // of what follows; many lanes pass the same places
std::array<Plan, failpoint_names.size()> plans;
std::minstd_rand dice;

[[noreturn]] void refuse(std::string_view what, const std::string& hint) {
    throw Error(Error::Kind::setting,
                std::string(variable) + ": '" + std::string(what) + "' " + hint,
                "Write it as after_copy=kill@3;before_commit=error%10;seed=7.");
}

template <class Names>
std::string any_of(const Names& names) {
    std::string list;
    for (const std::string_view name : names)
        list.append(list.empty() ? "" : ", ").append(name);
    return list;
}

template <class Names>
std::size_t find_in(const Names& names, std::string_view name, const std::string& kind) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end())
        refuse(name, "is not a known " + kind + "; known are " + any_of(names));
    return static_cast<std::size_t>(std::distance(names.begin(), found));
}

// A whole number from 1 on, with nothing behind it.
std::uint64_t number(std::string_view text, std::string_view item) {
    std::uint64_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc{} || end != text.data() + text.size() || value == 0)
        refuse(item, "requires a number of 1 or more");
    return value;
}

// kill, kill@3, kill@3+ or kill%10
Plan plan_of(std::string_view text) {
    const std::size_t mark = std::min(text.find_first_of("@%"), text.size());
    Plan plan;
    plan.action = static_cast<Action>(find_in(actions, text.substr(0, mark), "action"));
    if (mark == text.size()) return plan;
    std::string_view when = text.substr(mark + 1);
    if (text[mark] == '%') {
        plan.percent = static_cast<unsigned>(std::min<std::uint64_t>(number(when, text), 100));
        return plan;
    }
    const bool from_then_on = when.ends_with('+');
    if (from_then_on) when.remove_suffix(1);
    plan.first = number(when, text);
    if (!from_then_on) plan.last = plan.first;
    return plan;
}

void arm(std::string_view item) {
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) refuse(item, "is not place=action");
    const std::string_view name = item.substr(0, equals), value = item.substr(equals + 1);
    if (name == "seed") {
        dice.seed(static_cast<std::minstd_rand::result_type>(number(value, item)));
        return;
    }
    plans[find_in(failpoint_names, name, "failpoint")] = plan_of(value);
    failpoints_armed = true;
}

// What is to happen at this pass.
Action next_action(Plan& plan) {
    const std::lock_guard lock(mutex);
    ++plan.passes;
    if (plan.passes < plan.first || plan.passes > plan.last) return Action::none;
    const bool hit = std::uniform_int_distribution<unsigned>(0, 99)(dice) < plan.percent;
    return hit ? plan.action : Action::none;
}

[[noreturn]] void hang() {
    for (;;)
        std::this_thread::sleep_for(std::chrono::hours(1));
}

}  // namespace

void pass(Failpoint point) {
    switch (next_action(plans[point.index()])) {
        case Action::none:
            return;
        case Action::kill:
            ::raise(SIGKILL);
            return;
        case Action::stop:
            ::raise(SIGSTOP);  // this very thread: it must not get any further
            return;
        case Action::hang:
            hang();
        case Action::error:
            throw Error(Error::Kind::unavailable,
                        "failpoint " + std::string(failpoint_names[point.index()]));
    }
}

void arm_failpoints(std::string_view specification) {
    failpoints_armed = false;
    plans = {};
    dice.seed();
    while (!specification.empty()) {
        const std::size_t end = std::min(specification.find(';'), specification.size());
        if (end > 0) arm(specification.substr(0, end));
        specification.remove_prefix(std::min(end + 1, specification.size()));
    }
}

void arm_failpoints_from_environment() {
    if (const char* text = std::getenv(variable)) arm_failpoints(text);
}

}  // namespace tidewheel
