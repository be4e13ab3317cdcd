#include "sink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>

#include "deparse.hpp"
#include "names.hpp"
#include "option_list.hpp"
#include "secret_name.hpp"
#include "tidewheel/core/suggestion.hpp"
#include "tidewheel/sql/path_template.hpp"
#include "tidewheel/sql/redis_options.hpp"

namespace tidewheel::sql {
namespace {

// What is wrong with an option's value; nullopt: nothing.
using Check = std::optional<std::string> (*)(const Sink& sink, const std::string& value);

std::optional<std::string> is_anything(const Sink&, const std::string& value) {
    return value.empty() ? std::optional<std::string>("must not be empty") : std::nullopt;
}

std::optional<std::string> is_url(const Sink&, const std::string& value) {
    const bool is_web = value.starts_with("http://") || value.starts_with("https://");
    const auto host = value.find("://") + 3;
    if (is_web && host < value.size() && value[host] != '/' &&
        std::ranges::none_of(value, [](unsigned char c) { return c <= ' ' || c == 127; }))
        return std::nullopt;
    return "is not a URL like https://host/path";
}

std::optional<std::string> is_rows(const Sink&, const std::string& value) {
    int rows = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), rows);
    if (error == std::errc() && end == value.data() + value.size() && rows >= 1 && rows <= 1000)
        return std::nullopt;
    return "is not a number from 1 to 1000";
}

std::optional<std::string> is_secret(const Sink&, const std::string& value) {
    if (is_secret_name(value)) return std::nullopt;
    return "is not a name of letters, digits, '_', '-' and '.'";
}

std::optional<std::string> is_path(const Sink&, const std::string& value) {
    return wrong_path(value);
}

std::optional<std::string> is_format(const Sink&, const std::string& value) {
    if (value == "avro" || value == "ndjson") return std::nullopt;
    return "is not supported: the formats are avro and ndjson";
}

std::optional<std::string> is_codec(const Sink&, const std::string& value) {
    if (value == "null" || value == "deflate") return std::nullopt;
    return "is not supported: the codecs are null and deflate";
}

std::optional<std::string> is_column(const Sink& sink, const std::string& value) {
    if (std::ranges::count(sink.columns, value)) return std::nullopt;
    return "is not a column of the sink";
}

std::optional<std::string> is_redis_url(const Sink&, const std::string& value) {
    return wrong_redis_url(value);
}

struct Option {
    std::string_view name;
    Check check;
};

// A kind of sink: a row here, and a service. Intervals and tables are PostgreSQL's to check.
struct Server {
    std::string_view name;
    std::vector<Option> options;
    std::vector<std::string_view> one_of;  // exactly one of these is given; empty: no such rule
};

std::span<const Server> servers() {
    static const Server all[] = {{"webhook",
                                  {{"url", is_url},
                                   {"subscribers", is_anything},
                                   {"secret", is_secret},
                                   {"batch", is_rows},
                                   {"retry_for", is_anything},
                                   {"keep", is_anything}},
                                  {"url", "subscribers"}},
                                 {"files",
                                  {{"path", is_path},
                                   {"format", is_format},
                                   {"codec", is_codec},
                                   {"time", is_column},
                                   {"roll_after", is_anything},
                                   {"roll_bytes", is_anything}},
                                  {"path"}},
                                 {"redis",
                                  {{"url", is_redis_url},
                                   {"password_file", is_secret},
                                   {"key", is_column},
                                   {"value", is_column},
                                   {"deleted", is_column},
                                   {"truncated", is_column},
                                   {"ttl", is_anything}},
                                  {"url"}}};
    return all;
}

const Server* find_server(std::string_view name) {
    const auto found = std::ranges::find(servers(), name, &Server::name);
    return found == servers().end() ? nullptr : &*found;
}

bool is_allowed(const ast::Constraint& constraint) {
    return constraint.contype == PG_QUERY__CONSTR_TYPE__CONSTR_NOTNULL ||
           constraint.contype == PG_QUERY__CONSTR_TYPE__CONSTR_NULL ||
           constraint.contype == PG_QUERY__CONSTR_TYPE__CONSTR_CHECK ||
           constraint.contype == PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT;
}

class SinkReader {
  public:
    SinkReader(ast::Tree& tree, Refusals& refusals)
        : tree_(tree),
          statement_(*tree.statement_as<ast::CreateForeignTable>()),
          table_(*statement_.base_stmt),
          server_(*find_server(statement_.servername)),
          refusals_(refusals) {}

