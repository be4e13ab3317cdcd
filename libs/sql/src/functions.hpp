#pragma once
#include <string>

#include "ast.hpp"
#include "source_text.hpp"

// What can be told about a function call by its name and its shape. PostgreSQL's catalogue has the
// last word at `tidewheel apply`.
namespace tidewheel::sql {

// The name of a function that may be PostgreSQL's own; empty: its schema says that it isn't.
std::string builtin_name(const ast::FunctionCall& call);
bool is_aggregate(ast::Message& message);
bool contains_aggregate(ast::Message& root);
// A constant, with or without a cast.
bool is_constant(const ast::Node& expression);
bool is_window_call(ast::Message& message);
// now() and the like: the transaction's time, which the record's own timestamp replaces.
bool is_now(ast::Message& message);
// The SQL type of such a call, as a cast: timestamptz, date…
std::string type_of_now(ast::Message& message);

// Refuses what a replay could not repeat: random(), nextval(), the constant 'now'.
void refuse_volatile(ast::Message& root, Refusals& refusals);
// Refuses now() and the like, where no record's timestamp can replace it. `where` reads
// "in a materialized view".
void refuse_now(ast::Message& root, const std::string& where, const std::string& hint,
                Refusals& refusals);

// Says that what was refused last rests on this function: it may be an aggregate that we don't
// know, or nobody does.
void mention(const ast::FunctionCall& call, Refusals& refusals);

// As people write it: count, current_date.
std::string function_name(ast::Message& message);

}  // namespace tidewheel::sql
