#include "tidewheel/http/private_address.hpp"

#include "tidewheel/testing/catch.hpp"

using tidewheel::http::is_private_address;

TEST_CASE("Addresses that only a host or its network reaches are private, in whatever form") {
    for (const char* address : {"127.0.0.1",
                                "127.8.9.1",
                                "10.1.2.3",
                                "172.16.0.1",
                                "172.31.255.255",
                                "192.168.1.1",
                                "169.254.169.254",
                                "100.64.0.1",
                                "0.0.0.0",
                                "224.0.0.1",
                                "255.255.255.255",
                                "::1",
                                "::",
                                "fe80::1",
                                "fc00::1",
                                "fd12::1",
                                "ff02::1",
                                "::ffff:127.0.0.1",
                                "::ffff:10.0.0.1",
                                "64:ff9b::10.0.0.1",
                                "2002:a00:1::",
                                "::127.0.0.1"}) {
        INFO(address);
        CHECK(is_private_address(address));
    }
    for (const char* address : {"1.1.1.1", "172.32.0.1", "192.169.0.1", "100.128.0.1", "8.8.8.8",
                                "2606:4700::1111", "::ffff:8.8.8.8", "2002:808:808::"}) {
        INFO(address);
        CHECK_FALSE(is_private_address(address));
    }
}