    Sink read() {
        sink_.name = relation_name(*table_.relation);
        sink_.server = server_.name;
        check_shape();
        for (ast::Node* element : TIDEWHEEL_NODES(table_, table_elts))
            read_element(element);
        read_options();
        if (!refusals_.any()) sink_.as_table = ast::deparse(*tree_.wrap(ast::message(table_)));
        return std::move(sink_);
    }

  private:
    int location() const { return table_.relation->location; }

    void check_shape() {
        if (table_.if_not_exists)
            refusals_.add(location(), "IF NOT EXISTS is not supported for a sink",
                          "Leave it out: `tidewheel apply` creates only what is missing.");
        if (table_.n_inh_relations > 0 || table_.partbound)
            refusals_.add(location(), "a sink can't inherit from a table or be a partition",
                          "List its columns.");
        if (table_.n_table_elts == 0)
            refusals_.add(location(), fmt::format("sink {} has no columns", sink_.name.text()));
    }

    void read_element(ast::Node* element) {
        if (auto* column = ast::as<ast::ColumnDef>(element)) {
            read_column(*column);
        } else if (auto* constraint = ast::as<ast::Constraint>(element)) {
            check(*constraint);
        } else {
            refusals_.add(ast::location(element->base), "LIKE is not supported in a sink",
                          "List its columns.");
        }
    }

    void read_column(ast::ColumnDef& definition) {
        const std::string name = definition.colname;
        if (name.starts_with("tidewheel_"))
            refusals_.add(definition.location,
                          fmt::format("{} is reserved for a column of Tidewheel's own", name));
        if (std::ranges::count(sink_.columns, name))
            refusals_.add(definition.location, fmt::format("column {} is specified twice", name));
        if (definition.n_fdwoptions > 0)
            refusals_.add(definition.location,
                          fmt::format("column {}: a column of a sink has no options", name));
        for (ast::Node* node : TIDEWHEEL_NODES(definition, constraints))
            if (auto* constraint = ast::as<ast::Constraint>(node)) check(*constraint);
        sink_.columns.push_back(name);
    }

    void check(const ast::Constraint& constraint) {
        if (!is_allowed(constraint))
            refusals_.add(constraint.location,
                          "a column of a sink can only have NOT NULL, CHECK and DEFAULT",
                          "Rows that were delivered are no longer in the table, so it can't be "
                          "asked about keys.");
    }

    void read_options() {
        OptionList options(TIDEWHEEL_NODES(statement_, options), refusals_);
        for (const ast::Option* option : options.all()) {
            const auto known = std::ranges::find(server_.options, std::string_view(option->defname),
                                                 &Option::name);
            if (known == server_.options.end()) {
                refuse_unknown(options, *option);
                continue;
            }
            const std::string value = value_of(*option);
            if (const auto wrong = known->check(sink_, value))
                options.refuse(*option, fmt::format("{} '{}' {}", option->defname, value, *wrong));
            sink_.options[option->defname] = value;
        }
        check_choice();
    }

    void refuse_unknown(OptionList& options, const ast::Option& option) {
        std::vector<std::string> names;
        std::string list;
        for (const Option& each : server_.options)
            list += (list.empty() ? "" : ", ") + names.emplace_back(each.name);
        const std::string near = did_you_mean(option.defname, names);
        options.refuse(option,
                       fmt::format("unknown option {} of SERVER {}", option.defname, sink_.server),
                       near.empty() ? "The options are " + list + "." : near);
    }

    void check_choice() {
        const auto given = std::ranges::count_if(server_.one_of, [&](std::string_view name) {
            return sink_.options.contains(std::string(name));
        });
        if (server_.one_of.empty() || given == 1) return;
        std::string list;
        for (const std::string_view name : server_.one_of)
            list += (list.empty() ? "" : " or ") + std::string(name);
        refusals_.add(
            location(),
            fmt::format("{} {} needs {} {}", sink_.server, sink_.name.text(),
                        server_.one_of.size() == 1 ? "the option" : "one of the options", list),
            "");
    }

    ast::Tree& tree_;
    ast::CreateForeignTable& statement_;
    ast::CreateTable& table_;
    const Server& server_;
    Refusals& refusals_;
    Sink sink_;
};

}  // namespace

bool is_sink_server(std::string_view server) {
    return find_server(server) != nullptr;
}

std::string sink_servers() {
    std::string list;
    for (const Server& each : servers())
        list += (list.empty() ? "" : ", ") + std::string(each.name);
    return list;
}

Sink read_sink(ast::Tree& tree, Refusals& refusals) {
    return SinkReader(tree, refusals).read();
}

}  // namespace tidewheel::sql
