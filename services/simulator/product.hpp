#pragma once
#include <cstdint>
#include <string>

#include "producer/random.hpp"

namespace tidewheel::simulator {

struct ProductOptions {
    std::uint64_t ids = 100'000;  // product_0 and so on, one after the other, again and again
    std::uint64_t seed = 1;
    double bad = 0;  // percent
};

// Updates of products as a master data system sends them: JSON of about 1.3 KB, of which every id
// comes again after all others. The same number is always the same bytes, on every machine.
class Products {
  public:
    explicit Products(const ProductOptions& options)
        : options_(options), bad_(producer::Share::percent(options.bad)) {}

    // A bad one has no id, an empty id, or ends too early: by its number.
    bool is_bad(std::uint64_t number) const;
    // `version` of it is its number, so of two updates of a product the greater one is newer.
    std::string update(std::uint64_t number) const;

  private:
    ProductOptions options_;
    producer::Share bad_;
};

}  // namespace tidewheel::simulator
