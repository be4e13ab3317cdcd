#pragma once
#include <boost/asio/ssl.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "asio.hpp"
#include "tidewheel/http/server.hpp"

namespace tidewheel::http {

// A server's certificate, as its files hold it now.
class ServerCertificate {
  public:
    // Throws Error (setting) when the files can't be used.
    explicit ServerCertificate(CertificateFiles files);

    // For the next connection. The files are looked at once a second at most; while new ones can't
    // be used, the old certificate stays, and `report` is told once.
    std::shared_ptr<asio::ssl::context> context(
        const std::function<void(const std::string&)>& report);

  private:
    struct Written {
        std::filesystem::file_time_type chain, key;
        bool operator==(const Written&) const = default;
    };

    Written written() const;
    std::shared_ptr<asio::ssl::context> load() const;

    CertificateFiles files_;
    Written written_;
    std::shared_ptr<asio::ssl::context> context_;
    std::chrono::steady_clock::time_point looked_;
    std::string complaint_;
};

}  // namespace tidewheel::http
