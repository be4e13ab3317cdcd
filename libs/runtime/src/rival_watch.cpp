#include "rival_watch.hpp"

#include <optional>

#include "tidewheel/catalogue/claim.hpp"
#include "tidewheel/catalogue/home.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::runtime {

using telemetry::Level;

namespace {

// Empty where Kafka doesn't answer, or doesn't let this role list the group.
std::vector<kafka::GroupMember> members_of(const kafka::ClientSettings& kafka,
                                           const std::string& group, Standing standing) {
    try {
        return kafka::group_members(kafka, group, std::chrono::seconds(3));
    } catch (const Error& error) {
        telemetry::log(standing == Standing::joining ? Level::warning : Level::debug,
                       "the group's members are not known",
                       {{"group", group}, {"reason", error.what()}});
        return {};
    }
}

bool share_statements(const StatementProgram& one, const StatementProgram& other) {
    using executor::StatementKind;
    return (one.statements == StatementKind::all) != (other.statements == StatementKind::all);
}

}  // namespace

void require_no_copy(postgres::Connection& database) {
    try {
        catalogue::require_home(database);
    } catch (const postgres::DatabaseError&) {
        throw;
    } catch (const Error& error) {
        throw StrangerError(error.kind(), error.what(), error.hint());
    }
}

void require_no_strangers(const kafka::ClientSettings& kafka, const std::string& group,
                          const std::string& database, Standing standing) {
    for (const kafka::GroupMember& each : members_of(kafka, group, standing)) {
        const std::string other = kafka::database_of(each.client_id);
        if (other.empty() || catalogue::may_be_same_database(other, database)) continue;
        if (standing == Standing::member && database < other) continue;  // the other one leaves
        throw StrangerError(
            Error::Kind::unavailable,
            "consumer group " + group + " writes to another database, " + other +
                ", not to this one, " + database + ": its member " + each.client_id + " on host " +
                each.host,
            "Give one of the two deployments another group (--group), or stop that one. "
            "Until then this service stands by.");
    }
}

void require_alone(const kafka::ClientSettings& kafka, const std::string& prefix,
                   const StatementProgram& program, int number, const std::string& database,
                   Standing standing) {
    for (const StatementProgram& other : statement_programs) {
        if (!share_statements(program, other)) continue;
        if (standing == Standing::member && other.statements == executor::StatementKind::all)
            continue;  // the other one leaves
        const std::string group = kafka::group_name(prefix, other.name, number);
        for (const kafka::GroupMember& each : members_of(kafka, group, standing)) {
            if (!catalogue::may_be_same_database(kafka::database_of(each.client_id), database))
                continue;
            throw StrangerError(
                Error::Kind::unavailable,
                std::string("the same statements are run by a member of consumer group ") + group +
                    ": " + each.client_id + " on host " + each.host,
                "Run workers and aggregators, or `tidewheel run`, not both. Until the others are "
                "stopped, this service stands by.");
        }
    }
}

StandBy::StandBy(const kafka::ClientSettings& kafka, const std::string& group,
                 const std::vector<std::string>& topics)
    : consumer_(kafka, kafka::waiting_room(group), 1) {
    consumer_.subscribe(topics, *this);
}

StandBy::~StandBy() {
    try {
        consumer_.close();
    } catch (const Error&) {  // the membership was only for others to see
    }
}

std::vector<kafka::StartOffset> StandBy::on_assigned(const std::vector<kafka::TopicPartition>&) {
    return {};
}

void StandBy::wait(std::stop_token stop, std::chrono::milliseconds time) {
    const auto until = Clock::system().now() + time;
    while (!stop.stop_requested() && Clock::system().now() < until)
        consumer_.poll(std::chrono::milliseconds(100));
}

RivalWatch::RivalWatch(telemetry::Health& health) : health_(health) {}

void RivalWatch::look(postgres::Connection& database, const std::string& group) {
    const auto now = Clock::system().now();
    if (now - looked_at_ < std::chrono::seconds(5)) return;
    looked_at_ = now;
    const auto is_ours = [&](const catalogue::Claimant& claimant) {
        return kafka::is_further_group(claimant.group, group) || claimant.group == group;
    };
    std::optional<catalogue::Rivalry> found;
    for (catalogue::Rivalry& each : catalogue::rivalries(database))
        if (is_ours(each.owner) || is_ours(each.rival)) found = std::move(each);
    if (!found) {
        health_.forget("group");
        told_.clear();
        return;
    }
    const bool have_it = is_ours(found->owner);
    const catalogue::Claimant& rival = have_it ? found->rival : found->owner;
    const std::string lane = to_text(engine::TopicPartition{found->topic, found->partition});
    health_.set_degraded("group", lane + " is " + found->text());
    if (told_ == rival.group) return;
    told_ = rival.group;
    telemetry::log(
        Level::error, "two deployments write to this database",
        {{"lane", lane}, {"reason", found->text()}, {"hint", catalogue::Rivalry::hint()}});
}

}  // namespace tidewheel::runtime
