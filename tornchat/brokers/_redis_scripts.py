"""What happens inside Redis, in one step each.

All keys begin with one prefix in braces, so that a Redis Cluster keeps them on one node:

    meta      hash: last and first sequence, bytes kept, the run of Redis that we know
    log       stream: every event, its id `<sequence>-0`
    epochs    list: `<began>:<name>`, see _epochs.py
    rooms     sorted set: rooms of which something is kept, by their last sequence
    room:R    stream without fields: the sequences of room R
    removed   sorted set: rooms by the last sequence that retention has taken, see _trimmed.py
    key:K     what was answered to the Idempotency-Key K
    live      stream: what is relayed and not kept
    saved:N   what was saved under the name N
    lease:N   the process to which N is leased, for so long
    presence  hash: of each process a time and its listeners room by room, see `Broker.announce`
"""

from __future__ import annotations

PREFIX = "{tornchat}:"

COMMON = """
local prefix = KEYS[1]
local meta, log, epochs = prefix .. 'meta', prefix .. 'log', prefix .. 'epochs'
local function number(field, default) return tonumber(redis.call('HGET', meta, field) or default) end
local function id(sequence) return string.format('%.0f-0', sequence) end
local function sequence(id) return tonumber(string.match(id, '^%d+')) end
local function weight(entry) local size = 100; for i = 1, #entry do size = size + #entry[i] end; return size end
"""

# name and run → all epochs, the last sequence. Another run of Redis begins another epoch: it may have lost its end.
OPEN = (
    COMMON
    + """
local last = number('last', 0)
if redis.call('EXISTS', epochs) == 0 or redis.call('HGET', meta, 'run') ~= ARGV[2] then
  redis.call('RPUSH', epochs, string.format('%.0f:%s', last, ARGV[1]))
  redis.call('LTRIM', epochs, -1000, -1)
  redis.call('HSET', meta, 'run', ARGV[2])
end
return {redis.call('LRANGE', epochs, 0, -1), last}
"""
)

# The present epoch, the life of a key in seconds, then for each request: its key, the number of its events, and
# of each: room, type, at, data → for each request a line `sequence room at` for each event; nothing if the epoch is
# another.
PUBLISH = (
    COMMON
    + """
if redis.call('LINDEX', epochs, -1) ~= ARGV[1] then return false end
local answers, bytes, i = {}, 0, 3
while i <= #ARGV do
  local key, count = ARGV[i], tonumber(ARGV[i + 1])
  local answer = key ~= '' and redis.call('GET', prefix .. 'key:' .. key)
  i = i + 2
  if not answer then
    local last = redis.call('HINCRBY', meta, 'last', count)
    local lines = {}
    for n = 0, count - 1 do
      local at = i + 4 * n
      local seq, room = last - count + 1 + n, ARGV[at]
      local entry = {'room', room, 'type', ARGV[at + 1], 'at', ARGV[at + 2], 'data', ARGV[at + 3]}
      redis.call('XADD', log, id(seq), unpack(entry))
      redis.call('XADD', prefix .. 'room:' .. room, id(seq), '', '')
      redis.call('ZADD', prefix .. 'rooms', seq, room)
      bytes = bytes + weight(entry)
      lines[n + 1] = string.format('%.0f %s %s', seq, room, ARGV[at + 2])
    end
    answer = table.concat(lines, '\\n')
    if key ~= '' then redis.call('SET', prefix .. 'key:' .. key, answer, 'EX', ARGV[2]) end
  end
  i = i + 4 * count
  answers[#answers + 1] = answer
end
redis.call('HINCRBY', meta, 'bytes', bytes)
return answers
"""
)

