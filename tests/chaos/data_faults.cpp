// What happens to the data itself: offsets vanish. The lanes that need them stop, all others
// continue, and a user's decision (docs/how-to/missing-data.md) restarts them, without a record too
// many or too few. It happens to a topic of the fault's own, beside the one that everything else is
// about.
#include <csignal>
#include <cstdio>
#include <memory>
#include <set>

#include "chaos/faults.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/testing/stack.hpp"

namespace tidewheel::chaos {
namespace {

using namespace std::chrono_literals;

constexpr const char* pipeline = R"(
CREATE FOREIGN TABLE passing (n integer NOT NULL) SERVER kafka OPTIONS (topic '{topic}', partitions '2');
CREATE TABLE passed (n integer);
INSERT INTO passed SELECT n FROM passing;
)";
constexpr int batch = 100, deleted = 50;  // records

// Two partitions, and a statement that stores what is in them. All of its records differ.
class Passage {
  public:
    explicit Passage(Site& site) : deployment_(site.deployment().url(), site.deployment().kafka()) {
        if (const auto applied = deployment_.apply(pipeline); applied.status != 0)
            throw Error(Error::Kind::unavailable, "apply: " + applied.output + applied.errors);
        send(0);
        send(1);
        await_rows();
    }
    ~Passage() {
        try {
            deployment_.must({"drop", "--yes", "--cascade", "passing"});
            deployment_.query("TRUNCATE passed");
        } catch (const std::exception& error) {
            std::fprintf(stderr, "the statement of a fault stays behind: %s\n", error.what());
        }
    }
    Passage(const Passage&) = delete;
    Passage& operator=(const Passage&) = delete;

    const testing::Deployment& deployment() const { return deployment_; }
    kafka::Admin admin() const { return kafka::Admin(deployment_.kafka(), 30s); }

    void send(int partition) {
        expect(next_, next_ + batch);
        send_unread(partition);
    }
    // No statement may read them before a user has decided.
    void send_unread(int partition) {
        std::vector<std::string> records;
        for (int i = 0; i < batch; ++i)
            records.push_back("{\"n\": " + std::to_string(next_ + i) + "}");
        deployment_.send(partition, records, testing::new_year_2026 + next_);
        next_ += batch;
    }
    void create_again() const {
        kafka::Admin admin = this->admin();
        admin.delete_topic(deployment_.topic());
        testing::eventually("the topic is gone",
                            [&] { return !admin.partitions(deployment_.topic()); });
        testing::eventually("the topic is there again",
                            [&] { return admin.create_topic(deployment_.topic(), 2); });
    }
    // Past what the old topic held.
    void refill() {
        for (const int partition : {0, 1, 0, 1})
            send_unread(partition);
    }
    void expect(int begin, int end) {
        for (int n = begin; n < end; ++n)
            expected_.insert(n);
    }
    void give_up(int begin, int end) {
        expected_.erase(expected_.lower_bound(begin), expected_.lower_bound(end));
    }
    int next() const { return next_; }

    // Every record that must be stored is, once; and no other.
    void await_rows() const {
        testing::eventually(
            "passed holds what it must", [&] { return rows() == wanted(); }, 60s);
    }
    void await_stop() const {
        testing::eventually(
            "tidewheel status says that data is missing",
            [&] {
                return deployment_.tidewheel({"status", "--wait", "--timeout", "1"}).status == 4;
            },
            60s);
    }

  private:
    std::string rows() const {
        return deployment_.value(
            "SELECT coalesce(string_agg(n::text, ' ' ORDER BY n), '') FROM passed");
    }
    std::string wanted() const {
        std::string text;
        for (const int n : expected_)
            text += (text.empty() ? "" : " ") + std::to_string(n);
        return text;
    }

