#include "tidewheel/engine/record_copy.hpp"

#include <cstdint>
#include <cstring>

namespace tidewheel::engine {
namespace {

// Headers in an arena: their number, then each as two sizes, its name and its value.
struct Sizes {
    std::uint32_t name, value;
};
constexpr std::uint32_t no_value = UINT32_MAX;

std::size_t packed_size(const std::vector<Header>& headers) {
    std::size_t size = sizeof(std::uint32_t);
    for (const Header& header : headers)
        size += sizeof(Sizes) + header.name.size() + (header.value ? header.value->size() : 0);
    return size;
}

char* put(char* to, const void* bytes, std::size_t size) {
    if (size > 0) std::memcpy(to, bytes, size);
    return to + size;
}

char* pack(const std::vector<Header>& headers, Arena& arena) {
    char* const start = arena.allocate(packed_size(headers));
    const auto number = static_cast<std::uint32_t>(headers.size());
    char* at = put(start, &number, sizeof number);
    for (const Header& header : headers) {
        const std::string_view value = header.value.value_or(std::string_view());
        const Sizes sizes{static_cast<std::uint32_t>(header.name.size()),
                          header.value ? static_cast<std::uint32_t>(value.size()) : no_value};
        at = put(at, &sizes, sizeof sizes);
        at = put(at, header.name.data(), header.name.size());
        at = put(at, value.data(), value.size());
    }
    return start;
}

void unpack(const void* packed, std::vector<Header>& to) {
    const char* at = static_cast<const char*>(packed);
    std::uint32_t number = 0;
    std::memcpy(&number, at, sizeof number);
    at += sizeof number;
    while (number-- > 0) {
        Sizes sizes{};
        std::memcpy(&sizes, at, sizeof sizes);
        at += sizeof sizes;
        Header& header = to.emplace_back(Header{{at, sizes.name}, {}});
        at += sizes.name;
        if (sizes.value == no_value) continue;
        header.value.emplace(at, sizes.value);
        at += sizes.value;
    }
}

std::string_view padded_copy(std::string_view bytes, Arena& arena) {
    char* const start = arena.allocate(bytes.size() + value_padding);
    std::memset(put(start, bytes.data(), bytes.size()), 0, value_padding);
    return {start, bytes.size()};
}

}  // namespace

Record copy_of(const Record& record, Arena& arena, std::vector<Header>& scratch) {
    Record copy;
    copy.partition = record.partition;
    copy.offset = record.offset;
    copy.timestamp = record.timestamp;
    if (record.value) copy.value = padded_copy(*record.value, arena);
    if (record.key) copy.key = arena.copy(*record.key);
    if (!record.read_headers) return copy;
    scratch.clear();
    record.read_headers(record.owner.get(), scratch);
    if (scratch.empty()) return copy;
    copy.owner = {pack(scratch, arena), [](void*) {}};  // the arena's
    copy.read_headers = unpack;
    return copy;
}

}  // namespace tidewheel::engine
