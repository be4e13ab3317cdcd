#pragma once
#include "option_list.hpp"
#include "tidewheel/sql/pipeline.hpp"

// The options that begin with source: where the records of a stream come from.
namespace tidewheel::sql {

void read_source_url(OptionList& options, const ast::Option& option, Stream& stream);
void read_source_message(OptionList& options, const ast::Option& option, Stream& stream);
void read_source_interval(OptionList& options, const ast::Option& option, Stream& stream);
void read_source_path(OptionList& options, const ast::Option& option, Stream& stream);
// What is wrong with them together; the others are read already.
void check_source(const OptionList& options, const Stream& stream, int location,
                  Refusals& refusals);

// "90", "5 min", "1 hour 30 minutes": seconds, or numbers with units as PostgreSQL's intervals have
// them, up to days. nullopt: it is none.
std::optional<std::chrono::milliseconds> read_interval(std::string_view text);

}  // namespace tidewheel::sql