# Count, bytes and age that history may have, how much to remove at once, how many rooms to remember → the first
# sequence that is kept, and how many were removed.
TRIM = (
    COMMON
    + """
local first, last, bytes = number('first', 1), number('last', 0), number('bytes', 0)
local removed, count = {}, 0
for _, entry in ipairs(redis.call('XRANGE', log, '-', '+', 'COUNT', ARGV[4])) do
  local fields = entry[2]
  if last - first < tonumber(ARGV[1]) and bytes <= tonumber(ARGV[2]) and fields[6] >= ARGV[3] then break end
  removed[fields[2]] = first
  bytes, first, count = bytes - weight(fields), first + 1, count + 1
end
if count > 0 then
  redis.call('XTRIM', log, 'MINID', id(first))
  redis.call('HSET', meta, 'first', id(first):sub(1, -3), 'bytes', bytes)
  for room, seq in pairs(removed) do
    local stream = prefix .. 'room:' .. room
    redis.call('XTRIM', stream, 'MINID', id(first))
    if redis.call('XLEN', stream) == 0 then
      redis.call('DEL', stream)
      redis.call('ZREM', prefix .. 'rooms', room)
    end
    redis.call('ZADD', prefix .. 'removed', seq, room)
  end
  local excess = redis.call('ZCARD', prefix .. 'removed') - tonumber(ARGV[5])
  if excess > 0 then
    local forgotten = redis.call('ZPOPMIN', prefix .. 'removed', excess)
    redis.call('HSET', meta, 'elsewhere', forgotten[#forgotten])
  end
end
return {first, count}
"""
)

# After and up to which sequence, how many events and bytes, then the rooms, none for all → the first sequence kept;
# up to which what other rooms have lost is not known; of which rooms the last was removed when; the entries.
PAGE = (
    COMMON
    + """
local after, last, most, room_for = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local entries = {}
local function take(entry)
  entries[#entries + 1] = entry
  room_for = room_for - weight(entry[2])
  return #entries < most and room_for > 0
end
if #ARGV == 4 then
  local more = true
  while more do
    local some = redis.call('XRANGE', log, id(after + 1), id(last), 'COUNT', 50)
    more = #some > 0
    for _, entry in ipairs(some) do
      more = take(entry)
      if not more then break end
      after = sequence(entry[1])
    end
  end
else
  local found = {}
  for r = 5, #ARGV do
    local room = prefix .. 'room:' .. ARGV[r]
    for _, entry in ipairs(redis.call('XRANGE', room, id(after + 1), id(last), 'COUNT', most)) do
      found[#found + 1] = sequence(entry[1])
    end
  end
  table.sort(found)
  for _, seq in ipairs(found) do
    if not take(redis.call('XRANGE', log, id(seq), id(seq))[1]) then break end
  end
end
local removed = redis.call('ZREVRANGE', prefix .. 'removed', 0, #ARGV - 4, 'WITHSCORES')
for r = 5, #ARGV do
  local score = redis.call('ZSCORE', prefix .. 'removed', ARGV[r])
  if score then removed[#removed + 1] = ARGV[r]; removed[#removed + 1] = score end
end
return {number('first', 1), number('elsewhere', 0), removed, entries}
"""
)

# How many rooms → of each a name, its last sequence, how many events of it are kept; those last spoken in first.
ROOMS = (
    COMMON
    + """
local rooms, answer = redis.call('ZREVRANGE', prefix .. 'rooms', 0, ARGV[1] - 1, 'WITHSCORES'), {}
for i = 1, #rooms, 2 do
  answer[#answer + 1] = {rooms[i], rooms[i + 1], redis.call('XLEN', prefix .. 'room:' .. rooms[i])}
end
return answer
"""
)

# A process, its listeners as JSON or nothing at its end, and for how many seconds that counts → those of all.
PRESENCE = (
    COMMON
    + """
local presence, now, answer = prefix .. 'presence', tonumber(redis.call('TIME')[1]), {}
if ARGV[2] == '' then redis.call('HDEL', presence, ARGV[1])
else redis.call('HSET', presence, ARGV[1], now .. ' ' .. ARGV[2]) end
local all = redis.call('HGETALL', presence)
for i = 1, #all, 2 do
  local at, listeners = string.match(all[i + 1], '^(%d+) (.*)$')
  if now - at > tonumber(ARGV[3]) then redis.call('HDEL', presence, all[i])
  else answer[#answer + 1] = listeners end
end
return answer
"""
)

# A name, a process, and for how many ms → 1 if it is leased to that process. 0 ms: it gives it up.
LEASE = (
    COMMON
    + """
local lease = prefix .. 'lease:' .. ARGV[1]
local holder = redis.call('GET', lease)
if holder and holder ~= ARGV[2] then return 0 end
if ARGV[3] == '0' then redis.call('DEL', lease)
else redis.call('SET', lease, ARGV[2], 'PX', ARGV[3]) end
return 1
"""
)
