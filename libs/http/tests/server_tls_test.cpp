// A server that speaks https.
#include <atomic>
#include <filesystem>
#include <functional>

#include "sample_server.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/http/client.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/certificates.hpp"

using namespace tidewheel;
using namespace tidewheel::http;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string names = "DNS:localhost,IP:127.0.0.1";

CertificateFiles files_of(const testing::CertificateFolder& folder, const std::string& name) {
    return {folder.path(name + ".pem"), folder.path(name + ".key")};
}

FetchOptions trusting(const testing::CertificateFolder& folder) {
    FetchOptions options;
    options.reach.ca_file = folder.path("ca.pem");
    return options;
}

std::string refusal(const CertificateFiles& files) {
    Server server("127.0.0.1:0");
    try {
        server.use_tls(files);
    } catch (const Error& error) {
        CHECK(error.kind() == Error::Kind::setting);
        return error.what();
    }
    return "none";
}

bool within_ten_seconds(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!condition())
        if (std::chrono::steady_clock::now() > end) return false;
    return true;
}

void copy(const CertificateFiles& from, const CertificateFiles& to) {
    constexpr auto over = std::filesystem::copy_options::overwrite_existing;
    std::filesystem::copy_file(from.chain_file, to.chain_file, over);
    std::filesystem::copy_file(from.key_file, to.key_file, over);
}

}  // namespace

TEST_CASE("A server with a certificate answers by https, large answers too") {
    testing::CertificateFolder folder;
    folder.sign("server", names);
    const auto server = make_server();
    const std::string large(3'000'000, 'x');
    server->route("GET", "/large", [&](const Request&) { return text(large); });
    server->use_tls(files_of(folder, "server"));
    server->start();
    CHECK(server->url().starts_with("https://127.0.0.1:"));
    CHECK(get(server->url() + "/hello", {}, trusting(folder)).body == "hello\n");
    CHECK(get(server->url() + "/large", {}, trusting(folder)).body == large);
    CHECK(get(server->url() + "/nowhere", {}, trusting(folder)).status == 404);
    CHECK_THROWS_AS(get(server->url() + "/hello", {}, {}), Error);  // not trusted
}

TEST_CASE("A client that doesn't speak TLS gets nothing, and one that says nothing is cut off") {
    testing::CertificateFolder folder;
    folder.sign("server", names);
    ServerLimits limits;
    limits.header_timeout = 200ms;
    const auto server = make_server(limits);
    server->use_tls(files_of(folder, "server"));
    server->start();
    CHECK_THAT(converse(*server, get_hello_and_close), !ContainsSubstring("hello"));
    Connection silent(server->port());
    silent.read_all();
    CHECK(silent.closed());
    CHECK(get(server->url() + "/hello", {}, trusting(folder)).status == 200);
}

TEST_CASE("Files that can't be used are named, and so is a certificate out of its time") {
    testing::CertificateFolder folder;
    folder.sign("server", names);
    folder.sign("other", names);
    folder.sign("expired", names, -1);
    CertificateFiles files = files_of(folder, "server");
    CHECK_THAT(refusal({folder.path("none"), files.key_file}),
               ContainsSubstring("can't read the certificate " + folder.path("none")));
    CHECK_THAT(refusal({files.key_file, files.key_file}),
               ContainsSubstring("can't use the certificate " + files.key_file));
    CHECK_THAT(refusal({files.chain_file, folder.path("other.key")}),
               ContainsSubstring("can't use the key " + folder.path("other.key")));
    CHECK_THAT(refusal(files_of(folder, "expired")), ContainsSubstring("has expired"));
}

TEST_CASE("A renewed certificate is taken up, and a broken one is not") {
    testing::CertificateFolder folder;
    folder.sign("old", names);
    folder.sign("server", "DNS:elsewhere.example");
    const CertificateFiles files = files_of(folder, "server");
    const auto server = make_server();
    std::atomic<int> reports = 0;
    server->on_error([&](const std::string&) { ++reports; });
    server->use_tls(files);
    server->start();
    const auto works = [&] {
        try {
            return get(server->url() + "/hello", {}, trusting(folder)).status == 200;
        } catch (const Error&) {
            return false;
        }
    };
    CHECK_FALSE(works());  // it is of another host
    copy(files_of(folder, "old"), files);
    CHECK(within_ten_seconds(works));
    std::filesystem::copy_file(folder.path("ca.key"), files.key_file,
                               std::filesystem::copy_options::overwrite_existing);
    CHECK(within_ten_seconds([&] { return works() && reports > 0; }));
    CHECK(works());
}
