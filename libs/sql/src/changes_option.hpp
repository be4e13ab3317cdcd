#pragma once
#include <string>

#include "option_list.hpp"
#include "tidewheel/sql/pipeline.hpp"

// The stream option changes_of.
namespace tidewheel::sql {

void read_changes_of(OptionList& options, const ast::Option& option, Stream& stream);
// Once all options are read: tidewheel-changefeed alone decides what is in the topic, and where.
void check_changes(const OptionList& options, const Stream& stream, int location,
                   Refusals& refusals);

}  // namespace tidewheel::sql
