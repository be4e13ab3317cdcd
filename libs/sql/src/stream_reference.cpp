#include "stream_reference.hpp"

#include <fmt/format.h>

#include <set>

#include "names.hpp"

namespace tidewheel::sql {
namespace {

constexpr auto one_record =
    "A continuous statement sees one record at a time; see docs/reference/sql.md.";

bool has_column_reference(ast::Message& root) {
    bool found = false;
    ast::walk(root, [&](ast::Message& message) {
        found = found || ast::as<ast::ColumnRef>(&message);
        return !found;
    });
    return found;
}

class SelectReader {
  public:
    SelectReader(const Names& names, const std::optional<RelationName>& target, Refusals& refusals)
        : names_(names), target_(target), refusals_(refusals) {}

    StreamReference read(ast::Select& select) {
        const bool reads = visit_select(select);
        if (!reads && stream_reference_.stream && !refusals_.any()) {
            refusals_.add(stream_reference_.place->location,
                          fmt::format("the rows don't come from stream {}", name()),
                          "The stream, or the CTE that reads it, must be in FROM.");
        }
        return std::move(stream_reference_);
    }

  private:
    // Each visit answers whether the rows come from the stream.
    bool visit_select(ast::Select& select) {
        scopes_.emplace_back();
        visit_with(select);
        const bool reads = select.op == PG_QUERY__SET_OPERATION__SETOP_NONE ? visit_plain(select)
                                                                            : visit_set(select);
        scopes_.pop_back();
        if (reads && select.n_sort_clause > 0) stream_reference_.keeps_order = false;
        (reads ? stream_reference_.levels : stream_reference_.subqueries).push_back(&select);
        return reads;
    }

    void visit_with(ast::Select& select) {
        if (!select.with_clause) return;
        for (ast::Node* node : TIDEWHEEL_NODES(*select.with_clause, ctes)) {
            visit_common_table(*ast::as<ast::CommonTable>(node), select.with_clause->recursive);
        }
    }

    void visit_common_table(ast::CommonTable& table, bool is_recursive) {
        auto* query = ast::as<ast::Select>(table.ctequery);
        if (!query) {
            refusals_.add(table.location,
                          fmt::format("WITH {} changes data: data-modifying CTEs are not supported",
                                      table.ctename),
                          "Write a continuous INSERT for each table.");
            return;
        }
        if (is_recursive) scopes_.back()[table.ctename] = false;
        const bool reads = visit_select(*query);
        if (is_recursive && reads) {
            refusals_.add(table.location, "WITH RECURSIVE over a stream is not supported",
                          one_record);
        }
        scopes_.back()[table.ctename] = reads;
    }

    bool visit_set(ast::Select& select) {
        const bool left = visit_select(*select.larg);
        const bool right = visit_select(*select.rarg);
        if (left || right) {
            refusals_.add(ast::location(ast::message(*select.rarg)),
                          fmt::format("{} over a stream is not supported", set_operation(select)),
                          "Write a continuous INSERT for each part.");
        }
        visit_expressions(select);
        return left || right;
    }

    static const char* set_operation(const ast::Select& select) {
        switch (select.op) {
            case PG_QUERY__SET_OPERATION__SETOP_INTERSECT:
                return "INTERSECT";
            case PG_QUERY__SET_OPERATION__SETOP_EXCEPT:
                return "EXCEPT";
            default:
                return "UNION";
        }
    }

    bool visit_plain(ast::Select& select) {
        bool reads = false;
        for (ast::Node* item : TIDEWHEEL_NODES(select, from_clause)) {
            const bool here = visit_from(item);
            if (here && ast::as<ast::RangeVar>(item) == stream_reference_.place)
                stream_reference_.level = &select;
            reads = reads || here;
        }
        if (reads && !stream_reference_.level)
            stream_reference_.level = &select;  // the stream stands inside a JOIN
        visit_expressions(select);
        return reads;
    }

    // Everything but FROM and WITH: a stream there is in a sub-select.
    void visit_expressions(ast::Select& select) {
        ast::for_each_child(ast::message(select),
                            [&](const ast::Field& field, ast::Message& child) {
                                const std::string_view name = field.name;
                                if (name != "from_clause" && name != "with_clause" &&
                                    name != "larg" && name != "rarg") {
                                    visit_expression(child);
                                }
                            });
    }

    void visit_expression(ast::Message& root) {
        ast::walk(root, [&](ast::Message& message) {
            auto* select = ast::as<ast::Select>(&message);
            if (!select) return true;
            if (visit_select(*select)) {
                refusals_.add(stream_reference_.place->location,
                              fmt::format("stream {} is read in a sub-select", name()),
                              "The stream must be in FROM.");
            }
            return false;
        });
    }

    bool visit_from(ast::Node* item) {
        if (auto* range = ast::as<ast::RangeVar>(item)) return visit_range(*range);
        if (auto* join = ast::as<ast::Join>(item)) return visit_join(*join);
        if (auto* sub = ast::as<ast::RangeSubselect>(item)) return visit_subselect(*sub);
        if (auto* sample = ast::as<ast::RangeTableSample>(item)) return visit_sample(*sample);
        // Functions of the record's own data run once a record; any other may drive the join.
        if (!has_column_reference(*ast::content(item))) stream_reference_.keeps_order = false;
        visit_expression(*ast::content(item));
        return false;
    }

