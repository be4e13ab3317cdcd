#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

// The option path of a sink of SERVER files: where its files are, below the service's directory,
// without an extension. Placeholders stand in braces: {topic} {partition} {yyyy} {MM} {dd} {HH}
// {mm} {ss} {first}.
namespace tidewheel::sql {

struct PathValues {
    std::string topic;   // empty: no service stored the rows; written as none
    int partition = -1;  // -1: the same
    std::chrono::sys_time<std::chrono::microseconds> time{};
    std::int64_t first = 0;  // the number of the file's first row
    std::string mark;        // of the sink: no other sink's files can have the same name
};

// What is wrong with it; nullopt: nothing. Each {first} is in the last segment, and there is one:
// by it a name is the same whenever the file is made.
std::optional<std::string> wrong_path(const std::string& path);
// Numbers have their full width, so names sort as their files were made. path: a right one.
std::string expand_path(const std::string& path, const PathValues& values);

}  // namespace tidewheel::sql
