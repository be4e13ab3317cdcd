#pragma once
#include <string>

#include "ast.hpp"
#include "source.hpp"

// What can be told about a function call by its name and its shape. PostgreSQL's catalogue has the
// last word at `tidewheel apply`.
namespace tidewheel::sql {

bool is_aggregate(ast::Message& message);
bool is_window_call(ast::Message& message);
// now() and its relatives: the transaction's time, for which the record's own timestamp stands in.
bool is_now(ast::Message& message);
// The SQL type of such a call, as a cast: timestamptz, date…
std::string type_of_now(ast::Message& message);

// Refuses what no replay could repeat: random(), nextval(), the constant 'now'.
void refuse_volatile(ast::Message& root, Refusals& refusals);
// Refuses now() and its relatives, where no record's timestamp can stand in for it. `where` reads
// "in a materialized view".
void refuse_now(ast::Message& root, const std::string& where, const std::string& hint,
                Refusals& refusals);

// As people write it: count, current_date.
std::string function_name(ast::Message& message);

}  // namespace tidewheel::sql
