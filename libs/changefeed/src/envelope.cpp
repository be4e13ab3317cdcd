#include "envelope.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "tidewheel/core/version.hpp"

namespace tidewheel::changefeed {
namespace {

constexpr std::int64_t micro_per_milli = 1000;
// Debezium's unavailable.value.placeholder, and the same as its bytes.
constexpr std::string_view unavailable = "\"__debezium_unavailable_value\"";
constexpr std::string_view unavailable_bytes = "\"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==\"";

template <class Integer>
void append_integer(std::string& json, Integer value) {
    std::array<char, 24> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    json.append(digits.data(), end);
}

void append_cell(std::string& json, const ShapeColumn& column, const Cell& cell) {
    if (cell.state == Cell::State::null)
        json += "null";
    else if (cell.state == Cell::State::text)
        append_value(json, column.form, cell.text, column.digits);
    else
        json += column.form == ValueForm::base64 ? unavailable_bytes : unavailable;
}

std::string_view in_words(InSnapshot which) {
    switch (which) {
        case InSnapshot::no:
            return "false";
        case InSnapshot::first:
            return "first";
        case InSnapshot::middle:
            return "true";
        case InSnapshot::last:
            return "last";
    }
    return {};
}

std::string head_of_source(std::string_view name) {
    std::string head = R"("source":{"version":)";
    append_string(head, version());
    head += R"(,"connector":"postgresql","name":)";
    append_string(head, name);
    return head + R"(,"ts_ms":)";
}

std::string as_json(std::string_view text) {
    std::string json;
    append_string(json, text);
    return json;
}

}  // namespace

EnvelopeWriter::EnvelopeWriter(std::string_view name, std::string_view database, Sink sink,
                               const Clock& clock)
    : head_(head_of_source(name)),
      database_(as_json(database)),
      sink_(std::move(sink)),
      clock_(clock) {}

void EnvelopeWriter::insert(const TableShape& table, const Insert& change, Lsn at) {
    write_key(table, change.after);
    write_row(R"({"before":null,"after":)", table, &change.after);
    finish(table, 'c', at, InSnapshot::no);
    send(table);
}

void EnvelopeWriter::update(const TableShape& table, const Update& change, Lsn at) {
    const Tuple* before = change.before ? &change.before->row : nullptr;
    const Tuple* whole = before && change.before->is_whole ? before : nullptr;
    if (before) {
        write_key(table, *before);
        other_key_ = key_;
        write_key(table, change.after);
        if (table.has_key() && key_ != other_key_) {
            send_removal(table, *before, at);
            write_key(table, change.after);
            write_row(R"({"before":null,"after":)", table, &change.after, whole);
            finish(table, 'c', at, InSnapshot::no);
            return send(table);
        }
    } else {
        write_key(table, change.after);
    }
    write_row(R"({"before":)", table, whole);
    write_row(R"(,"after":)", table, &change.after, whole);
    finish(table, 'u', at, InSnapshot::no);
    send(table);
}

void EnvelopeWriter::remove(const TableShape& table, const Delete& change, Lsn at) {
    send_removal(table, change.before.row, at);
}

void EnvelopeWriter::truncate(const TableShape& table, Lsn at) {
    write_row(R"({"before":null,"after":)", table, nullptr);
    finish(table, 't', at, InSnapshot::no);
    send(table, false);
}

void EnvelopeWriter::snapshot(const TableShape& table, const Tuple& row, Lsn at, InSnapshot which) {
    write_key(table, row);
    write_row(R"({"before":null,"after":)", table, &row);
    finish(table, 'r', at, which);
    send(table);
}

void EnvelopeWriter::write_key(const TableShape& table, const Tuple& row) {
    key_ = '{';
    for (std::size_t i = 0; i < std::min(table.columns.size(), row.size()); ++i) {
        if (!table.columns[i].is_key) continue;
        if (key_.size() > 1) key_ += ',';
        key_ += table.columns[i].member;
        append_cell(key_, table.columns[i], row[i]);
    }
    key_ += '}';
}

// What the new row doesn't repeat stands in the old one, where that is known.
void EnvelopeWriter::write_row(std::string_view member, const TableShape& table, const Tuple* row,
                               const Tuple* before) {
    value_ += member;
    if (!row) {
        value_ += "null";
        return;
    }
    value_ += '{';
    for (std::size_t i = 0; i < std::min(table.columns.size(), row->size()); ++i) {
        if (i > 0) value_ += ',';
        value_ += table.columns[i].member;
        const bool is_unchanged = (*row)[i].state == Cell::State::unchanged;
        append_cell(value_, table.columns[i],
                    is_unchanged && before && i < before->size() ? (*before)[i] : (*row)[i]);
    }
    value_ += '}';
}

void EnvelopeWriter::finish(const TableShape& table, char operation, Lsn at, InSnapshot which) {
    const auto now =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock_.wall().time_since_epoch())
            .count();
    const bool streamed = which == InSnapshot::no;
    value_ += ',';
    value_ += head_;
    append_integer(value_, streamed ? transaction_.committed_at / micro_per_milli : now);
    value_ += R"(,"snapshot":")";
    value_ += in_words(which);
    value_ += R"(","db":)";
    value_ += database_;
    value_ += R"(,"sequence":"[\")";
    append_integer(value_, streamed ? transaction_.commit : at);
    value_ += R"(\",\")";
    append_integer(value_, at);
    value_ += R"(\"]","schema":)";
    append_string(value_, table.schema);
    value_ += R"(,"table":)";
    append_string(value_, table.name);
    value_ += R"(,"txId":)";
    if (streamed)
        append_integer(value_, transaction_.transaction);
    else
        value_ += "null";
    value_ += R"(,"lsn":)";
    append_integer(value_, at);
    value_ += R"(,"xmin":null},"op":")";
    value_ += operation;
    value_ += R"(","ts_ms":)";
    append_integer(value_, now);
    value_ += R"(,"transaction":null})";
}

void EnvelopeWriter::send(const TableShape& table, bool with_key) {
    sink_(with_key && table.has_key() ? Record(key_) : std::nullopt, value_);
    value_.clear();
}

void EnvelopeWriter::send_removal(const TableShape& table, const Tuple& row, Lsn at) {
    write_key(table, row);
    write_row(R"({"before":)", table, &row);
    value_ += R"(,"after":null)";
    finish(table, 'd', at, InSnapshot::no);
    send(table);
    if (table.has_key()) sink_(key_, std::nullopt);
}

}  // namespace tidewheel::changefeed
