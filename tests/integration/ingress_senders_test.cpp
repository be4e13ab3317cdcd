// Who may send records by HTTP: TLS, and requests that are signed.
#include <fstream>

#include "applied.hpp"
#include "ingress_service.hpp"
#include "tidewheel/core/clock.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/certificates.hpp"
#include "tidewheel/testing/surroundings.hpp"

using namespace tidewheel;
using Catch::Matchers::ContainsSubstring;
using testing::Ingress;
using testing::stored_in;

namespace {

std::string pipeline(const std::string& options) {
    return "CREATE FOREIGN TABLE s (id text NOT NULL, request text OPTIONS (header "
           "'Idempotency-Key')) SERVER kafka OPTIONS (topic '{topic}', partitions '1', ingress "
           "'/s'" +
           options + ");";
}

// The status of a POST by curl.
std::string curl(const std::string& url, std::vector<std::string> more) {
    std::vector<std::string> command{"curl", "-s", "-o", "/dev/null", "-w", "%{http_code}"};
    command.insert(command.end(), more.begin(), more.end());
    command.insert(command.end(),
                   {"-H", "Content-Type: application/json", "-d", "{\"id\":\"a\"}", url + "/s"});
    return testing::run(command, {}, std::chrono::seconds(30)).output;
}

}  // namespace

TEST_CASE("With a certificate the ingress takes records by https, and by nothing else") {
    const testing::Deployment site;
    testing::require_applied(site, pipeline(""));
    testing::CertificateFolder certificates;
    certificates.sign("server", "DNS:localhost,IP:127.0.0.1");
    const Ingress ingress(site,
                          {"TIDEWHEEL_INGRESS_CERTIFICATE_FILE=" + certificates.path("server.pem"),
                           "TIDEWHEEL_INGRESS_KEY_FILE=" + certificates.path("server.key")});
    REQUIRE(ingress.url().starts_with("https://"));
    CHECK(curl(ingress.url(), {"--cacert", certificates.path("ca.pem")}) == "202");
    CHECK(curl(ingress.url(), {}) == "000");  // not trusted
    CHECK(curl("http" + ingress.url().substr(5), {}) == "000");
    CHECK(stored_in(site.kafka(), site.topic()).size() == 1);
}

TEST_CASE("An ingress whose certificate can't be used doesn't start, and says why") {
    const testing::Deployment site;
    testing::require_applied(site, pipeline(""));
    const auto refusal = [&](std::vector<std::string> environment) {
        environment.emplace_back("TIDEWHEEL_INGRESS_LISTEN=127.0.0.1:0");
        const auto process = site.start("tidewheel-ingress", environment);
        CHECK(process->wait() == 2);
        return process->errors();
    };
    CHECK_THAT(refusal({"TIDEWHEEL_INGRESS_CERTIFICATE_FILE=/nowhere.pem"}),
               ContainsSubstring("can't read the certificate /nowhere.pem"));
    CHECK_THAT(refusal({"TIDEWHEEL_INGRESS_KEY_FILE=/nowhere.key"}),
               ContainsSubstring("ingress_key_file without ingress_certificate_file"));
}

// Signed by the program openssl, as the page shows it.
TEST_CASE("A stream with secrets takes only what is signed by one of them") {
    const testing::Deployment site;
    testing::require_applied(site, pipeline(", ingress_secrets 'till'"));
    const testing::TemporaryFile secret("a-secret-of-the-till");
    const std::filesystem::path file = secret.path(), folder = file.string() + ".d";
    std::filesystem::create_directory(folder);
    Ingress ingress(site, {"TIDEWHEEL_INGRESS_SECRETS=" + folder.string()});
    const auto send = [&](const std::string& key, const std::string& time) {
        const auto signature = testing::run({"bash", "-c",
                                             "printf %s \"msg_7.$TIME.{\\\"id\\\":\\\"a\\\"}\" | "
                                             "openssl dgst -sha256 -hmac \"$KEY\" "
                                             "-binary | base64 -w0"},
                                            {"TIME=" + time, "KEY=" + key});
        return curl(ingress.url(), {"-H", "webhook-id: msg_7", "-H", "webhook-timestamp: " + time,
                                    "-H", "webhook-signature: v1," + signature.output});
    };
    const std::string now = std::to_string(unix_time());
    CHECK(send("a-secret-of-the-till", now) == "503");  // the file isn't there yet
    CHECK_THAT(ingress.process().errors(), ContainsSubstring("no signature can be checked"));
    std::filesystem::copy_file(file, folder / "till");
    CHECK(send("a-secret-of-the-till", now) == "202");
    CHECK(send("another", now) == "401");
    CHECK(send("a-secret-of-the-till", std::to_string(unix_time() - 400)) == "401");
    CHECK(curl(ingress.url(), {}) == "401");
    const auto stored = stored_in(site.kafka(), site.topic());
    REQUIRE(stored.size() == 1);
    CHECK(stored.front().headers.at("Idempotency-Key") == "msg_7");
    std::filesystem::remove_all(folder);
}
