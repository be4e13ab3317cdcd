#include "file_lane.hpp"

#include <avro.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "tidewheel/core/failpoint.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/clock.hpp"

using namespace tidewheel;
using namespace tidewheel::capture;
using namespace std::chrono_literals;
using delivery::Delivered;
using delivery::OutboxRow;

namespace {

namespace fs = std::filesystem;

struct Directory {
    Directory() {
        std::string name = fs::temp_directory_path() / "files.XXXXXX";
        path = mkdtemp(name.data());
    }
    ~Directory() { fs::remove_all(path); }
    fs::path path;
};

std::string text_of(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
}

// The files that have a name, with what they hold; and those that have none.
std::map<std::string, std::string> files_in(const fs::path& root, bool hidden = false) {
    std::map<std::string, std::string> files;
    for (const auto& each : fs::recursive_directory_iterator(root))
        if (each.is_regular_file() && each.path().filename() != ".tidewheel-files" &&
            (each.path().filename().string().front() == '.') == hidden)
            files[fs::relative(each.path(), root)] = text_of(each.path());
    return files;
}

FileOptions options(std::size_t roll_bytes = 1 << 20) {
    FileOptions all;
    all.sink = "events";
    all.uid = "0123456789abcdef";
    all.path = "{topic}/{partition}/{yyyy}-{MM}-{dd}T{HH}{mm}/{first}";
    all.format = "ndjson";
    all.roll_after = 300s;
    all.roll_bytes = roll_bytes;
    all.columns = {{"id", "int8", 0, 0, true}, {"name", "text", 0, 0, false}};
    all.topics = {{7, "store-events"}};
    return all;
}

OutboxRow row(std::int64_t seq, std::chrono::seconds at = 0s) {
    OutboxRow one;
    one.seq = seq;
    one.values = {std::to_string(seq), "n" + std::to_string(seq)};
    one.stored_at = std::chrono::sys_days(std::chrono::year(2026) / 1 / 2) + at;
    return one;
}

std::vector<OutboxRow> rows(std::int64_t first, std::int64_t last) {
    std::vector<OutboxRow> all;
    for (std::int64_t seq = first; seq <= last; ++seq)
        all.push_back(row(seq));
    return all;
}

// A lane's destinations, one after the other, as the delivery loop makes them.
struct Bench {
    Directory directory;
    testing::FakeClock clock;
    const catalogue::StoredSink sink{};
    std::int64_t position = 0;
    std::string note, trouble;
    telemetry::Metrics metrics;
    const std::shared_ptr<SinkMetrics> told = std::make_shared<SinkMetrics>(metrics, "events");

    std::unique_ptr<FileLane> open(FileOptions with = options()) {
        return std::make_unique<FileLane>(
            std::move(with), directory.path, delivery::Place{sink, "", {7, 2}, position, note},
            [this](const std::string& failure) { trouble = failure; }, told, clock);
    }
    void commit(const Delivered& done) {
        if (done.through == 0) return;
        position = done.through;
        note = done.note;
    }
};

}  // namespace

TEST_CASE("a file has its name when its time is over, and none without rows") {
    Bench bench;
    const auto lane = bench.open();
    CHECK(lane->deliver({}, {}).through == 0);
    CHECK(lane->deliver(rows(1, 2), {}).through == 0);
    CHECK(files_in(bench.directory.path).empty());
    bench.clock.time += 299s;
    CHECK(lane->deliver({}, {}).through == 0);
    bench.clock.time += 1s;
    CHECK(lane->deliver({}, {}).through == 2);
    CHECK(files_in(bench.directory.path) ==
          std::map<std::string, std::string>{
              {"store-events/2/2026-01-02T0000/0000000000000000001-01234567.ndjson",
               "{\"id\":1,\"name\":\"n1\"}\n{\"id\":2,\"name\":\"n2\"}\n"}});
    bench.clock.time += 3000s;
    CHECK(lane->deliver({}, {}).through == 0);
    CHECK(files_in(bench.directory.path, true).empty());
}

TEST_CASE("a row that is later than a file's time begins the next file, whatever the clock says") {
    Bench bench;
    const auto lane = bench.open();
    CHECK(lane->deliver(std::vector{row(1), row(2, 299s), row(3, 300s)}, {}).through == 2);
}

TEST_CASE("no file is larger than it may be, unless one row is") {
    Bench bench;
    const auto lane = bench.open(options(60));
    CHECK(lane->deliver(rows(1, 9), {}).through == 8);
    for (const auto& [name, text] : files_in(bench.directory.path))
        CHECK(text.size() == 42);
    CHECK(files_in(bench.directory.path).size() == 4);
    CHECK(bench.open(options(1))->deliver(rows(20, 22), {}).through == 21);
}

