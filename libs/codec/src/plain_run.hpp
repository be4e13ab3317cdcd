#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tidewheel::codec {

// What must follow a text that is read in place: a NUL that ends it, and room for a load of several
// bytes that begins before the end.
inline constexpr std::size_t padding = 32;

// Characters that a JSON string holds as they are: up to the next quote, backslash or control
// character.
struct PlainRun {
    const char* end;
    bool is_ascii;
};

inline bool is_plain(char c) {
    return static_cast<unsigned char>(c) >= ' ' && c != '"' && c != '\\';
}

// On any processor, eight bytes at a time: borrows make a byte's top bit wrong, but only above a byte
// that is found, so that "one of them" is right.
inline PlainRun plain_run_by_words(const char* at) {
    constexpr std::uint64_t each = 0x0101'0101'0101'0101, top = each << 7;
    const auto has_zero = [](std::uint64_t word) { return (word - each) & ~word & top; };
    std::uint64_t word = 0, all = 0;
    for (;; at += sizeof word) {
        std::memcpy(&word, at, sizeof word);
        const std::uint64_t control = (word - each * ' ') & ~word & top;
        if (control | has_zero(word ^ each * '"') | has_zero(word ^ each * '\\')) break;
        all |= word;
    }
    for (; is_plain(*at); ++at)
        all |= static_cast<std::uint64_t>(static_cast<unsigned char>(*at));
    return {at, (all & top) == 0};
}

#if defined(__SSE2__)
inline PlainRun plain_run_by_vectors(const char* at) {
    for (unsigned beyond_ascii = 0;; at += sizeof(__m128i)) {
        const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(text, _mm_set1_epi8(0x1f)), text);
        const __m128i stops =
            _mm_or_si128(control, _mm_or_si128(_mm_cmpeq_epi8(text, _mm_set1_epi8('"')),
                                               _mm_cmpeq_epi8(text, _mm_set1_epi8('\\'))));
        const auto stop = static_cast<unsigned>(_mm_movemask_epi8(stops));
        const auto high = static_cast<unsigned>(_mm_movemask_epi8(text));
        if (stop == 0) {
            beyond_ascii |= high;
            continue;
        }
        beyond_ascii |= high & (stop - 1) & ~stop;  // before the first stop
        return {at + __builtin_ctz(stop), beyond_ascii == 0};
    }
}
#endif

inline PlainRun plain_run(const char* at) {
#if defined(__SSE2__)
    return plain_run_by_vectors(at);
#else
    return plain_run_by_words(at);
#endif
}

}  // namespace tidewheel::codec
