// TLS to both servers, and each way of logging in at a broker, with certificates of the test's own.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <tuple>

#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"
#include "tidewheel/testing/servers.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr int usage = 2;  // docs/reference/exit-codes.md
constexpr const char* pipeline =
    "CREATE FOREIGN TABLE s (n integer) SERVER kafka OPTIONS (topic '{topic}');\n"
    "CREATE TABLE t (n integer);\nINSERT INTO t SELECT n FROM s;\n";

void must(std::vector<std::string> arguments) {
    const Finished finished = run(std::move(arguments));
    INFO(finished.errors);
    REQUIRE(finished.status == 0);
}

// An authority, and a server's key and certificate that it signed for 127.0.0.1 and localhost.
class Certificates {
  public:
    Certificates() : folder_(std::filesystem::temp_directory_path() / unique("certificates")) {
        std::filesystem::create_directories(folder_);
        make_authority("ca");
        make_authority("stranger");
        sign("server", "IP:127.0.0.1,DNS:localhost");
        sign("elsewhere", "DNS:elsewhere.example");
        std::ofstream(path("server.both")) << read("server.key") << read("server.pem");
    }
    ~Certificates() { std::filesystem::remove_all(folder_); }
    Certificates(const Certificates&) = delete;
    Certificates& operator=(const Certificates&) = delete;

    std::string path(const std::string& name) const { return (folder_ / name).string(); }

    // Only PostgreSQL's user may read its key.
    std::vector<std::string> for_postgres(const std::string& name) const {
        if (geteuid() == 0) must({"chown", "postgres:", path(name + ".key")});
        return {"TIDEWHEEL_POSTGRES_OPTIONS=ssl=on;ssl_cert_file='" + path(name + ".pem") +
                "';ssl_key_file='" + path(name + ".key") + "'"};
    }

  private:
    void make_authority(const std::string& name) const {
        must({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
              "/CN=" + name, "-keyout", path(name + ".key"), "-out", path(name + ".pem")});
    }
    void sign(const std::string& name, const std::string& names) const {
        must({"openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + name, "-keyout",
              path(name + ".key"), "-out", path(name + ".request")});
        std::ofstream(path(name + ".names")) << "subjectAltName=" << names << '\n';
        must({"openssl", "x509", "-req", "-days", "2", "-in", path(name + ".request"), "-CA",
              path("ca.pem"), "-CAkey", path("ca.key"), "-CAcreateserial", "-extfile",
              path(name + ".names"), "-out", path(name + ".pem")});
    }
    std::string read(const std::string& name) const {
        std::ifstream file(path(name));
        return {std::istreambuf_iterator<char>(file), {}};
    }

    std::filesystem::path folder_;
};

// Before 2.6.1 librdkafka can't do SCRAM with Kafka 4.
bool scram_works() {
    int major = 0, minor = 0, patch = 0;
    std::sscanf(kafka::librdkafka_version().c_str(), "%d.%d.%d", &major, &minor, &patch);
    return std::tuple(major, minor, patch) >= std::tuple(2, 6, 1);
}

std::string environment(const kafka::ClientSettings& kafka) {
    std::string list;
    for (const std::string& option : kafka.options)
        list += (list.empty() ? "" : ";") + option;
    return "TIDEWHEEL_KAFKA_OPTIONS=" + list;
}

// A record goes all the way.
void check_works(const std::string& url, const kafka::ClientSettings& kafka) {
    Deployment deployment(url, kafka, {environment(kafka)});
    REQUIRE(deployment.apply(pipeline).status == 0);
    deployment.send(0, {R"({"n": 1})"});
    auto worker = deployment.start("tidewheel-worker");
    deployment.arrive();
    CHECK(deployment.value("SELECT n FROM t") == "1");
}

Finished status(const std::string& url, const kafka::ClientSettings& kafka) {
    return run({program("tidewheel"), "status", "--database", url},
               {"TIDEWHEEL_KAFKA=" + kafka.brokers, environment(kafka)});
}

}  // namespace

