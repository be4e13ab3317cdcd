#pragma once
#include <string>

#include "tidewheel/core/text.hpp"

// Records as fastavro 1.13.1 has written them, without framing.
namespace tidewheel::codec::test {

// Every type but the nanoseconds and the duration, which it can't write.
inline const std::string every_type =
    R"({"type":"record","name":"Every","namespace":"shop","fields":[{"name":"b","type":"boolean)"
    R"("},{"name":"i","type":"int"},{"name":"l","type":"long"},{"name":"f","type":"float"},{"na)"
    R"(me":"d","type":"double"},{"name":"s","type":"string"},{"name":"y","type":"bytes"},{"name)"
    R"(":"x","type":{"type":"fixed","name":"Four","size":4}},{"name":"e","type":{"type":"enum",)"
    R"("name":"Suit","symbols":["HEARTS","SPADES"]}},{"name":"n","type":{"type":"bytes","logica)"
    R"(lType":"decimal","precision":12,"scale":3}},{"name":"u","type":{"type":"string","logical)"
    R"(Type":"uuid"}},{"name":"da","type":{"type":"int","logicalType":"date"}},{"name":"tm","ty)"
    R"(pe":{"type":"int","logicalType":"time-millis"}},{"name":"tu","type":{"type":"long","logi)"
    R"(calType":"time-micros"}},{"name":"ts","type":{"type":"long","logicalType":"timestamp-mil)"
    R"(lis"}},{"name":"tsu","type":{"type":"long","logicalType":"timestamp-micros"}},{"name":"l)"
    R"(t","type":{"type":"long","logicalType":"local-timestamp-millis"}},{"name":"o","type":["n)"
    R"(ull","string"]},{"name":"a","type":{"type":"array","items":"int"}},{"name":"m","type":{")"
    R"(type":"map","values":["null","double"]}},{"name":"r","type":{"type":"record","name":"Cus)"
    R"(tomer","fields":[{"name":"id","type":"long"},{"name":"name","type":["null","string"],"de)"
    R"(fault":null},{"name":"twin","type":["null","Customer"]}]}}]})";
inline const std::string every_type_record = from_hex(
    "010d80c8afa025cdcccc3d0000000000000440105a6fc3ab202271220400ff616263640204cfcc4861306565"
    "626339392d396330622d346566382d626236642d36626239626433383061313192b602c6f0bf1880aa87b3bf"
    "01c6e0d9cbe96301d0ded9cbe963000402030004026b02000000000000f83f027a00001202026e02140000");

// The store event of store_events.hpp.
inline const std::string store_event =
    R"({"type":"record","name":"StoreEvent","fields":[{"name":"id","type":{"type":"string","log)"
    R"(icalType":"uuid"}},{"name":"request_id","type":{"type":"string","logicalType":"uuid"}},{)"
    R"("name":"event_type","type":"string"},{"name":"store_id","type":"int"},{"name":"store_fqd)"
    R"(n","type":"string"},{"name":"store_ip","type":"string"},{"name":"cust_id","type":"int"},)"
    R"({"name":"category","type":"string"},{"name":"sku","type":"int"},{"name":"price","type":{)"
    R"("type":"bytes","logicalType":"decimal","precision":10,"scale":2}},{"name":"qty","type":")"
    R"(int"},{"name":"discount","type":"double"},{"name":"gift_wrap","type":"boolean"},{"name":)"
    R"("priority_shipping","type":"boolean"},{"name":"variant","type":"string"},{"name":"ts","t)"
    R"(ype":{"type":"long","logicalType":"timestamp-micros"}},{"name":"contact_me","type":["nul)"
    R"(l","string"]},{"name":"is_return","type":["null","boolean"]}]})";
inline const std::string store_event_record = from_hex(
    "4836653061316331652d376635642d346430612d396635632d33623166306439633261313148366530613163"
    "31652d376635642d346430612d396635632d3362316630643963326131311473616c655f6576656e74082673"
    "746f72652d342e6578616d706c652e636f6d1031302e302e302e3482050a426f6f6b73b2f404041267060000"
    "00000000394001000672656480aa9ab5f7f08b0602246769746875622e636f6d2f6d697a7469696b0201");

}  // namespace tidewheel::codec::test
