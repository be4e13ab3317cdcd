#pragma once
#include "array_parameters.hpp"
#include "tidewheel/engine/batch.hpp"

namespace tidewheel::executor {

// The partitions and the offsets of the records of some rows, as two arrays. `row_of`: the number in
// the batch of each of them.
template <class RowOf>
void add_places(ArrayParameters& places, const engine::Batch* batch, std::size_t size,
                RowOf row_of) {
    postgres::begin_array(places.encoder(), engine::Kind::int32, size);
    for (std::size_t i = 0; i < size; ++i)
        places.encoder().int32(batch->record_of(row_of(i)).partition);
    places.end_array();
    postgres::begin_array(places.encoder(), engine::Kind::int64, size);
    for (std::size_t i = 0; i < size; ++i)
        places.encoder().int64(batch->record_of(row_of(i)).offset);
    places.end_array();
}

// Of all rows of the batch; nullptr: of none.
inline void add_places(ArrayParameters& places, const engine::Batch* batch) {
    add_places(places, batch, batch ? batch->rows() : 0, [](std::size_t row) { return row; });
}

}  // namespace tidewheel::executor
