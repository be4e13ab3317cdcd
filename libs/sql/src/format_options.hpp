#pragma once
#include "option_list.hpp"
#include "tidewheel/sql/pipeline.hpp"

// OPTIONS (format …, registry …, schema …) of a stream: how its records are written.
namespace tidewheel::sql {

void read_format(OptionList& options, const ast::Option& option, Stream& stream);
void read_registry(OptionList& options, const ast::Option& option, Stream& stream);
void read_schema(OptionList& options, const ast::Option& option, Stream& stream);
// What all options together must be.
void check_format(const OptionList& options, const Stream& stream, int location,
                  Refusals& refusals);

}  // namespace tidewheel::sql
