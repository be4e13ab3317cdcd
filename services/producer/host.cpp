#include "producer/host.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

namespace tidewheel::producer {

Host this_host() {
    char name[256] = "localhost";
    gethostname(name, sizeof(name) - 1);
    Host host{name, "127.0.0.1"};

    addrinfo hints{};
    hints.ai_flags = AI_CANONNAME;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    if (getaddrinfo(name, nullptr, &hints, &list) != 0) return host;
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> found(list, freeaddrinfo);

    if (found->ai_canonname) host.fqdn = found->ai_canonname;
    char address[NI_MAXHOST];
    if (getnameinfo(found->ai_addr, found->ai_addrlen, address, sizeof(address), nullptr, 0,
                    NI_NUMERICHOST) == 0)
        host.ip = address;
    return host;
}

}  // namespace tidewheel::producer
