#include "member_names.hpp"

#include <algorithm>

#include "plain_run.hpp"
#include "tidewheel/codec/utf8.hpp"

namespace tidewheel::codec {

MemberNames::Member::Member(std::string_view name, FieldTree::Node* node)
    : field(node), size_(name.size() + 2), last_word_((size_ - 1) / sizeof(std::uint64_t)) {
    char* const bytes = reinterpret_cast<char*>(words_.data());
    bytes[0] = bytes[size_ - 1] = '"';
    if (!name.empty()) std::memcpy(bytes + 1, name.data(), name.size());
    std::memset(&last_mask_, 0xff, size_ - last_word_ * sizeof(std::uint64_t));
}

std::string_view MemberNames::Member::name() const {
    return {reinterpret_cast<const char*>(words_.data()) + 1, size_ - 2};
}

MemberNames::MemberNames(const FieldTree& fields) {
    const std::vector<FieldTree::Node*>& known = fields.root().children;
    members_.reserve(known.size() + most_others);
    by_name_.reserve(known.size() + most_others);
    for (FieldTree::Node* node : known)
        if (node->name.size() <= longest_name) add(node->name, node);
    known_ = members_.size();
}

MemberNames::Member* MemberNames::find(const char* at) {
    if (*at != '"') return nullptr;
    const char* const begin = at + 1;
    const PlainRun run = plain_run(begin);
    const std::string_view name(begin, static_cast<std::size_t>(run.end - begin));
    if (*run.end != '"' || name.size() > longest_name) return nullptr;
    if (!run.is_ascii && find_invalid_utf8(name)) return nullptr;
    const auto position =
        std::ranges::lower_bound(by_name_, name, FieldTree::comes_before, &Member::name);
    if (position != by_name_.end() && (*position)->name() == name) return *position;
    if (members_.size() == members_.capacity()) return nullptr;
    return add(name, nullptr);
}

MemberNames::Member* MemberNames::add(std::string_view name, FieldTree::Node* field) {
    Member* const added = &members_.emplace_back(name, field);
    by_name_.insert(
        std::ranges::upper_bound(by_name_, name, FieldTree::comes_before, &Member::name), added);
    return added;
}

void MemberNames::forget_others() {
    members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(known_), members_.end());
    std::erase_if(by_name_, [](const Member* member) { return !member->field; });
    for (Member& member : members_)
        member.successor = nullptr;
    first_ = nullptr;
}

}  // namespace tidewheel::codec
