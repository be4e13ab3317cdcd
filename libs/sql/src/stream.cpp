#include "stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "deparse.hpp"
#include "functions.hpp"
#include "names.hpp"
#include "sink.hpp"
#include "stream_options.hpp"

namespace tidewheel::sql {
namespace {

// A constraint of the DDL that a topic can't guarantee.
const char* refused_constraint(const ast::Constraint& constraint) {
    switch (constraint.contype) {
        case PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY:
            return "PRIMARY KEY";
        case PG_QUERY__CONSTR_TYPE__CONSTR_UNIQUE:
            return "UNIQUE";
        case PG_QUERY__CONSTR_TYPE__CONSTR_EXCLUSION:
            return "EXCLUDE";
        case PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN:
            return "REFERENCES";
        case PG_QUERY__CONSTR_TYPE__CONSTR_GENERATED:
            return "GENERATED ALWAYS AS";
        case PG_QUERY__CONSTR_TYPE__CONSTR_IDENTITY:
            return "GENERATED AS IDENTITY";
        default:
            return nullptr;
    }
}

bool is_serial(const ast::TypeName& type) {
    const auto name = ast::last_string(TIDEWHEEL_NODES(type, names));
    return name == "serial" || name == "bigserial" || name == "smallserial" || name == "serial4" ||
           name == "serial8" || name == "serial2";
}

// The one column that an expression is about; empty when there are several or none.
std::string only_column(ast::Message& expression) {
    std::set<std::string> columns;
    ast::walk(expression, [&](ast::Message& message) {
        if (auto* reference = ast::as<ast::ColumnRef>(&message)) {
            columns.insert(ast::last_string(TIDEWHEEL_NODES(*reference, fields)));
        }
        return true;
    });
    return columns.size() == 1 ? *columns.begin() : "";
}

class StreamReader {
  public:
    StreamReader(ast::CreateForeignTable& statement, Refusals& refusals)
        : statement_(statement), table_(*statement.base_stmt), refusals_(refusals) {}

    Stream read() {
        stream_.name = relation_name(*table_.relation);
        check_shape();
        for (ast::Node* element : TIDEWHEEL_NODES(table_, table_elts))
            read_element(element);
        for (const auto& check : unnamed_)
            name_check(check);
        read_stream_options(TIDEWHEEL_NODES(statement_, options), stream_, location(), refusals_);
        return std::move(stream_);
    }

  private:
    int location() const { return table_.relation->location; }

    void check_shape() {
        if (std::string_view(statement_.servername) != "kafka") {
            refusals_.add(
                location(), fmt::format("SERVER {} is not supported", statement_.servername),
                "A stream is a topic: write SERVER kafka. Where rows are delivered to is a "
                "table of one of the servers " +
                    sink_servers() + ".");
        }
        if (table_.if_not_exists) {
            refusals_.add(location(), "IF NOT EXISTS is not supported for a stream",
                          "Leave it out: `tidewheel apply` creates only what is missing.");
        }
        if (table_.n_inh_relations > 0 || table_.partbound) {
            refusals_.add(location(), "a stream can't inherit from a table or be a partition",
                          "List its columns.");
        }
        if (table_.n_table_elts == 0) {
            refusals_.add(location(), fmt::format("stream {} has no columns", stream_.name.text()));
        }
    }

    void read_element(ast::Node* element) {
        if (auto* column = ast::as<ast::ColumnDef>(element)) {
            read_column(*column);
        } else if (auto* constraint = ast::as<ast::Constraint>(element)) {
            read_constraint(*constraint, nullptr);
        } else {
            refusals_.add(ast::location(element->base), "LIKE is not supported in a stream",
                          "List its columns.");
        }
    }

    void read_column(ast::ColumnDef& definition) {
        StreamColumn column;
        column.name = definition.colname;
        if (column.name == "tidewheel_seq" || column.name == "tidewheel_timestamp") {
            refusals_.add(
                definition.location,
                fmt::format("{} is reserved for a column of Tidewheel's own", column.name));
        }
        if (has_column(stream_, column.name)) {
            refusals_.add(definition.location,
                          fmt::format("column {} is specified twice", column.name));
        }
        if (is_serial(*definition.type_name)) {
            refusals_.add(definition.location,
                          fmt::format("column {}: a stream can't number its records", column.name),
                          "Declare it as integer or bigint; OPTIONS (offset 'true') gives the "
                          "record's own number.");
        }
        column.type = ast::deparse_type(*definition.type_name);
        read_column_options(TIDEWHEEL_NODES(definition, fdwoptions), column, refusals_);
        for (ast::Node* node : TIDEWHEEL_NODES(definition, constraints)) {
            if (auto* constraint = ast::as<ast::Constraint>(node)) {
                read_constraint(*constraint, &column);
            }
        }
        stream_.columns.push_back(std::move(column));
    }

