#pragma once
#include <memory>

#include "tidewheel/engine/csv_form.hpp"
#include "tidewheel/engine/decoder.hpp"

namespace tidewheel::codec {

// Records that are rows of CSV, by the rules of docs/reference/csv.md: the columns that are fields take
// them in their order, as texts. Allocates nothing per record. `schema` must outlive the decoder.
std::unique_ptr<engine::Decoder> make_csv_decoder(const engine::Schema& schema,
                                                  const engine::CsvForm& form);

}  // namespace tidewheel::codec