TEST_CASE("the time in the path may be a column's") {
    Bench bench;
    FileOptions with = options(1);
    with.columns.push_back({"at", "timestamptz", 0, 0, false});
    with.time_column = 2;
    std::vector<OutboxRow> all{row(1), row(2), row(3)};
    all[0].values.emplace_back("2023-06-07 10:04:19+00");
    all[1].values.emplace_back();
    all[2].values.emplace_back();
    bench.open(with)->deliver(all, {});
    std::vector<std::string> names;
    for (const auto& [name, text] : files_in(bench.directory.path))
        names.push_back(name.substr(0, 30));
    CHECK(names == std::vector<std::string>{"store-events/2/2023-06-07T1004",
                                            "store-events/2/2026-01-02T0000"});
}

TEST_CASE("after a failure at any step the files are the same, byte for byte") {
    for (const char* format : {"ndjson", "avro"}) {
        FileOptions with = options(format == std::string("avro") ? 470 : 100);
        with.format = format;
        const auto run = [&](Bench& bench) {
            for (int attempts = 0; attempts < 100; ++attempts) {
                const auto lane = bench.open(with);
                Delivered done = lane->deliver(rows(bench.position + 1, 40), {});
                bench.commit(done);
                if (!done.failure) break;
            }
            CHECK(bench.position >= 20);
        };
        Bench undisturbed;
        run(undisturbed);
        for (const char* step :
             {"file_begun", "before_sync", "before_link", "after_link", "after_publish"}) {
            INFO(format << " " << step);
            Bench bench;
            arm_failpoints(std::string(step) + "=error%40;seed=3");
            run(bench);
            arm_failpoints("");
            CHECK(files_in(bench.directory.path) == files_in(undisturbed.directory.path));
            CHECK(files_in(bench.directory.path, true).empty());
        }
    }
}

TEST_CASE("one that was taken for dead writes nothing any more") {
    Bench bench;
    const auto frozen = bench.open(), next = bench.open();
    frozen->deliver(rows(1, 3), {});
    next->deliver(rows(1, 4), {});
    bench.clock.time += 300s;
    const Delivered late = frozen->deliver({}, {});
    CHECK(late.through == 0);
    CHECK(late.failure);
    CHECK(next->deliver({}, {}).through == 4);
    const auto files = files_in(bench.directory.path);
    CHECK(files.size() == 1);
    // What it wrote first stays, and counts.
    CHECK(bench.open()->deliver(rows(1, 6), {}).through == 4);
    CHECK(files_in(bench.directory.path) == files);
}

TEST_CASE("another directory than the one of the files so far gets none") {
    Bench bench;
    const auto lane = bench.open(options(1));
    bench.commit(lane->deliver(rows(1, 2), {}));
    CHECK(bench.position == 1);
    fs::remove(bench.directory.path / ".tidewheel-files");
    const Delivered done = bench.open()->deliver(rows(2, 3), {});
    REQUIRE(done.failure);
    CHECK_THAT(done.failure->reason,
               Catch::Matchers::ContainsSubstring("is not the directory of this sink's files"));
    CHECK(bench.trouble == done.failure->reason);
}

TEST_CASE("a directory that is missing is a failure that names it, until it is there") {
    Bench bench;
    fs::remove_all(bench.directory.path);
    const Delivered done = bench.open()->deliver(rows(1, 2), {});
    REQUIRE(done.failure);
    CHECK(done.failure->reason == "can't use the directory " + bench.directory.path.string() +
                                      ": No such file or directory");
    fs::create_directory(bench.directory.path);
    CHECK_FALSE(bench.open()->deliver(rows(1, 2), {}).failure);
    CHECK(bench.trouble.empty());
}

TEST_CASE("Apache's library reads what is written, packed or not") {
    for (const bool deflate : {false, true}) {
        Bench bench;
        FileOptions with = options();
        with.format = "avro";
        with.deflate = deflate;
        const auto lane = bench.open(with);
        lane->deliver(rows(1, 9000), {});
        bench.clock.time += 300s;
        REQUIRE(lane->deliver({}, {}).through == 9000);
        const auto files = files_in(bench.directory.path);
        REQUIRE(files.size() == 1);
        CHECK(files.begin()->second.find("tidewheel.last&0000000000000009000") !=
              std::string::npos);
        avro_file_reader_t reader = nullptr;
        REQUIRE(avro_file_reader((bench.directory.path / files.begin()->first).c_str(), &reader) ==
                0);
        avro_schema_t schema = avro_file_reader_get_writer_schema(reader);
        avro_value_iface_t* kind = avro_generic_class_from_schema(schema);
        avro_value_t value;
        avro_generic_value_new(kind, &value);
        std::int64_t expected = 0;
        while (avro_file_reader_read_value(reader, &value) == 0) {
            avro_value_t field;
            std::int64_t id = 0;
            avro_value_get_by_index(&value, 0, &field, nullptr);
            avro_value_get_long(&field, &id);
            REQUIRE(id == ++expected);
        }
        CHECK(expected == 9000);
        avro_value_decref(&value);
        avro_value_iface_decref(kind);
        avro_schema_decref(schema);
        avro_file_reader_close(reader);
    }
}
