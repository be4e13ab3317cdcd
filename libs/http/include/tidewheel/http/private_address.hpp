#pragma once
#include <string>

namespace tidewheel::http {

// Whether the text of an address is one that only its own host or network reaches: loopback,
// link-local, private (RFC 1918, RFC 4193), shared (RFC 6598), multicast, unspecified; also where
// IPv6 wraps such an IPv4 address.
bool is_private_address(const std::string& address);

}  // namespace tidewheel::http
