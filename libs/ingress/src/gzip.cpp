#include "gzip.hpp"

#include <zlib.h>

#include <algorithm>

namespace tidewheel::ingress {
namespace {

constexpr int gzip_only = 16 + MAX_WBITS;  // no zlib format, no raw deflate
constexpr std::size_t first_guess = 4;     // times its size

class Inflater {
  public:
    Inflater() { ready_ = inflateInit2(&stream_, gzip_only) == Z_OK; }
    ~Inflater() {
        if (ready_) inflateEnd(&stream_);
    }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    Result<std::string, GzipFault> run(std::string_view compressed, std::size_t most) {
        std::string text(std::clamp<std::size_t>(compressed.size() * first_guess, 1, most + 1),
                         '\0');
        std::size_t size = 0;
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
        stream_.avail_in = static_cast<uInt>(compressed.size());
        while (ready_) {
            stream_.next_out = reinterpret_cast<Bytef*>(text.data() + size);
            stream_.avail_out = static_cast<uInt>(text.size() - size);
            const int answer = inflate(&stream_, Z_NO_FLUSH);
            size = text.size() - stream_.avail_out;
            if (size > most) return GzipFault::too_large;
            if (answer == Z_STREAM_END) {
                if (stream_.avail_in == 0) return text.substr(0, size);
                if (inflateReset(&stream_) != Z_OK) break;  // another member
            } else if (answer != Z_OK || (stream_.avail_in == 0 && stream_.avail_out > 0)) {
                break;
            }
            if (stream_.avail_out == 0) text.resize(std::min(2 * text.size(), most + 1));
        }
        return GzipFault::damaged;
    }

  private:
    z_stream stream_{};
    bool ready_ = false;
};

}  // namespace

Result<std::string, GzipFault> inflated(std::string_view compressed, std::size_t most) {
    return Inflater().run(compressed, most);
}

}  // namespace tidewheel::ingress
