#pragma once
#include <utility>
#include <variant>

namespace tidewheel {

// A value, or the reason why there is none: std::expected (C++23), as far as we need it.
template <class Value, class Failure>
class Result {
  public:
    Result(Value value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Failure failure) : state_(std::in_place_index<1>, std::move(failure)) {}

    explicit operator bool() const { return state_.index() == 0; }
    Value& operator*() { return std::get<0>(state_); }
    const Value& operator*() const { return std::get<0>(state_); }
    Value* operator->() { return &std::get<0>(state_); }
    const Value* operator->() const { return &std::get<0>(state_); }
    const Failure& failure() const { return std::get<1>(state_); }
    Failure& failure() { return std::get<1>(state_); }

  private:
    std::variant<Value, Failure> state_;
};

}  // namespace tidewheel
