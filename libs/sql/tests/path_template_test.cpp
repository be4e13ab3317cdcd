#include "tidewheel/sql/path_template.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::sql;

namespace {

const PathValues values{"store-events", 3,
                        std::chrono::sys_days(std::chrono::year(2023) / 6 / 7) +
                            std::chrono::hours(10) + std::chrono::minutes(4) +
                            std::chrono::microseconds(19'999'999),
                        42, "3fa9c1d2"};

}  // namespace

TEST_CASE("a path has the topic, the partition, the time and the first row, at their full width") {
    CHECK(expand_path("store-events/{partition}/{yyyy}/{MM}/{dd}/{HH}/{mm}/{ss}-{first}", values) ==
          "store-events/3/2023/06/07/10/04/19-0000000000000000042-3fa9c1d2");
    CHECK(expand_path("{topic}/year={yyyy}/{first}", values) ==
          "store-events/year=2023/0000000000000000042-3fa9c1d2");
}

TEST_CASE("rows that no service stored have no topic and no partition") {
    PathValues none = values;
    none.topic.clear();
    none.partition = -1;
    CHECK(expand_path("{topic}/{partition}/{first}", none) ==
          "none/none/0000000000000000042-3fa9c1d2");
}

TEST_CASE("a time before 1970 is of its own second") {
    PathValues old = values;
    old.time = std::chrono::sys_time<std::chrono::microseconds>(std::chrono::microseconds(-1));
    CHECK(expand_path("{yyyy}{MM}{dd}{HH}{mm}{ss}", old) == "19691231235959");
}

TEST_CASE("a path that leads elsewhere, or by which two files could have one name, is refused") {
    CHECK_FALSE(wrong_path("{topic}/{yyyy}/{first}"));
    for (const char* path :
         {"", "/etc/{first}", "a//{first}", "a/", "../{first}", "a/../{first}", "a/.hidden{first}",
          "{topic}/{yyyy}", "{first}/{yyyy}", "{first}{first}", "a b/{first}", "{first",
          "{nothing}/{first}", "a\n/{first}"}) {
        INFO(path);
        CHECK(wrong_path(path));
    }
    CHECK(wrong_path("{YYYY}/{first}")->find("{YYYY}, which is no placeholder") !=
          std::string::npos);
}
