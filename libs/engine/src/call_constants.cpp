#include "call_constants.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "constants.hpp"
#include "like.hpp"

namespace tidewheel::engine {
namespace {

using Places = std::vector<std::size_t>;

[[noreturn]] void leave(std::string reason) {
    throw Unsupported{std::move(reason)};
}

Places all_of(const Expression& call) {
    Places all(call.arguments.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
}

const std::string& constant_text(const Expression& argument, const std::string& otherwise) {
    if (argument.node != Expression::Node::constant || !argument.constant) leave(otherwise);
    return text_of_constant(argument);
}

Places take_unit(const Expression& call, Program::Step& step) {
    const std::string& name =
        constant_text(call.arguments.front(), call.name + " of a unit that is not constant");
    const auto unit = call.name == "extract" ? extraction_unit(name) : truncation_unit(name);
    if (!unit) leave(call.name + " of unit " + name);
    step.call.unit = *unit;
    return {1};
}

Places take_pattern(const Expression& call, Program::Step& step) {
    const std::string reason = "LIKE with a pattern that is not constant";
    const std::string& pattern = constant_text(call.arguments.back(), reason);
    if (!is_like_pattern(pattern)) leave(reason);
    step.text = std::make_shared<const std::string>(pattern);
    step.call.pattern = *step.text;
    return {0};
}

Places take_collation(const Expression& call, Program::Step& step) {
    constexpr std::uint32_t c = 950, posix = 951;  // as in pg_collation
    step.call.ascii_letters_alone = call.collation == c || call.collation == posix;
    return {0};
}

Interval read_interval(const Expression& argument, const Expression& call) {
    const std::string reason = call.name + " of " + argument.type.sql;
    Interval interval;
    if (argument.type.sql != "interval" ||
        !read_constant(constant_text(argument, reason + " that is not constant"), interval))
        leave(reason);
    return interval;
}

Places take_interval(const Expression& call, Program::Step& step) {
    if (call.arguments.back().type.kind != Kind::other) return all_of(call);
    step.call.interval = read_interval(call.arguments.back(), call);
    if (call.name == "-") step.call.interval = negated(step.call.interval);
    return {0};
}

Places take_bins(const Expression& call, Program::Step& step) {
    const std::string reason = "date_bin with bins that are not constant";
    step.call.interval = read_interval(call.arguments[0], call);
    const Expression& origin = call.arguments[2];
    std::vector<std::byte> value;
    if (!read_constant(origin.type.kind, constant_text(origin, reason), value) ||
        !are_bins(step.call.interval))
        leave(reason);
    std::memcpy(&step.call.origin, value.data(), sizeof step.call.origin);
    return {1};
}

struct Taken {
    std::string_view name;
    Places (*take)(const Expression&, Program::Step&);
};
constexpr Taken functions[] = {
    {"date_trunc", take_unit}, {"extract", take_unit},    {"~~", take_pattern},
    {"!~~", take_pattern},     {"+", take_interval},      {"-", take_interval},
    {"date_bin", take_bins},   {"lower", take_collation}, {"upper", take_collation},
};

}  // namespace

Places take_constants(const Expression& call, Program::Step& step) {
    const auto found = std::ranges::find(functions, call.name, &Taken::name);
    return found == std::end(functions) ? all_of(call) : found->take(call, step);
}

}  // namespace tidewheel::engine
