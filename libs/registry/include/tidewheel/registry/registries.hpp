#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "tidewheel/core/settings.hpp"
#include "tidewheel/engine/decoder.hpp"
#include "tidewheel/registry/registry.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::registry {

// The registries that streams name, each with what it has said so far. From any thread; the decoders
// that it makes must not outlive it.
class Registries {
  public:
    explicit Registries(const Settings& settings) : settings_(settings) {}

    // Throws Error (setting) when a file that the settings name can't be read.
    Registry& at(const std::string& url);
    // Of a stream whose columns have been resolved to `schema`, which outlives it. Throws Error:
    // pipeline for what the format can't be; setting as above.
    std::unique_ptr<engine::Decoder> make_decoder(const sql::Stream& stream,
                                                  const engine::Schema& schema);

  private:
    const Settings settings_;
    std::mutex mutex_;
    std::map<std::string, std::unique_ptr<Registry>> by_url_;
};

}  // namespace tidewheel::registry