TEST_CASE("PostgreSQL is reached by TLS, and only where certificate and name are right",
          "[outage]") {
    const Certificates certificates;
    PrivatePostgres server(certificates.for_postgres("server"));
    const std::string verified = server.url() + "?sslmode=verify-full&sslrootcert=";
    const std::string ours = verified + certificates.path("ca.pem");
    Deployment deployment(ours, testing::kafka());
    REQUIRE(deployment.apply(pipeline).status == 0);
    deployment.send(0, {R"({"n": 1})"});
    auto worker = deployment.start("tidewheel-worker");
    deployment.arrive();
    CHECK(deployment.value("SELECT n FROM t") == "1");
    CHECK(deployment.value(
              "SELECT bool_and(s.ssl) AND count(*) > 1 FROM pg_stat_ssl s JOIN "
              "pg_stat_activity USING (pid) WHERE application_name LIKE 'tidewheel%'") == "t");
    const Finished stranger =
        status(verified + certificates.path("stranger.pem"), testing::kafka());
    CHECK(stranger.status != 0);
    CHECK_THAT(stranger.errors, ContainsSubstring("certificate verify failed"));
}

TEST_CASE("PostgreSQL under another name is refused", "[outage]") {
    const Certificates certificates;
    PrivatePostgres server(certificates.for_postgres("elsewhere"));
    const Finished finished =
        status(server.url() + "?sslmode=verify-full&sslrootcert=" + certificates.path("ca.pem"),
               testing::kafka());
    CHECK(finished.status != 0);
    CHECK_THAT(finished.errors, ContainsSubstring("elsewhere"));
}

TEST_CASE("brokers are reached by TLS, with PLAIN and with SCRAM", "[outage]") {
    const Certificates certificates;
    const PrivateKafka broker({"TIDEWHEEL_KAFKA_HEAP=256m", "TIDEWHEEL_KAFKA_PASSWORD=right",
                               "TIDEWHEEL_STACK_KAFKA_PEM=" + certificates.path("server.both")});
    const std::string authority = "ssl.ca.location=" + certificates.path("ca.pem");
    const auto over_tls = [&](const std::string& mechanism, const std::string& password) {
        kafka::ClientSettings kafka = broker.settings();
        kafka.brokers = broker.checked_tls_address();
        kafka.options = {"security.protocol=SASL_SSL", authority, "sasl.mechanisms=" + mechanism,
                         "sasl.username=tidewheel", "sasl.password=" + password};
        return kafka;
    };
    TemporaryDatabase database;

    kafka::ClientSettings encrypted = broker.settings();
    encrypted.brokers = broker.tls_address();
    encrypted.options = {"security.protocol=SSL", authority};
    check_works(database.url(), encrypted);
    encrypted.options[1] = "ssl.ca.location=" + certificates.path("stranger.pem");
    CHECK_THAT(status(database.url(), encrypted).errors,
               ContainsSubstring("certificate verify failed"));

    check_works(TemporaryDatabase().url(), over_tls("PLAIN", "right"));
    const Finished mistaken = status(database.url(), over_tls("PLAIN", "mistaken"));
    CHECK(mistaken.status == usage);
    CHECK_THAT(mistaken.errors,
               ContainsSubstring("Check the user, the password") && !ContainsSubstring("mistaken"));

    const kafka::ClientSettings scram = over_tls("SCRAM-SHA-512", "right");
    if (scram_works()) return check_works(TemporaryDatabase().url(), scram);
    const Finished refused = status(database.url(), scram);
    CHECK(refused.status == usage);
    CHECK_THAT(refused.errors, ContainsSubstring("older than 2.6.1") &&
                                   ContainsSubstring("./dev setup --librdkafka") &&
                                   ContainsSubstring("docs/how-to/own-servers.md"));
}
