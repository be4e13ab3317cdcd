// What happens to the data itself: offsets vanish. The lanes that want them stand still, all others
// go on, and a human's answer (docs/how-to/missing-data.md) brings them back, without a record too
// many or too few. It happens to a topic of the fault's own, beside the one that everything else is
// about.
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
        std::vector<std::string> records;
        for (int i = 0; i < batch; ++i)
            records.push_back("{\"n\": " + std::to_string(next_ + i) + "}");
        deployment_.send(partition, records);
        expect(next_, next_ + batch);
        next_ += batch;
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
    return {"records " + std::to_string(batch) + " to " + std::to_string(batch + deleted) +
                " of a topic",
            0,
            {},
            [passage, unread](Happening&) {
                passage->await_rows();
                passage->deployment().must(
                    {"reset", "passed", "--partition", "0", "--to", "earliest", "--yes"});
                passage->expect(unread + deleted, unread + batch);
                passage->await_rows();
            }};
}

// Its offsets mean other records now.
Happening topic_recreated(Site& site, Random&) {
    const auto passage = std::make_shared<Passage>(site);
    const testing::Deployment& deployment = passage->deployment();
    kafka::Admin admin = passage->admin();
    admin.delete_topic(deployment.topic());
    testing::eventually("the topic is gone", [&] { return !admin.partitions(deployment.topic()); });
    testing::eventually("the topic is there anew",
                        [&] { return admin.create_topic(deployment.topic(), 2); });
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

}  // namespace

std::vector<Fault> data_faults() {
    return {
        {"records-deleted", "16", services | brokers | database, false, true, 2s, 4s,
         records_deleted},
        {"topic-recreated", "16", services | brokers | database, false, true, 2s, 4s,
         topic_recreated},
    };
}

}  // namespace tidewheel::chaos
