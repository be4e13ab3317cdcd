#include "tidewheel/telemetry/process_metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <vector>

namespace tidewheel::telemetry {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily family(const char* name, const char* help, MetricType type, double value) {
    prometheus::ClientMetric metric;
    (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    return {name, help, type, {metric}};
}

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// Bytes; nullopt: there is no /proc.
std::optional<double> resident_memory() {
    std::ifstream file("/proc/self/statm");
    double size = 0, resident = 0;
    if (!(file >> size >> resident)) return {};
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

std::optional<double> open_files() {
    std::error_code error;
    double count = 0;
    for (auto each = std::filesystem::directory_iterator("/proc/self/fd", error);
         !error && each != std::filesystem::directory_iterator(); each.increment(error))
        ++count;
    if (error) return {};
    return count - 1;  // the directory itself
}

// When the program was loaded, which is when it started, near enough.
const double started_at =
    std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();

}  // namespace

std::string process_metrics() {
    std::vector<MetricFamily> families;
    rusage usage{};
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        families.push_back(
            family("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
                   MetricType::Counter, seconds(usage.ru_utime) + seconds(usage.ru_stime)));
    if (const auto bytes = resident_memory())
        families.push_back(family("process_resident_memory_bytes", "Resident memory size in bytes.",
                                  MetricType::Gauge, *bytes));
    if (const auto files = open_files())
        families.push_back(family("process_open_fds", "Number of open file descriptors.",
                                  MetricType::Gauge, *files));
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        families.push_back(family("process_max_fds", "Maximum number of open file descriptors.",
                                  MetricType::Gauge, static_cast<double>(limit.rlim_cur)));
    families.push_back(family("process_start_time_seconds",
                              "Start time of the process since unix epoch in seconds.",
                              MetricType::Gauge, started_at));
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families);
    return out.str();
}

}  // namespace tidewheel::telemetry
