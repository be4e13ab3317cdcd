#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "field_tree.hpp"

namespace tidewheel::codec {

// The names of a flat record's members: the fields that the schema knows at the top, and other names
// that records have had. Records of one producer have their members in one order, so the name that
// came next in the last record is compared, in words, before any search. Allocates nothing once it
// is made: a name must be short, and when too many have been seen, all but the schema's are
// forgotten.
class MemberNames {
  public:
    class Member {
      public:
        Member(std::string_view name, FieldTree::Node* node);

        FieldTree::Node* field;       // nullptr: the schema doesn't know it
        Member* successor = nullptr;  // the member that came next in the last record
        std::uint64_t seen_in = 0;    // the newest record that had it
        std::size_t quoted_size() const { return size_; }
        std::string_view name() const;
        // The bytes are this name in quotes. Reads to the end of the first word that differs.
        bool is_at(const char* bytes) const {
            std::size_t i = 0;
            for (; i < last_word_; ++i)
                if (word_at(bytes, i) != words_[i]) return false;
            return ((word_at(bytes, i) ^ words_[i]) & last_mask_) == 0;
        }

      private:
        static std::uint64_t word_at(const char* bytes, std::size_t index) {
            std::uint64_t word = 0;
            std::memcpy(&word, bytes + index * sizeof word, sizeof word);
            return word;
        }

        std::size_t size_, last_word_;
        std::uint64_t last_mask_ = 0;  // of the bytes that belong to the name
        std::array<std::uint64_t, 9> words_{};
    };

    explicit MemberNames(const FieldTree& fields);
    MemberNames(const MemberNames&) = delete;
    MemberNames& operator=(const MemberNames&) = delete;

    void begin_record() {
        if (members_.size() == members_.capacity()) forget_others();
        ++record_number_;
        expected_ = &first_;
    }
    // Takes a name in its quotes off the front of a text that `padding` follows. nullptr: there is
    // none, it has escapes or invalid UTF-8, is too long, is there for the second time, or there are
    // too many names.
    Member* take(const char*& at) {
        if (!*expected_ || !(*expected_)->is_at(at)) {
            Member* const found = find(at);
            if (!found) return nullptr;
            *expected_ = found;
        }
        Member* const member = *expected_;
        if (member->seen_in == record_number_) return nullptr;
        member->seen_in = record_number_;
        at += member->quoted_size();
        expected_ = &member->successor;
        return member;
    }

    static constexpr std::size_t longest_name = 9 * sizeof(std::uint64_t) - 2;
    static constexpr std::size_t most_others = 256;

  private:
    Member* find(const char* at);
    Member* add(std::string_view name, FieldTree::Node* field);
    void forget_others();

    std::vector<Member> members_;  // never more than it has room for: others point to them
    std::vector<Member*> by_name_;
    std::size_t known_;  // so many of them are the schema's, and come first
    Member* first_ = nullptr;
    Member** expected_ = &first_;
    std::uint64_t record_number_ = 0;
};

}  // namespace tidewheel::codec
