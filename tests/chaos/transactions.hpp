#pragma once
#include <cstdint>
#include <string>

#include "chaos/ledger.hpp"
#include "tidewheel/kafka/client.hpp"

namespace tidewheel::chaos {

// The producer of transactions is a program of its own (chaos transact): librdkafka 2.0 asserts
// when a broker dies under an open transaction, and dying is one of the things that it does here
// anyway. It writes a journal to standard output, each line before what it tells of is done or
// after it is certain:
//
//     open FIRST COUNT   these numbers will be sent
//     ending             COMMIT is sent: the outcome is unknown from now on
//     committed          Kafka has said so
//
// SIGUSR1 keeps the next transaction open until SIGUSR2; SIGTERM ends it, with no transaction left
// open.
int transact(const kafka::ClientSettings& settings, const std::string& topic, std::uint64_t seed,
             std::int64_t first);

// Enters into the ledger what a journal says. A last line that was cut short doesn't count. Returns
// the first number that is still free.
std::int64_t enter_journal(const std::string& journal, std::int64_t first, Ledger& ledger);

}  // namespace tidewheel::chaos
