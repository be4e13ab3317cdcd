#pragma once
#include <string>
#include <string_view>

#include "tidewheel/engine/schema.hpp"

// The stream of pipelines/store_events.sql, as its DDL resolves.
namespace tidewheel::codec {

inline engine::Column column(std::string name, engine::Type type, bool not_null = false) {
    engine::Column column;
    column.path = {name};
    column.name = std::move(name);
    column.type = std::move(type);
    column.not_null = not_null;
    return column;
}

inline engine::Type numeric(int precision, int scale) {
    return {engine::Kind::numeric, (precision << 16 | (scale & 0x7ff)) + 4,
            "numeric(" + std::to_string(precision) + "," + std::to_string(scale) + ")"};
}

inline engine::Type varchar(int length) {
    return {engine::Kind::varchar, length + 4, "character varying(" + std::to_string(length) + ")"};
}

inline engine::Schema store_events() {
    using engine::Kind;
    const engine::Type text{Kind::text, -1, "text"}, integer{Kind::int32, -1, "integer"},
        boolean{Kind::boolean, -1, "boolean"}, uuid{Kind::uuid, -1, "uuid"},
        timestamptz{Kind::timestamptz, -1, "timestamp with time zone"};
    engine::Schema schema;
    schema.columns = {
        column("id", uuid, true),           column("request_id", uuid, true),
        column("event_type", text, true),   column("store_id", integer, true),
        column("store_fqdn", text, true),   column("store_ip", text, true),
        column("cust_id", integer, true),   column("category", text, true),
        column("sku", integer, true),       column("price", numeric(10, 2), true),
        column("qty", integer, true),       column("discount", numeric(5, 2), true),
        column("gift_wrap", boolean, true), column("priority_shipping", boolean, true),
        column("variant", text, true),      column("ts", timestamptz, true),
        column("contact_me", text, true),   column("is_return", boolean),
    };
    schema.event_time = schema.find("ts");
    schema.needed.assign(schema.columns.size(), true);
    return schema;
}

inline constexpr std::string_view sale =
    R"({"id": "6e0a1c1e-7f5d-4d0a-9f5c-3b1f0d9c2a11", "request_id": "6e0a1c1e-7f5d-4d0a-9f5c-3b1f0d9c2a11", )"
    R"("event_type": "sale_event", "store_id": 4, "store_fqdn": "store-4.example.com", "store_ip": "10.0.0.4", )"
    R"("cust_id": 321, "category": "Books", "sku": 40217, "price": 47.11, "qty": 3, "discount": 25, )"
    R"("gift_wrap": true, "priority_shipping": false, "variant": "red", "ts": "2024-05-06T07:08:09.123456", )"
    R"("contact_me": "github.com/miztiik", "is_return": true})";

}  // namespace tidewheel::codec
