#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tidewheel::codec {

// A JSON value for the control plane: the CLI's --json, HTTP answers, JSON Schema, test inputs. Not
// for the hot path. Objects keep the order in which their members were added.
class Json {
  public:
    using Array = std::vector<Json>;
    using Object = std::vector<std::pair<std::string, Json>>;

    Json() : value_(nullptr) {}
    Json(std::nullptr_t) : value_(nullptr) {}
    Json(bool value) : value_(value) {}
    Json(int value) : value_(static_cast<std::int64_t>(value)) {}
    Json(std::int64_t value) : value_(value) {}
    Json(std::uint64_t value) : value_(static_cast<std::int64_t>(value)) {}
    Json(double value) : value_(value) {}
    Json(const char* value) : value_(std::string(value)) {}
    Json(std::string_view value) : value_(std::string(value)) {}
    Json(std::string value) : value_(std::move(value)) {}
    Json(Array value) : value_(std::move(value)) {}
    Json(Object value) : value_(std::move(value)) {}
    template <class T>
    Json(const std::optional<T>& value) : Json(value ? Json(*value) : Json()) {}
    template <class T>
    Json(const std::vector<T>& values) : value_(Array(values.begin(), values.end())) {}

    static Json array() { return Json(Array{}); }
    static Json object() { return Json(Object{}); }

    bool is_null() const { return std::holds_alternative<std::nullptr_t>(value_); }
    bool is_object() const { return std::holds_alternative<Object>(value_); }
    bool is_array() const { return std::holds_alternative<Array>(value_); }
    bool is_string() const { return std::holds_alternative<std::string>(value_); }
    bool is_boolean() const { return std::holds_alternative<bool>(value_); }
    bool is_integer() const { return std::holds_alternative<std::int64_t>(value_); }
    bool is_number() const { return is_integer() || std::holds_alternative<double>(value_); }
    // Each throws std::bad_variant_access when the value is something else; number() takes
    // integers, too.
    bool boolean() const { return std::get<bool>(value_); }
    std::int64_t integer() const { return std::get<std::int64_t>(value_); }
    double number() const;
    const std::string& string() const { return std::get<std::string>(value_); }
    const Array& items() const { return std::get<Array>(value_); }
    const Object& members() const { return std::get<Object>(value_); }

    // nullptr when there is none, or this is no object.
    const Json* find(std::string_view member) const;
    Json& set(std::string name, Json value);  // appends or replaces a member; returns *this
    Json& push(Json value);                   // appends an item; returns *this

    std::string dump(int indent = 0) const;  // indent 0: one line
    // The value of a text, or nullopt with what is wrong and where ("… at byte 17") in `*error`, if
    // given. As strict as the record decoder: no repeated members, at most json_depth_limit levels.
    // A whole number beyond int64 becomes a double.
    static std::optional<Json> parse(std::string_view text, std::string* error = nullptr);

    bool operator==(const Json&) const = default;

  private:
    std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> value_;
};

}  // namespace tidewheel::codec
