#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <new>
#include <numeric>

#include "tidewheel/engine/program.hpp"
#include "tidewheel/testing/catch.hpp"

static std::atomic<long> bytes_in_use = 0;

// All that the two below give back: a sanitizer has one of its own for whatever is missing here.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    void* const memory = std::malloc(size);
    bytes_in_use += static_cast<long>(malloc_usable_size(memory));
    return memory;
}
void* operator new(std::size_t size) {
    if (void* memory = operator new(size, std::nothrow)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    bytes_in_use -= static_cast<long>(malloc_usable_size(memory));
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    operator delete(memory);
}

using namespace tidewheel::engine;

namespace {

const Type integer{Kind::int32, -1, "integer"}, boolean{Kind::boolean, -1, "boolean"};

// n > 500
Expression above_500() {
    Expression column, constant, call;
    column.node = Expression::Node::column;
    column.type = integer;
    constant.constant = "500";
    constant.type = integer;
    call.node = Expression::Node::call;
    call.name = ">";
    call.type = boolean;
    call.arguments = {column, constant};
    return call;
}

Schema one_column() {
    Schema schema;
    schema.columns = {{.name = "n", .type = integer, .path = {"n"}, .header = {}, .fallback = {}}};
    return schema;
}

// Of the numbers 1 to n.
Batch batch_of(const Schema& schema, std::int32_t n) {
    Batch batch(schema);
    for (std::int32_t i = 1; i <= n; ++i)
        batch.add(Record(), [&](const Record&, Batch& into) -> std::optional<Reject> {
            into.column(0).set(into.row(), i);
            return std::nullopt;
        });
    return batch;
}

std::vector<std::uint32_t> all_of(const Batch& batch) {
    std::vector<std::uint32_t> rows(batch.rows());
    std::iota(rows.begin(), rows.end(), 0u);
    return rows;
}

long bytes_of(const std::function<void()>& work) {
    const long before = bytes_in_use;
    work();
    return bytes_in_use - before;
}

}  // namespace

TEST_CASE("a program has memory for as many rows as it runs over, until it gives it back") {
    const Schema schema = one_column();
    const Expression condition = above_500();
    const auto program = std::get<Program>(Program::compile(schema, {&condition, 1}));
    const Batch batch = batch_of(schema, 1000);
    const auto rows = all_of(batch);
    Program::Scratch scratch(program);
    const auto count = [&](RowNumbers some) {
        scratch.restart(program);
        Values holds;
        REQUIRE(program.run(0, batch, some, scratch, holds));
        return std::count(holds.as<std::uint8_t>(), holds.as<std::uint8_t>() + some.size(), 1);
    };
    CHECK(count(rows) == 500);
    scratch.release();
    const long few = bytes_of([&] { CHECK(count(RowNumbers(rows).last(3)) == 3); });
    CHECK(few > 0);
    CHECK(few < 1500);
    const long many = bytes_of([&] { CHECK(count(rows) == 500); });
    CHECK(many > 8000);
    CHECK(bytes_of([&] { CHECK(count(RowNumbers(rows).first(3)) == 0); }) == 0);
    CHECK(bytes_of([&] { scratch.release(); }) == -(few + many));
    CHECK(count(RowNumbers(rows).last(3)) == 3);
}
