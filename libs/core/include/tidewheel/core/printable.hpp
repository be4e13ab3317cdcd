#pragma once
#include <cstddef>
#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>

// Text that came from outside (records, other programs' names, servers' messages) on its way to a
// terminal, which would obey an ESC in it: retitle the window, fill the clipboard, clear the
// screen.
namespace tidewheel {

struct Character {
    std::size_t bytes = 0;  // 0: no character of UTF-8 stands here
    char32_t code = 0;
};

// The character at the front of a text that isn't empty. Unicode 15, table 3-7.
Character first_character(std::string_view text);

// What a terminal obeys instead of showing it: the control characters (C0, DEL, C1), and those that
// end a line or turn the direction of text (UAX #9).
bool is_control(char32_t code);

// The same text with control characters as \u001b and bytes that are no UTF-8 as \x9b. Newlines and
// tabs stay. Inside a JSON document it is the same document: JSON writes them so, too.
std::string printable(std::string_view text);

// On one line: newlines and tabs as \n and \t.
std::string printable_line(std::string_view text);

// Passes on what is written to it in its printable form, also where a character comes in pieces.
class PrintableBuffer final : public std::streambuf {
  public:
    explicit PrintableBuffer(std::streambuf* target) : target_(target) {}
    ~PrintableBuffer() override;
    void send(std::string_view as_it_is) { put(as_it_is); }

  protected:
    int_type overflow(int_type character) override;
    std::streamsize xsputn(const char* text, std::streamsize size) override;
    int sync() override { return target_ ? target_->pubsync() : -1; }

  private:
    bool pass_on(std::string_view text);
    bool put(std::string_view text);  // false: not all of it, or there is no target

    std::streambuf* target_;
    std::string begun_;  // the bytes of a character that isn't complete yet
};

class PrintableStream final : public std::ostream {
  public:
    explicit PrintableStream(std::ostream& target)
        : std::ostream(nullptr), buffer_(target.rdbuf()) {
        rdbuf(&buffer_);
    }

  private:
    PrintableBuffer buffer_;
};

// The one way around: a control sequence of our own, to a PrintableStream or any other.
void send_control(std::ostream& out, std::string_view sequence);

}  // namespace tidewheel
