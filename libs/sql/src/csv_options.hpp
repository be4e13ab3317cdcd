#pragma once
#include "option_list.hpp"
#include "tidewheel/sql/pipeline.hpp"

// OPTIONS (delimiter …, quote …, escape …, null …, encoding …) of a stream of the format csv: those of
// PostgreSQL's COPY.
namespace tidewheel::sql {

void read_delimiter(OptionList& options, const ast::Option& option, Stream& stream);
void read_quote(OptionList& options, const ast::Option& option, Stream& stream);
void read_escape(OptionList& options, const ast::Option& option, Stream& stream);
void read_null(OptionList& options, const ast::Option& option, Stream& stream);
void read_encoding(OptionList& options, const ast::Option& option, Stream& stream);
// One of COPY's that a stream can't have: true, and refused.
bool refuse_header(OptionList& options, const ast::Option& option);
// What all options and the columns together must be.
void check_csv(const OptionList& options, Stream& stream, int location, Refusals& refusals);

}  // namespace tidewheel::sql
