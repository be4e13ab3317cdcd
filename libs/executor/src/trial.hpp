#pragma once
#include <cstddef>
#include <functional>
#include <optional>

#include "tidewheel/executor/statement_executor.hpp"

namespace tidewheel::executor {

// What it says of a refused row that another row passes: nothing; that the step can be run; that
// the step can be run as far as the refused row went.
enum class Witness { none, weak, strong };

// Runs one step of a batch (the COPY, the stream's rules, a statement) over the batch's rows and
// finds those that PostgreSQL refuses, by halving. Whose fault a refusal is, is found out by trial
// where the error's class doesn't tell (see Blame):
//
//   - A failure of the server is thrown again.
//   - A row that fails alone is to blame if the step can be run over no row and the error is
//     plainly about the row; or if, between two failures of it, a neighbour passes that is a strong
//     witness.
//   - Where the only witness is a weak one, or something around the row may be at fault, the same
//     row must also have been refused for a minute; where both hold, or no neighbour passes,
//     nothing is decided: hold() is called, which throws.
//
// A trial leaves nothing behind: it runs under savepoints.
class Trial {
  public:
    struct Step {
        // Over the rows [first, last) of the batch. Returns how many rows it stored.
        std::function<std::size_t(std::size_t first, std::size_t last)> run;
        // Over no row at all; throws when PostgreSQL won't run the step.
        std::function<void()> rehearse;
        // A row that passed alone and stored so many rows, for one that was refused.
        std::function<Witness(std::size_t passed, std::size_t stored, std::size_t refused,
                              postgres::Blame)>
            weigh;
        // Whether this row has been refused for a minute.
        std::function<bool(std::size_t row)> is_old;
        std::function<void(std::size_t row, const postgres::DatabaseError&)> park;
        std::function<void(std::size_t row, const postgres::DatabaseError&)> hold;  // throws
        // Remembers what the caller has noted down so far, and returns what goes back to it.
        std::function<std::function<void()>()> checkpoint;
    };
    Trial(BatchSession& session, Step step, std::size_t rows)
        : session_(session), step_(std::move(step)), rows_(rows) {}

    void run() { halve(0, rows_); }

  private:
    void halve(std::size_t first, std::size_t last);
    void judge(std::size_t row, const postgres::DatabaseError& error);
    bool is_settled(std::size_t row, const postgres::DatabaseError& error);
    Witness find_witness(std::size_t refused, postgres::Blame blame);
    std::optional<std::size_t> try_alone(std::size_t row);

    BatchSession& session_;
    Step step_;
    std::size_t rows_;
};

}  // namespace tidewheel::executor
