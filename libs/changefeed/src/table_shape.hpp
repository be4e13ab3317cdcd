#pragma once
#include <map>
#include <string>
#include <vector>

#include "pgoutput.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/sql/relation_name.hpp"
#include "value_json.hpp"

namespace tidewheel::changefeed {

struct ShapeColumn {
    std::string name;
    std::string member;  // as JSON: "name":
    ValueForm form = ValueForm::text;
    bool is_key = false;       // of the primary key
    int digits = most_digits;  // of a moment
};

// What has to be known of a table to write its rows as JSON.
struct TableShape {
    std::string schema, name;
    std::vector<ShapeColumn> columns;
    bool has_key() const;
};

// What a Relation message doesn't say: the primary key, and what the domains are made of.
struct TableFacts {
    std::vector<std::string> key;
    struct BaseType {
        std::uint32_t type = 0;
        std::int32_t modifier = -1;
    };
    std::map<std::uint32_t, BaseType> domains;
};

TableFacts read_facts(postgres::Transaction& transaction, const Relation& relation);
TableShape shape_of(const Relation& relation, const TableFacts& facts);

// The table as pgoutput would describe it now: the columns that it publishes. Throws Error
// (refused): there is no such table.
Relation read_relation(postgres::Transaction& transaction, const sql::RelationName& table);

}  // namespace tidewheel::changefeed
