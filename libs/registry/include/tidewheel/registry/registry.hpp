#pragma once
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "tidewheel/codec/schema_source.hpp"

namespace tidewheel::registry {

// How a registry is reached, and what it wants to know of its client.
struct Access {
    std::string authorization;  // the header; empty: none
    std::string ca_file;        // the trusted certificates, PEM; empty: the system's
};

// A schema with those whose types it names, before it.
using Texts = std::vector<std::string>;

// A schema registry at a URL. From any thread.
class Registry final : public codec::SchemaSource {
  public:
    Registry(std::string url, Access access) : url_(std::move(url)), access_(std::move(access)) {}

    // An id keeps its schema, so that each is asked for once. One that is unknown is asked for again
    // after some seconds. Throws Error (unavailable): the registry doesn't answer, or not as a
    // registry.
    std::optional<Texts> find(std::uint32_t id) override;
    // The newest schema of a subject; nullopt: there is none of this name.
    std::optional<Texts> newest(const std::string& subject);

  private:
    std::optional<Texts> fetch(const std::string& path);
    std::optional<std::string> get(const std::string& path) const;
    // Schemas name others, which must not go round in a circle.
    void add(const std::string& answer, std::set<std::string>& seen, Texts& to) const;

    const std::string url_;
    const Access access_;
    std::mutex mutex_;  // guards what follows
    std::map<std::uint32_t, Texts> known_;
    std::map<std::uint32_t, std::chrono::steady_clock::time_point>
        unknown_;  // when it was asked for
};

}  // namespace tidewheel::registry