    bool visit_subselect(ast::RangeSubselect& sub) {
        auto* query = ast::as<ast::Select>(sub.subquery);
        const bool reads = visit_select(*query);
        if (!reads && !(sub.lateral && has_column_reference(ast::message(*query)))) {
            stream_reference_.keeps_order = false;
        }
        return reads;
    }

    bool visit_sample(ast::RangeTableSample& sample) {
        const bool reads = visit_from(sample.relation);
        if (reads) {
            refusals_.add(sample.location, "TABLESAMPLE over a stream is not supported",
                          "Filter by a column in WHERE.");
        } else {
            refusals_.add(sample.location,
                          "TABLESAMPLE is volatile: a replay of the topic could not repeat it");
        }
        return reads;
    }

    bool visit_join(ast::Join& join) {
        const bool left = visit_from(join.larg);
        const bool right = visit_from(join.rarg);
        const bool is_nullable =
            (join.jointype == PG_QUERY__JOIN_TYPE__JOIN_LEFT && right) ||
            (join.jointype == PG_QUERY__JOIN_TYPE__JOIN_RIGHT && left) ||
            (join.jointype == PG_QUERY__JOIN_TYPE__JOIN_FULL && (left || right));
        if (is_nullable) {
            refusals_.add(stream_reference_.place->location,
                          fmt::format("stream {} is on the nullable side of an outer join", name()),
                          "Rows without a record would depend on the batch. Put the stream on the "
                          "other side.");
        }
        if (join.quals) visit_expression(join.quals->base);
        return left || right;
    }

    bool visit_range(ast::RangeVar& range) {
        if (const auto* common_table = find_common_table(range)) {
            if (!*common_table) {
                stream_reference_.keeps_order = false;
            } else if (!used_.insert(range.relname).second) {
                refuse_twice(range);
            }
            return *common_table;
        }
        const RelationName relation = relation_name(range);
        if (const Stream* stream = names_.stream(relation)) return visit_stream(range, *stream);
        stream_reference_.keeps_order = false;
        stream_reference_.others.push_back(&range);
        if (target_ && names_.resolve(*target_) == names_.resolve(relation)) {
            refusals_.add(
                range.location,
                fmt::format("{} is read by the statement that fills it", relation.text()),
                "The result would depend on how records are batched. ON CONFLICT DO UPDATE "
                "sees the stored row.");
        }
        return false;
    }

    bool visit_stream(ast::RangeVar& range, const Stream& stream) {
        if (!stream_reference_.stream) {
            stream_reference_.stream = &stream;
            stream_reference_.place = &range;
        } else if (stream_reference_.stream == &stream) {
            refuse_twice(range);
        } else {
            refusals_.add(
                range.location,
                fmt::format("two streams in one statement: {} and {}", name(), stream.name.text()),
                "Feed a table from one of them, and join that table.");
        }
        return true;
    }

    void refuse_twice(const ast::RangeVar& range) {
        refusals_.add(range.location, fmt::format("stream {} is read twice", name()), one_record);
    }

    const bool* find_common_table(const ast::RangeVar& range) const {
        if (*range.schemaname) return nullptr;
        for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
            const auto found = scope->find(range.relname);
            if (found != scope->end()) return &found->second;
        }
        return nullptr;
    }

    std::string name() const { return stream_reference_.stream->name.text(); }

    const Names& names_;
    const std::optional<RelationName>& target_;
    Refusals& refusals_;
    StreamReference stream_reference_;
    // CTEs in sight: whether they read the stream.
    std::vector<std::map<std::string, bool>> scopes_;
    std::set<std::string> used_;  // those that do and stand in a FROM
};

}  // namespace

StreamReference read_select(ast::Select& select, const Names& names,
                            const std::optional<RelationName>& target, Refusals& refusals) {
    return SelectReader(names, target, refusals).read(select);
}

void refuse_no_stream(int location, const std::string& what, const std::string& hint,
                      const StreamReference& stream_reference, const Names& names,
                      Refusals& refusals) {
    for (const ast::RangeVar* other : stream_reference.others) {
        const RelationName name = relation_name(*other);
        const Stream* stream = names.namesake(name.name);
        if (!stream) continue;
        const RelationName declared = names.created(stream->name);
        if (names.has(names.resolve(name)))
            return refusals.add(
                location,
                fmt::format("{} reads no stream: {} means {}, not stream {}", what, name.text(),
                            names.resolve(name).text(), declared.text()),
                hint);
        return refusals.add(other->location,
                            fmt::format("table or stream {} does not exist", name.text()),
                            fmt::format("Did you mean stream {}?", declared.text()));
    }
    refusals.add(location, what + " reads no stream", hint);
    for (const ast::RangeVar* other : stream_reference.others)
        refusals.mention(Mention::What::relation, other->location, relation_name(*other).quoted());
}

const Stream* mentions_stream(ast::Message& root, const Names& names) {
    const Stream* found = nullptr;
    ast::walk(root, [&](ast::Message& message) {
        if (auto* range = ast::as<ast::RangeVar>(&message); range && !found) {
            found = names.stream(relation_name(*range));
        }
        return !found;
    });
    return found;
}

}  // namespace tidewheel::sql
