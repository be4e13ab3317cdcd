#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/engine/record.hpp"
#include "tidewheel/postgres/session.hpp"

namespace tidewheel::verify {

// Records of CSV as JSON: PostgreSQL's own COPY reads them into a table of texts. What it can't read as
// one row has no document.
class CsvDocuments {
  public:
    // Within a transaction.
    CsvDocuments(const catalogue::StoredStream& stream, postgres::Session& session);

    void add(const engine::Record& record);
    // Gives the records in pg_temp.tidewheel_raw their documents.
    void finish();

  private:
    struct Raw {
        int partition;
        std::int64_t offset;
        std::string value;
    };

    void take(std::span<const Raw> records);
    bool copy(std::span<const Raw> records);
    std::string line_of(const Raw& record) const;
    std::string quoted(const std::string& text) const;

    const engine::CsvForm& form_;
    postgres::Session& session_;
    std::string copy_statement_;
    std::string mark_;
    std::vector<Raw> waiting_;
    std::size_t waiting_bytes_ = 0;
};

}  // namespace tidewheel::verify
