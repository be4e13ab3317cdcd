#include "tidewheel/http/private_address.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <span>

namespace tidewheel::http {
namespace {

namespace ip = boost::asio::ip;

struct Network {
    std::uint32_t address;
    int bits;
};

// RFC 6890: what is not global.
constexpr Network private_networks[] = {
    {0x00000000, 8},   // "this network"
    {0x0a000000, 8},   // 10.0.0.0
    {0x64400000, 10},  // 100.64.0.0: shared
    {0x7f000000, 8},   // loopback
    {0xa9fe0000, 16},  // 169.254.0.0: link-local, cloud metadata
    {0xac100000, 12},  // 172.16.0.0
    {0xc0000000, 24},  // 192.0.0.0: protocol assignments
    {0xc0a80000, 16},  // 192.168.0.0
    {0xc6120000, 15},  // 198.18.0.0: benchmarks
    {0xe0000000, 3},   // multicast, reserved, broadcast
};

bool is_private(const ip::address_v4& address) {
    return std::ranges::any_of(private_networks, [&](const Network& network) {
        const int rest = 32 - network.bits;
        return address.to_uint() >> rest == network.address >> rest;
    });
}

ip::address_v4 wrapped(std::span<const unsigned char> bytes) {
    return ip::address_v4({bytes[0], bytes[1], bytes[2], bytes[3]});
}

bool is_private(const ip::address_v6& address) {
    const auto bytes = address.to_bytes();
    const std::span<const unsigned char> all(bytes);
    const auto starts = [&](std::initializer_list<unsigned char> prefix) {
        return std::equal(prefix.begin(), prefix.end(), bytes.begin());
    };
    const bool leading_zeros = std::all_of(bytes.begin(), bytes.begin() + 10,
                                           [](unsigned char byte) { return byte == 0; });
    if (leading_zeros) return address.is_v4_mapped() ? is_private(wrapped(all.subspan(12))) : true;
    if (starts({0x00, 0x64, 0xff, 0x9b})) return is_private(wrapped(all.subspan(12)));  // NAT64
    if (starts({0x20, 0x02})) return is_private(wrapped(all.subspan(2)));               // 6to4
    return (bytes[0] & 0xe0) != 0x20;  // outside of 2000::/3 nothing is global unicast
}

}  // namespace

bool is_private_address(const std::string& text) {
    const ip::address address = ip::make_address(text);
    return address.is_v4() ? is_private(address.to_v4()) : is_private(address.to_v6());
}

}  // namespace tidewheel::http
