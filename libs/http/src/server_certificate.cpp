#include "server_certificate.hpp"

#include "tidewheel/core/error.hpp"

namespace tidewheel::http {
namespace {

constexpr std::chrono::seconds look_every{1};

[[noreturn]] void refuse(const std::string& what, const std::string& hint) {
    throw Error(Error::Kind::setting, what, hint);
}

// OpenSSL takes a certificate whatever its time; clients don't.
void require_in_time(SSL_CTX* context, const std::string& file) {
    const X509* certificate = SSL_CTX_get0_certificate(context);
    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
        refuse("the certificate in " + file + " has expired", "Renew it; no client accepts it.");
    if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
        refuse("the certificate in " + file + " is not valid yet",
               "Check the clock of this machine, and when the certificate begins.");
}

}  // namespace

ServerCertificate::ServerCertificate(CertificateFiles files)
    : files_(std::move(files)),
      written_(written()),
      context_(load()),
      looked_(std::chrono::steady_clock::now()) {}

std::shared_ptr<asio::ssl::context> ServerCertificate::context(
    const std::function<void(const std::string&)>& report) {
    const auto now = std::chrono::steady_clock::now();
    if (now - looked_ < look_every) return context_;
    looked_ = now;
    try {
        // Asked for first: what is written while we read is read again.
        const Written written = this->written();
        if (written == written_) return context_;
        context_ = load();
        written_ = written;
        complaint_.clear();
    } catch (const Error& error) {
        if (complaint_ != error.what() && report) report(error.what());
        complaint_ = error.what();
    }
    return context_;
}

ServerCertificate::Written ServerCertificate::written() const {
    std::error_code error;
    Written written{std::filesystem::last_write_time(files_.chain_file, error), {}};
    if (error)
        refuse("can't read the certificate " + files_.chain_file + ": " + error.message(), "");
    written.key = std::filesystem::last_write_time(files_.key_file, error);
    if (error) refuse("can't read the key " + files_.key_file + ": " + error.message(), "");
    return written;
}

std::shared_ptr<asio::ssl::context> ServerCertificate::load() const {
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    boost::system::error_code error;
    context->use_certificate_chain_file(files_.chain_file, error);
    if (error)
        refuse("can't use the certificate " + files_.chain_file + ": " + error.message(),
               "The file must hold the server's certificate, and then those between it and the "
               "authority, in the form of PEM.");
    context->use_private_key_file(files_.key_file, asio::ssl::context::pem, error);
    if (error)
        refuse("can't use the key " + files_.key_file + ": " + error.message(),
               "The file must hold the key of the certificate in " + files_.chain_file +
                   ", in the form of PEM, without a passphrase.");
    require_in_time(context->native_handle(), files_.chain_file);
    return context;
}

}  // namespace tidewheel::http
