#include "../src/mark.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using cache::Mark;
using cache::Note;

TEST_CASE("A mark and a note are read as they were written") {
    const Mark mark{"a1.7", 42, 1767225600000000};
    CHECK(cache::text_of(mark) == "a1.7 42 1767225600000000");
    CHECK(cache::parse_mark(cache::text_of(mark)) == mark);
    const Note note{"a1.7", 1767225600000000, 12};
    CHECK(cache::parse_note(cache::text_of(note)) == note);
}

TEST_CASE("What is no mark is none, and of no note there is no generation") {
    CHECK_FALSE(cache::parse_mark(""));
    CHECK_FALSE(cache::parse_mark("a1.7 42"));
    CHECK_FALSE(cache::parse_mark("a1.7 many 1"));
    CHECK(cache::parse_note("") == Note{});
}

TEST_CASE("A generation is a new one each time, and says the form of its rows") {
    const std::string one = cache::new_generation("123"), other = cache::new_generation("123");
    CHECK(one != other);
    CHECK(one.find(' ') == std::string::npos);
    CHECK(cache::form_of(one) == "123");
    CHECK(cache::form_of("other").empty());
}
