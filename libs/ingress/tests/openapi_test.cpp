#include "openapi.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tidewheel/core/version.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;

namespace {

const std::string page = TIDEWHEEL_SOURCE_DIR "/libs/ingress/tests/openapi.json";

std::vector<sql::Stream> streams_of(const std::string& text) {
    std::vector<sql::Stream> streams;
    for (const sql::Statement& each : sql::parse_pipeline(text, "p.sql").statements)
        streams.push_back(std::get<sql::Stream>(each.body));
    return streams;
}

}  // namespace

// A test of its own lets a public validator judge the page.
TEST_CASE("The description of the paths is made of the streams' DDL") {
    const auto streams = streams_of(
        "CREATE FOREIGN TABLE shop.products (id text NOT NULL, price numeric(10,2) CHECK (price > "
        "0), "
        "status text CHECK (status IN ('new', 'old')), customer uuid OPTIONS (path 'customer.id'), "
        "\"key\" text OPTIONS (key 'true')) SERVER kafka OPTIONS (topic 'products', ingress "
        "'/products', key 'id', ingress_tokens '" +
        std::string(64, 'a') +
        "');"
        "CREATE FOREIGN TABLE visits (at timestamptz NOT NULL, note jsonb) SERVER kafka OPTIONS "
        "(topic 'visits', ingress '/shop/visits', ingress_secrets 'till')");
    std::string document = ingress::openapi_document({&streams[0], &streams[1]});
    const std::string number = "\"version\": \"" + std::string(version()) + "\"";
    REQUIRE(document.find(number) != std::string::npos);
    document.replace(document.find(number), number.size(), "\"version\": \"1\"");
    if (std::getenv("TIDEWHEEL_UPDATE_DOCS")) std::ofstream(page) << document;
    std::ifstream file(page);
    CHECK(document == std::string(std::istreambuf_iterator<char>(file), {}));
}

TEST_CASE("Without a stream the description has no path") {
    CHECK(ingress::openapi_document({}).find("\"paths\": {}") != std::string::npos);
}