    testing::Deployment deployment_;
    std::set<int> expected_;
    int next_ = 0;
};

void kill_all(Site& site) {
    for (const std::string& name : site.services())
        site.supervisor().signal(name, SIGKILL);
}

// Retention was faster than the statement.
Happening records_deleted(Site& site, Random&) {
    const auto passage = std::make_shared<Passage>(site);
    const testing::Deployment& deployment = passage->deployment();
    deployment.must({"pause", "passed"});
    const int unread = passage->next();
    passage->send(0);
    passage->admin().delete_records(deployment.topic(), 0, batch + deleted);
    deployment.must({"resume", "passed"});
    passage->await_stop();
    passage->give_up(unread, unread + batch);
    passage->send(1);
    passage->await_rows();  // nothing of partition 0, though half of it is there
    const int later = passage->next();
    passage->send_unread(0);
    kill_all(site);
    passage->await_stop();
    return {"records " + std::to_string(batch) + " to " + std::to_string(batch + deleted) +
                " of a topic",
            4,
            {},
            [passage, unread, later](Happening&) {
                passage->await_rows();
                passage->deployment().must(
                    {"reset", "passed", "--partition", "0", "--to", "earliest", "--yes"});
                passage->expect(unread + deleted, unread + batch);
                passage->expect(later, later + batch);
                passage->await_rows();
            }};
}

// Its offsets mean other records now.
Happening topic_recreated(Site& site, Random&) {
    const auto passage = std::make_shared<Passage>(site);
    passage->create_again();
    passage->await_stop();
    return {"a topic", 0, {}, [passage](Happening&) {
                passage->await_rows();
                passage->deployment().must(
                    {"reset", "--topic-recreated", passage->deployment().topic(), "--yes"});
                passage->send(0);
                passage->send(1);
                passage->await_rows();
            }};
}

// The new topic holds more than the old one did: no offset is out of range, and no lane may
// continue.
Happening refilled(const std::shared_ptr<Passage>& passage, const std::string& what, int first) {
    passage->await_stop();
    return {what, 0, {}, [passage, first](Happening&) {
                passage->await_rows();
                passage->deployment().must(
                    {"reset", "--topic-recreated", passage->deployment().topic(), "--yes"});
                passage->expect(first, passage->next());
                passage->await_rows();
            }};
}

Happening topic_refilled_while_off(Site& site, Random&) {
    const auto passage = std::make_shared<Passage>(site);
    for (const std::string& name : site.services())
        site.supervisor().release(name, 10s);
    const int first = passage->next();
    passage->create_again();
    passage->refill();
    for (const std::string& name : site.services())
        site.supervisor().keep(name);
    return refilled(passage, "a topic, with no service there", first);
}

Happening topic_refilled(Site& site, Random&) {
    const auto passage = std::make_shared<Passage>(site);
    const int first = passage->next();
    passage->create_again();
    passage->refill();
    return refilled(passage, "a topic, under running services", first);
}

Happening topic_refilled_in_a_rebalance(Site& site, Random&) {
    const auto passage = std::make_shared<Passage>(site);
    const int first = passage->next();
    site.supervisor().release(site.services().front(), 10s);
    passage->create_again();
    passage->refill();
    site.supervisor().keep(site.services().front());
    return refilled(passage, "a topic, while a member leaves and joins", first);
}

// It was missed first, and grew.
Happening topic_outgrown(Site& site, Random&) {
    const auto passage = std::make_shared<Passage>(site);
    const int first = passage->next();
    passage->create_again();
    passage->await_stop();
    passage->refill();
    kill_all(site);
    return refilled(passage, "a topic, which grew while data was missing", first);
}

}  // namespace

std::vector<Fault> data_faults() {
    return {
        {"records-deleted", "16", services | brokers | database, false, true, 2s, 4s,
         records_deleted},
        {"topic-recreated", "16", services | brokers | database, false, true, 2s, 4s,
         topic_recreated},
        {"topic-refilled-while-off", "16", services | brokers | database, false, true, 2s, 4s,
         topic_refilled_while_off},
        {"topic-refilled", "16", services | brokers | database, false, true, 2s, 4s,
         topic_refilled},
        {"topic-refilled-in-a-rebalance", "16", services | brokers | database, false, true, 2s, 4s,
         topic_refilled_in_a_rebalance},
        {"topic-outgrown", "16", services | brokers | database, false, true, 2s, 4s,
         topic_outgrown},
    };
}

}  // namespace tidewheel::chaos
