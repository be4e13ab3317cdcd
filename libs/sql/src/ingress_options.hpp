#pragma once
#include "option_list.hpp"
#include "tidewheel/sql/pipeline.hpp"

// The options that begin with ingress: at which path records are taken, and from whom.
namespace tidewheel::sql {

void read_ingress_path(OptionList& options, const ast::Option& option, Stream& stream);
void read_ingress_tokens(OptionList& options, const ast::Option& option, Stream& stream);
void read_ingress_secrets(OptionList& options, const ast::Option& option, Stream& stream);
// What is wrong with them together; the others are read already.
void check_ingress(const OptionList& options, const Stream& stream, int location,
                   Refusals& refusals);

}  // namespace tidewheel::sql
