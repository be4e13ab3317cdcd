#pragma once
#include <chrono>
#include <string>

#include "tidewheel/catalogue/sinks.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/sql/redis_options.hpp"

namespace tidewheel::cache {

// What a sink of SERVER redis says, as PostgreSQL understands it.
struct CacheOptions {
    std::string uid;  // what no other sink has
    sql::RedisUrl url;
    std::string password_file;         // the name of a file; empty: none
    std::chrono::milliseconds ttl{0};  // 0: keys don't expire
    std::string form;                  // other options that change what is written have another
};

// Throws DatabaseError.
CacheOptions read_options(postgres::Transaction& transaction, const catalogue::StoredSink& sink);

}  // namespace tidewheel::cache
