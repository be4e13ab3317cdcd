#pragma once
#include "ast.hpp"
#include "names.hpp"
#include "source_text.hpp"

namespace tidewheel::sql {

// The INSERT reads what it writes. `from`: nullptr: it reads no stream.
void refuse_circle(const ast::Insert& insert, const Stream& into, const Stream* from,
                   Refusals& refusals);

// The INSERT's target is this stream: it is checked, and the INSERT goes to the stream's outbox.
void write_to_stream(ast::Tree& tree, ast::Insert& insert, const Names& names, const Stream& stream,
                     RowStatement& rows, Refusals& refusals);

}  // namespace tidewheel::sql
