#include "simulator/load.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <thread>

#include "tidewheel/core/error.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/http/kept_connection.hpp"

namespace tidewheel::simulator {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock::time_point;

constexpr auto answer_time = 30s;

struct Shared {
    const LoadOptions& options;
    const Products products;
    const std::stop_token& stop;
    const Time begun = std::chrono::steady_clock::now();
    std::atomic<std::uint64_t> next{0};

    Time due(std::uint64_t number) const {
        if (options.rate <= 0) return std::chrono::steady_clock::now();
        return begun + std::chrono::nanoseconds(static_cast<std::int64_t>(
                           static_cast<double>(number) / options.rate * 1e9));
    }
};

std::string url_of(const LoadOptions& options) {
    const bool has_slash = options.to.ends_with('/') && options.path.starts_with('/');
    return options.to + options.path.substr(has_slash ? 1 : 0);
}

// One connection's share of the load.
class Client {
  public:
    explicit Client(Shared& shared) : shared_(shared), connection_(url_of(shared.options)) {
        if (!shared.options.token.empty())
            headers_["Authorization"] = "Bearer " + shared.options.token;
    }

    void run() {
        while (!shared_.stop.stop_requested()) {
            const std::uint64_t number = shared_.next++;
            if (number >= shared_.options.count) return;
            const Time due = shared_.due(number);
            std::this_thread::sleep_until(due);
            send(shared_.products.update(number), due);
        }
    }
    const LoadReport& report() const { return report_; }

  private:
    void send(const std::string& update, Time due) {
        Retry retry({.first = 50ms, .longest = 1s, .give_up_after = shared_.options.retry_for});
        int status = attempt(update);
        while (is_for_later(status)) {
            const auto pause = retry.failed();
            if (!pause || !wait_for(shared_.stop, *pause)) break;
            ++report_.retries;
            status = attempt(update);
        }
        const std::chrono::duration<float, std::milli> took =
            std::chrono::steady_clock::now() - due;
        report_.latencies.push_back(took.count());
        ++report_.by_status[status];
        if (status / 100 == 2)
            ++report_.accepted;
        else if (is_for_later(status))
            ++report_.failed;
        else
            ++report_.refused;
    }

    // 0: no answer came.
    int attempt(const std::string& update) {
        try {
            const http::Response answer = connection_.post(update, headers_, options_);
            if (is_for_later(answer.status) && report_.first_failure.empty())
                report_.first_failure = std::to_string(answer.status) + ": " + answer.body;
            return answer.status;
        } catch (const Error& error) {
            if (report_.first_failure.empty()) report_.first_failure = error.what();
            return 0;
        }
    }

    static bool is_for_later(int status) {
        return status == 0 || status == 429 || status / 100 == 5;
    }

    Shared& shared_;
    http::KeptConnection connection_;
    http::Headers headers_{{"Content-Type", "application/json"}};
    const http::PostOptions options_{.timeout = answer_time, .private_addresses = true};
    LoadReport report_;
};

void add(LoadReport& all, const LoadReport& one) {
    all.accepted += one.accepted;
    all.refused += one.refused;
    all.failed += one.failed;
    all.retries += one.retries;
    for (const auto& [status, count] : one.by_status)
        all.by_status[status] += count;
    if (all.first_failure.empty()) all.first_failure = one.first_failure;
    all.latencies.insert(all.latencies.end(), one.latencies.begin(), one.latencies.end());
}

}  // namespace

double LoadReport::quantile(double share) const {
    if (latencies.empty()) return 0;
    const double last = static_cast<double>(latencies.size() - 1);
    return latencies[static_cast<std::size_t>(std::ceil(share * last))];
}

LoadReport send_products(const LoadOptions& options, const std::stop_token& stop) {
    Shared shared{options, Products(options.products), stop};
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < options.connections; ++i)
        clients.push_back(std::make_unique<Client>(shared));
    {
        std::vector<std::jthread> threads;
        for (const auto& client : clients)
            threads.emplace_back([&client] { client->run(); });
    }
    LoadReport report;
    for (const auto& client : clients)
        add(report, client->report());
    report.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - shared.begun).count();
    std::ranges::sort(report.latencies);
    return report;
}

}  // namespace tidewheel::simulator
