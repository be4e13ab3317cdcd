#include "csv_marks.hpp"

#include "plain_run.hpp"

namespace tidewheel::codec {
namespace {

// What a block of bytes holds, a bit for each byte.
struct Found {
    unsigned marks, nuls, beyond_ascii;
};

#if defined(__SSE2__)
constexpr std::size_t block = sizeof(__m128i);

class Search {
  public:
    Search(char delimiter, char quote, char escape)
        : delimiter_(_mm_set1_epi8(delimiter)),
          quote_(_mm_set1_epi8(quote)),
          escape_(_mm_set1_epi8(escape)) {}

    Found look_at(const char* at) const {
        const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        const auto is = [&](__m128i byte) { return _mm_cmpeq_epi8(text, byte); };
        const __m128i ends = _mm_or_si128(is(_mm_set1_epi8('\n')), is(_mm_set1_epi8('\r')));
        const __m128i marks =
            _mm_or_si128(_mm_or_si128(is(delimiter_), is(quote_)), _mm_or_si128(is(escape_), ends));
        return {static_cast<unsigned>(_mm_movemask_epi8(marks)),
                static_cast<unsigned>(_mm_movemask_epi8(is(_mm_setzero_si128()))),
                static_cast<unsigned>(_mm_movemask_epi8(text))};
    }

  private:
    __m128i delimiter_, quote_, escape_;
};
#else
constexpr std::size_t block = 16;

class Search {
  public:
    Search(char delimiter, char quote, char escape)
        : delimiter_(delimiter), quote_(quote), escape_(escape) {}

    Found look_at(const char* at) const {
        Found found{};
        for (unsigned i = 0; i < block; ++i) {
            const char c = at[i];
            const bool is_mark =
                c == delimiter_ || c == quote_ || c == escape_ || c == '\n' || c == '\r';
            found.marks |= static_cast<unsigned>(is_mark) << i;
            found.nuls |= static_cast<unsigned>(c == '\0') << i;
            found.beyond_ascii |= static_cast<unsigned>((c & 0x80) != 0) << i;
        }
        return found;
    }

  private:
    char delimiter_, quote_, escape_;
};
#endif

static_assert(padding >= block);

}  // namespace

CsvMarks::CsvMarks(const engine::CsvForm& form)
    : delimiter_(form.delimiter), quote_(form.quote), escape_(form.escape) {}

void CsvMarks::find(std::string_view row) {
    if (marks_.size() < row.size() + 1) marks_.resize(row.size() + 1);
    const Search search(delimiter_, quote_, escape_);
    std::uint32_t* mark = marks_.data();
    unsigned nuls = 0, beyond_ascii = 0;
    for (std::size_t at = 0; at < row.size(); at += block) {
        Found found = search.look_at(row.data() + at);
        // What follows the row is no part of it.
        if (const std::size_t left = row.size() - at; left < block) {
            const unsigned inside = (1u << left) - 1;
            found = {found.marks & inside, found.nuls & inside, found.beyond_ascii & inside};
        }
        nuls |= found.nuls;
        beyond_ascii |= found.beyond_ascii;
        for (; found.marks != 0; found.marks &= found.marks - 1)
            *mark++ = static_cast<std::uint32_t>(at) +
                      static_cast<std::uint32_t>(__builtin_ctz(found.marks));
    }
    *mark = static_cast<std::uint32_t>(row.size());
    has_nul_ = nuls != 0;
    is_ascii_ = beyond_ascii == 0;
}

}  // namespace tidewheel::codec
