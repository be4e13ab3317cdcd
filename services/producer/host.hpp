#pragma once
#include <string>

namespace tidewheel::producer {

// This machine as the network knows it. Asks the resolver, so it may take seconds: once, at the
// start of a program.
struct Host {
    std::string fqdn;  // the plain host name where the resolver knows no more
    std::string ip;    // 127.0.0.1 where it knows none
};

Host this_host();

}  // namespace tidewheel::producer