    void read_constraint(ast::Constraint& constraint, StreamColumn* column) {
        if (const char* name = refused_constraint(constraint)) {
            refusals_.add(
                constraint.location,
                fmt::format("{} is not supported in a stream: a topic can't guarantee it", name),
                "Put it into the table that the stream feeds.");
            return;
        }
        switch (constraint.contype) {
            case PG_QUERY__CONSTR_TYPE__CONSTR_NOTNULL:
                if (column) column->not_null = true;
                break;
            case PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT:
                read_default(constraint, *column);
                break;
            case PG_QUERY__CONSTR_TYPE__CONSTR_CHECK:
                read_check(constraint, column);
                break;
            default:
                break;
        }
    }

    void read_default(ast::Constraint& constraint, StreamColumn& column) {
        refuse_volatile(constraint.raw_expr->base, refusals_);
        refuse_now(constraint.raw_expr->base, "as the DEFAULT of a stream's column",
                   "A missing field must mean the same in every replay.", refusals_);
        column.fallback = ast::deparse_expression(*constraint.raw_expr);
    }

    void read_check(ast::Constraint& constraint, const StreamColumn* column) {
        refuse_volatile(constraint.raw_expr->base, refusals_);
        refuse_now(constraint.raw_expr->base, "in a CHECK of a stream",
                   "Whether a record is valid may not depend on when it is read.", refusals_);
        stream_.checks.push_back({constraint.conname, ast::deparse_expression(*constraint.raw_expr),
                                  column ? column->name : ""});
        if (stream_.checks.back().name.empty()) {
            unnamed_.push_back({stream_.checks.size() - 1, only_column(constraint.raw_expr->base)});
        }
    }

    struct Unnamed {
        std::size_t index;
        std::string column;
    };
    // Names that the DDL gives come first, wherever they stand, as in PostgreSQL.
    void name_check(const Unnamed& check) {
        stream_.checks[check.index].name = choose_check_name(stream_, check.column);
    }

    ast::CreateForeignTable& statement_;
    ast::CreateTable& table_;
    Refusals& refusals_;
    Stream stream_;
    std::vector<Unnamed> unnamed_;
};

// The same columns and checks, no server and no options.
std::string as_ordinary_table(const ast::Tree& foreign) {
    ast::Tree tree = foreign.clone();
    auto* table = tree.statement_as<ast::CreateForeignTable>()->base_stmt;
    for (ast::Node* element : TIDEWHEEL_NODES(*table, table_elts)) {
        if (auto* column = ast::as<ast::ColumnDef>(element)) column->n_fdwoptions = 0;
    }
    return ast::deparse(*tree.wrap(ast::message(*table)));
}

// PostgreSQL's makeObjectName: the parts shrink, the longer first, until all fits an identifier of
// 63 bytes.
std::string object_name(std::string table, std::string column, const std::string& label) {
    const std::size_t room = 63 - label.size() - 1 - (column.empty() ? 0 : 1);
    while (table.size() + column.size() > room) {
        (table.size() > column.size() ? table : column).pop_back();
    }
    return column.empty() ? table + "_" + label : table + "_" + column + "_" + label;
}

}  // namespace

std::string choose_check_name(const Stream& stream, const std::string& column) {
    for (int pass = 0;; ++pass) {
        const std::string label = pass == 0 ? "check" : fmt::format("check{}", pass);
        const std::string name = object_name(stream.name.name, column, label);
        const auto is_taken = [&](const Check& check) { return check.name == name; };
        if (std::none_of(stream.checks.begin(), stream.checks.end(), is_taken)) return name;
    }
}

Stream read_stream(ast::Tree& tree, const std::string& text, Refusals& refusals) {
    Stream stream = StreamReader(*tree.statement_as<ast::CreateForeignTable>(), refusals).read();
    stream.as_foreign_table = text;
    stream.as_ordinary_table = as_ordinary_table(tree);
    return stream;
}

}  // namespace tidewheel::sql
