#include "chaos/supervisor.hpp"

#include <csignal>
#include <fstream>
#include <utility>

#include "tidewheel/core/retry.hpp"
#include "tidewheel/testing/stack.hpp"

namespace tidewheel::chaos {
namespace {

using std::chrono::milliseconds;

// In KiB; 0: it has just ended.
long largest_resident_size(int pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
    return 0;
}

// Killed by us, ended in order, or given up for its supervisor to restart it (exit code
// unavailable, and fenced owners among them).
bool is_explained(int status) {
    return status == 0 || status == 5 || status == 128 + SIGKILL || status == 128 + SIGTERM;
}

std::string last_line(const testing::Process& process) {
    const auto lines = testing::lines_of(process.errors());
    return lines.empty() ? "it said nothing" : lines.back();
}

}  // namespace

Supervisor::Supervisor(const testing::Deployment& deployment, std::vector<std::string> environment,
                       std::string variant)
    : deployment_(deployment),
      environment_(std::move(environment)),
      variant_(std::move(variant)),
      thread_([this](std::stop_token stop) { run(stop); }) {}

Supervisor::~Supervisor() {
    thread_.request_stop();
    thread_.join();
}

void Supervisor::run(std::stop_token stop) {
    while (wait_for(stop, milliseconds(50))) {
        const std::lock_guard lock(mutex_);
        for (auto& [name, service] : services_)
            look_after(name, service);
    }
}

void Supervisor::look_after(const std::string& name, Service& service) {
    if (service.process && service.process->running()) return weigh(service);
    if (service.process) bury(name, service);
    if (!service.wanted) return;
    std::vector<std::string> environment = std::exchange(service.armed, {});
    environment.push_back("TIDEWHEEL_INSTANCE=" + name);
    for (const auto& more : {service.environment, environment_})
        environment.insert(environment.end(), more.begin(), more.end());
    service.process = service.program == "tidewheel-runner"
                          ? deployment_.start_command({"run"}, environment)
                          : deployment_.start(service.program, environment);
    ++service.starts;
}

void Supervisor::weigh(const Service& service) {
    long& peak = peaks_[service.program];
    peak = std::max(peak, largest_resident_size(service.process->pid()));
}

void Supervisor::bury(const std::string& name, Service& service) {
    if (const int status = service.process->wait(); !is_explained(status))
        defects_.push_back(name + " ended with status " + std::to_string(status) + ": " +
                           last_line(*service.process));
    service.process.reset();
}

void Supervisor::keep(const std::string& name, std::vector<std::string> environment) {
    const std::lock_guard lock(mutex_);
    Service& service = services_[name];
    service.program = "tidewheel-" + name.substr(0, name.find('-')) + variant_;
    service.environment = std::move(environment);
    service.wanted = true;
}

milliseconds Supervisor::release(const std::string& name, std::chrono::seconds timeout) {
    const auto began = std::chrono::steady_clock::now();
    {
        const std::lock_guard lock(mutex_);
        Service& service = services_.at(name);
        service.wanted = false;
        if (service.process) service.process->signal(SIGTERM);
    }
    testing::eventually(
        name + " ends after SIGTERM",
        [&] {
            const std::lock_guard lock(mutex_);
            return services_.at(name).process == nullptr;
        },
        timeout);
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
}

void Supervisor::signal(const std::string& name, int number) {
    const std::lock_guard lock(mutex_);
    if (auto& process = services_.at(name).process) process->signal(number);
}

void Supervisor::arm(const std::string& name, const std::string& variable) {
    const std::lock_guard lock(mutex_);
    services_.at(name).armed.push_back(variable);
}

std::uint64_t Supervisor::starts(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = services_.find(name);
    return found == services_.end() ? 0 : found->second.starts;
}

std::map<std::string, long> Supervisor::peaks() const {
    const std::lock_guard lock(mutex_);
    return peaks_;
}

std::vector<std::string> Supervisor::defects() const {
    const std::lock_guard lock(mutex_);
    return defects_;
}

}  // namespace tidewheel::chaos
