#include "tidewheel/codec/json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace tidewheel::codec {

double Json::number() const {
    if (const auto* integer = std::get_if<std::int64_t>(&value_))
        return static_cast<double>(*integer);
    return std::get<double>(value_);
}

const Json* Json::find(std::string_view member) const {
    if (!is_object()) return nullptr;
    const auto found = std::ranges::find(members(), member, &Object::value_type::first);
    return found == members().end() ? nullptr : &found->second;
}

Json& Json::set(std::string name, Json value) {
    Object& object = std::get<Object>(value_);
    const auto found = std::ranges::find(object, name, &Object::value_type::first);
    if (found == object.end())
        object.emplace_back(std::move(name), std::move(value));
    else
        found->second = std::move(value);
    return *this;
}

Json& Json::push(Json value) {
    std::get<Array>(value_).push_back(std::move(value));
    return *this;
}

namespace {

class Writer {
  public:
    explicit Writer(int indent) : indent_(indent) {}
    void write(const Json& json);
    std::string take() { return std::move(out_); }

  private:
    void write_string(std::string_view text);
    void write_number(const Json& json);
    void write_array(const Json::Array& items);
    void write_object(const Json::Object& members);
    void new_line() {
        if (indent_ == 0) return;
        out_ += '\n';
        out_.append(static_cast<std::size_t>(indent_ * level_), ' ');
    }

    int indent_;
    int level_ = 0;
    std::string out_;
};

void Writer::write(const Json& json) {
    if (json.is_null())
        out_ += "null";
    else if (json.is_string())
        write_string(json.string());
    else if (json.is_array())
        write_array(json.items());
    else if (json.is_object())
        write_object(json.members());
    else if (json.is_boolean())
        out_ += json.boolean() ? "true" : "false";
    else
        write_number(json);
}

void Writer::write_string(std::string_view text) {
    static constexpr std::string_view hexadecimal = "0123456789abcdef";
    static constexpr std::string_view plain = "\"\\\b\f\n\r\t", escaped = "\"\\bfnrt";
    out_ += '"';
    for (const char c : text) {
        if (const auto at = plain.find(c); at != std::string_view::npos)
            (out_ += '\\') += escaped[at];
        else if (static_cast<unsigned char>(c) < 0x20)
            ((out_ += "\\u00") += hexadecimal[c >> 4]) += hexadecimal[c & 15];
        else
            out_ += c;
    }
    out_ += '"';
}

// A double stays one when it is read again. JSON has no word for what is not finite.
void Writer::write_number(const Json& json) {
    if (!std::isfinite(json.number())) {
        out_ += "null";
        return;
    }
    char digits[32];
    const auto end = json.is_integer()
                         ? std::to_chars(digits, digits + sizeof digits, json.integer()).ptr
                         : std::to_chars(digits, digits + sizeof digits, json.number()).ptr;
    const std::string_view text(digits, static_cast<std::size_t>(end - digits));
    out_ += text;
    if (!json.is_integer() && text.find_first_of(".e") == std::string_view::npos) out_ += ".0";
}

void Writer::write_array(const Json::Array& items) {
    out_ += '[';
    ++level_;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) out_ += indent_ > 0 ? "," : ", ";
        new_line();
        write(items[i]);
    }
    --level_;
    if (!items.empty()) new_line();
    out_ += ']';
}

void Writer::write_object(const Json::Object& members) {
    out_ += '{';
    ++level_;
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (i > 0) out_ += indent_ > 0 ? "," : ", ";
        new_line();
        write_string(members[i].first);
        out_ += ": ";
        write(members[i].second);
    }
    --level_;
    if (!members.empty()) new_line();
    out_ += '}';
}

}  // namespace

std::string Json::dump(int indent) const {
    Writer writer(indent);
    writer.write(*this);
    return writer.take();
}

}  // namespace tidewheel::codec
