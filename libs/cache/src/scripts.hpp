#pragma once
#include <string_view>

// What Redis does in one step, in Lua. A sink has two keys of its own:
//   tidewheel:UID       a hash; for each lane its mark, and, as "LANE until", what is still to be
//                       swept: when the lane has come so far, keys of earlier generations go
//   tidewheel:UID:keys  a hash: for each key that the sink has written, the lane and its generation
// Each script does nothing if the lane's mark is not the expected one, and returns the one that is
// there; else it returns the status OK, or, from a scan, where it is to go on.
namespace tidewheel::cache::scripts {

// KEYS: the marks. ARGV: the lane, the expected mark or '', the new mark, until.
inline constexpr std::string_view begin = R"(
local at = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if at ~= ARGV[2] then return at end
redis.call('HSET', KEYS[1], ARGV[1] .. ' until', ARGV[4])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return redis.status_reply('OK')
)";

// KEYS: the marks, the keys written, and the key of each row. ARGV: the lane, the expected mark, the
// new mark, the owner (lane and generation), the time to live in milliseconds or 0, a letter for
// each row (s: set, d: delete), and the value of each row.
inline constexpr std::string_view write = R"(
local at = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if at ~= ARGV[2] then return at end
for i = 3, #KEYS do
  local row = i - 2
  if string.sub(ARGV[6], row, row) == 'd' then
    redis.call('DEL', KEYS[i])
    redis.call('HDEL', KEYS[2], KEYS[i])
  else
    if ARGV[5] == '0' then
      redis.call('SET', KEYS[i], ARGV[6 + row])
    else
      redis.call('SET', KEYS[i], ARGV[6 + row], 'PX', ARGV[5])
    end
    redis.call('HSET', KEYS[2], KEYS[i], ARGV[4])
  end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return redis.status_reply('OK')
)";

// Deletes some of the keys that this lane wrote in an earlier generation. KEYS: the marks, the keys
// written. ARGV: the lane, the expected mark, the owner, where to go on, how many to look at.
inline constexpr std::string_view sweep = R"(
local at = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if at ~= ARGV[2] then return at end
local found = redis.call('HSCAN', KEYS[2], ARGV[4], 'COUNT', ARGV[5])
local mine = ARGV[1] .. ' '
for i = 1, #found[2], 2 do
  local key, owner = found[2][i], found[2][i + 1]
  if string.sub(owner, 1, #mine) == mine and owner ~= ARGV[3] then
    redis.call('DEL', key)
    redis.call('HDEL', KEYS[2], key)
  end
end
if found[1] == '0' then redis.call('HDEL', KEYS[1], ARGV[1] .. ' until') end
return redis.status_reply(found[1])
)";

}  // namespace tidewheel::cache::scripts
