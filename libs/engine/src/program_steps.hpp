#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels.hpp"
#include "tidewheel/engine/program.hpp"

namespace tidewheel::engine {

// One node of a compiled expression. Its arguments are steps before it. The steps of a branch
// (CASE, COALESCE) belong to it alone: they run over the rows that take the branch.
struct Program::Step {
    enum class Operation : std::uint8_t {
        column,
        record_time,
        constant,
        call,
        all_of,
        any_of,
        negation,
        is_null,  // the tests: `value` says which result they have for it
        is_true,
        is_false,
        distinct,
        choose,
        coalesce,
        nullif,
        one_of,
    };
    Operation operation = Operation::constant;
    Kind kind = Kind::other;
    std::vector<std::size_t> arguments = {};
    bool value = true;       // of a test: the result where it holds
    std::size_t column = 0;  // of the batch
    Kernel kernel = nullptr;
    Call call = {};
    // Of a constant.
    bool is_null = false;
    std::vector<std::byte> bits = {};
    std::shared_ptr<const std::string> text = nullptr;  // that the value, or a pattern, views
};

struct Program::Code {
    std::vector<Step> steps;
    std::vector<std::size_t> results;  // by expression: its step
};

}  // namespace tidewheel::engine
