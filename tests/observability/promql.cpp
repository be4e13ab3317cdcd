#include "promql.hpp"

#include <algorithm>
#include <iterator>
#include <regex>
#include <stdexcept>
#include <vector>

namespace tidewheel::observability {
namespace {

using Result = std::optional<Labels>;

const Labels aggregations = {"sum", "min", "max", "avg", "count", "group", "topk", "bottomk"};
const Labels rates = {"rate", "increase"};
const Labels binary = {
    "+", "-", "*", "/", "%", "==", "!=", "<", ">", "<=", ">=", "or", "and", "unless"};
const Labels matching = {"=", "!=", "=~", "!~"};

// A range, Grafana's $__rate_interval included, is one token.
std::vector<std::string> tokens_of(const std::string& query) {
    static const std::regex token(
        R"re("[^"]*"|\[[^\]]*\]|[A-Za-z_:][\w:]*|[0-9.]+|[=!]~|[=!<>]=|\S)re");
    std::vector<std::string> tokens;
    std::transform(std::sregex_iterator(query.begin(), query.end(), token), std::sregex_iterator(),
                   std::back_inserter(tokens), [](const auto& match) { return match.str(); });
    return tokens;
}

bool is_name(const std::string& token) {
    return !token.empty() && (std::isalpha(token[0]) || token[0] == '_' || token[0] == ':');
}

bool is_counter(const std::string& series) {
    return std::regex_search(series, std::regex("_(total|bucket|sum|count)$"));
}

// Binary operators are read from left to right, without precedence: that changes values, but no
// labels.
class Query {
  public:
    Query(const std::string& text, const Catalogue& catalogue)
        : tokens_(tokens_of(text)), catalogue_(catalogue) {}

    Result labels() {
        Result result = expression();
        if (at_ < tokens_.size()) fail("unexpected " + tokens_[at_]);
        return result;
    }

  private:
    Result expression() {
        Result left = operand();
        while (binary.contains(peek())) {
            const std::string operation = next();
            const std::optional<Labels> on = accept("on") ? std::optional(names()) : std::nullopt;
            const Result right = operand();
            left = on ? combine_on(*on, left, operation, right) : combine(left, operation, right);
        }
        return left;
    }

    Result operand() {
        if (accept("(")) return closed(expression());
        const std::string token = next();
        if (token == "-") return operand();
        if (std::isdigit(token.front())) return std::nullopt;
        if (!is_name(token)) fail("unexpected " + token);
        if (aggregations.contains(token)) return aggregation(token);
        return accept("(") ? function(token) : selector(token);
    }

    Result combine(const Result& left, const std::string& operation, const Result& right) const {
        if (!left || !right) return left ? left : right;
        if (operation == "or") {
            Labels all = *left;
            all.insert(right->begin(), right->end());
            return all;
        }
        if (*left != *right)
            fail("both sides of " + operation + " have different labels, and never match");
        return left;
    }

    // Arithmetic keeps the labels that match; `and` and `unless` choose among the left side's.
    Result combine_on(const Labels& labels, const Result& left, const std::string& operation,
                      const Result& right) const {
        for (const std::string& label : labels) {
            require(left, label, "the left side of " + operation);
            require(right, label, "the right side of " + operation);
        }
        return operation == "and" || operation == "unless" ? left : labels;
    }

    // sum by (a, b) (expression), or topk(5, expression)
    Result aggregation(const std::string& name) {
        const Labels by = accept("by") ? names() : Labels{};
        expect("(");
        Result inner = expression();
        if (accept(",")) inner = expression();
        closed(inner);
        for (const std::string& label : by)
            require(inner, label, name + " by");
        return name == "topk" || name == "bottomk" ? inner : by;
    }

    Result function(const std::string& name) {
        if (rates.contains(name) && !is_counter(peek()))
            fail(name + " of " + peek() + ", which is no counter");
        equal_.clear();
        Result result = expression();
        if (name == "histogram_quantile") {
            expect(",");
            result = expression();
            require(result, "le", name);
            result->erase("le");
        } else if (name == "absent") {
            result = equal_;
        } else if (!rates.contains(name) && name != "last_over_time") {
            fail("function " + name + " isn't known here");
        }
        return closed(result);
    }

    Result selector(const std::string& name) {
        const auto series = catalogue_.find(name);
        if (series == catalogue_.end()) fail("no metric is called " + name);
        if (accept("{")) matchers(name, series->second);
        if (peek().starts_with("[")) next();
        return series->second;
    }

    void matchers(const std::string& name, const Labels& labels) {
        while (!accept("}")) {
            const std::string label = next(), operation = next();
            require(labels, label, name);
            if (!matching.contains(operation) || !next().starts_with('"'))
                fail("a matcher of " + name + " is no matcher");
            if (operation == "=") equal_.insert(label);
            accept(",");
        }
    }

    Labels names() {
        Labels all;
        for (expect("("); !accept(")"); accept(","))
            all.insert(next());
        return all;
    }

    void require(const Result& labels, const std::string& label, const std::string& what) const {
        if (!labels || !labels->contains(label)) fail(what + ": there is no label " + label);
    }

    Result closed(Result result) {
        expect(")");
        return result;
    }

    std::string peek() const { return at_ < tokens_.size() ? tokens_[at_] : ""; }
    std::string next() {
        if (at_ == tokens_.size()) fail("it ends too soon");
        return tokens_[at_++];
    }
    bool accept(const std::string& token) {
        const bool there = peek() == token;
        at_ += there;
        return there;
    }
    void expect(const std::string& token) {
        if (!accept(token)) fail(token + " is expected, not " + peek());
    }

    [[noreturn]] void fail(const std::string& what) const { throw std::runtime_error(what); }

    std::vector<std::string> tokens_;
    const Catalogue& catalogue_;
    std::size_t at_ = 0;
    Labels equal_;  // what the last selectors' = matchers named: the labels of absent()
};

}  // namespace

std::optional<Labels> labels_of(const std::string& query, const Catalogue& catalogue) {
    return Query(query, catalogue).labels();
}

}  // namespace tidewheel::observability
