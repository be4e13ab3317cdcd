#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tidewheel/engine/batch.hpp"
#include "tidewheel/engine/expression.hpp"

namespace tidewheel::engine {

// Rows of a batch, in ascending order.
using RowNumbers = std::span<const std::uint32_t>;

// The values of an expression, one a row; in the C++ types that Vector holds them in.
struct Values {
    Kind kind = Kind::other;
    std::byte* data = nullptr;
    std::uint8_t* nulls = nullptr;  // a byte a row: 1 is NULL
    bool has_nulls = false;         // false: `nulls` isn't filled in
    Arena* texts = nullptr;         // of a result: for texts that are made

    template <class T>
    T* as() const {
        return reinterpret_cast<T*>(data);
    }
    bool is_null(std::size_t row) const { return has_nulls && nulls[row] != 0; }
};

// An operator or function of pg_catalog that the engine computes itself.
struct NativeFunction {
    std::string_view name;
    std::vector<Kind> arguments;
};
std::vector<NativeFunction> native_functions();

// Computes expressions over the rows of a batch, column by column, as PostgreSQL does row by row.
// It never judges: where PostgreSQL would raise an error, or the engine can't tell what it would
// say, it declines, and PostgreSQL is asked.
class Program {
  public:
    static constexpr std::size_t most_rows = 1024;  // of one run

    static std::variant<Program, Unsupported> compile(const Schema& schema,
                                                      std::span<const Expression> expressions);

    // What a run needs besides; one a thread. It has memory only from the first run to release(), as
    // much as the rows need: lanes at rest have none.
    class Scratch {
      public:
        explicit Scratch(const Program& program);
        // Other rows come next.
        void restart(const Program& program);
        // Nothing that was computed is needed any longer, but texts.
        void release();
        // Nor are texts that were made.
        void forget() { texts_.clear(); }

      private:
        friend class Program;
        friend class Evaluation;
        struct Register {
            Values values;
            bool is_done = false;  // in this run
        };
        void reserve(const Program& program, std::size_t rows);

        std::vector<Register> registers_;  // by step
        std::unique_ptr<std::byte[]> memory_;
        std::size_t rows_ = 0;  // that it is for
        Arena texts_;
    };

    // The i-th expression over these rows, at most most_rows; false: declined. The values hold until
    // the next restart() or release(), texts until forget(). The rows hold, too: calls in between are over the
    // same ones.
    bool run(std::size_t i, const Batch& batch, RowNumbers rows, Scratch& scratch,
             Values& values) const;
    struct Step;  // private: src/program_steps.hpp

  private:
    friend class ProgramBuilder;
    friend class Evaluation;

    struct Code;
    std::shared_ptr<const Code> code_;  // never changed once it is made
};

}  // namespace tidewheel::engine
