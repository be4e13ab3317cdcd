#pragma once
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace tidewheel::testing {

// An authority (ca.pem) and servers' certificates (NAME.pem, NAME.key) that it has signed, made by
// the program openssl, until the end of a test. Header-only: for unit tests.
class CertificateFolder {
  public:
    CertificateFolder() {
        std::string name =
            (std::filesystem::temp_directory_path() / "certificates-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
        folder_ = name;
        openssl("req -x509 " + new_key("ca") + " -days 2 -subj /CN=ca -out " + path("ca.pem"));
    }
    ~CertificateFolder() { std::filesystem::remove_all(folder_); }
    CertificateFolder(const CertificateFolder&) = delete;
    CertificateFolder& operator=(const CertificateFolder&) = delete;

    std::string path(const std::string& file) const { return (folder_ / file).string(); }
    // names: as subjectAltName takes them, "DNS:localhost,IP:127.0.0.1". days: -1 has expired.
    void sign(const std::string& name, const std::string& names, int days = 2) const {
        std::ofstream(path(name + ".names")) << "subjectAltName=" << names << '\n';
        openssl("req " + new_key(name) + " -subj /CN=" + name + " -out " + path(name + ".request"));
        openssl("x509 -req -days " + std::to_string(days) + " -in " + path(name + ".request") +
                " -CA " + path("ca.pem") + " -CAkey " + path("ca.key") +
                " -CAcreateserial -extfile " + path(name + ".names") + " -out " +
                path(name + ".pem"));
    }

  private:
    std::string new_key(const std::string& name) const {
        return "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " + path(name + ".key");
    }
    static void openssl(const std::string& arguments) {
        if (std::system(("openssl " + arguments + " 2>/dev/null").c_str()) != 0)
            throw std::runtime_error("openssl " + arguments);
    }

    std::filesystem::path folder_;
};

}  // namespace tidewheel::testing
