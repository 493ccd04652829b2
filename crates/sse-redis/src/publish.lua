-- Publishes to a topic, touches it where there are no events, or ends it. Everything happens at
-- once.
--
-- KEYS  1 the entries (stream), 2 where the topic stands (hash: run, born, seq, bytes, lives),
--       3 given ids (hash: id -> place), 4 the topics of this slot (sorted set: last use -> name)
-- ARGV  1 "put" or "end", 2 the topic's name, 3 the latest life that the caller knows, 4 a random
--       number below 100,000, 5 events to keep, 6 bytes to keep, 7 seconds to keep the topic without
--       a call, 8 topics of this slot to keep, 9 and 10 the places that the caller holds ("" for
--       none), then of each event four: data, name, id, retry (name, id and retry "" for none)
-- Answers {"ok", born, seq, whether there was an earlier life}, {"taken", place}, {"none"} where
-- there is no topic to end, {"full"} where there is no room for a new one, {"type", key} where that
-- key holds something else, or {"wide"} where a life would have more digits than ids have.

local LIVES = 64
-- A life has thirteen digits.
local LATEST = 9999999999999
-- The last five digits of a life are those of its process, see own_digits.
local PROCESSES = 100000
local FIRST_EVENT = 11
local entries, meta, ids, topics = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local name, known, random = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local keep_events, keep_bytes, keep_for = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
-- What an entry costs beside its data, roughly.
local OVERHEAD = 64

local function is_error(answer) return type(answer) == 'table' and answer.err end

-- What somebody else keeps under a key of ours stays as it is.
local has = redis.pcall('HMGET', meta, 'run', 'born', 'seq', 'bytes', 'lives')
if is_error(has) then return { 'type', meta } end
local newest = redis.pcall('XREVRANGE', entries, '+', '-', 'COUNT', 1)
if is_error(newest) then return { 'type', entries } end
if is_error(redis.pcall('HLEN', ids)) then return { 'type', ids } end
local is_listed = redis.pcall('ZSCORE', topics, name)
if is_error(is_listed) then return { 'type', topics } end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
if ARGV[1] == 'end' then
    if not has[1] and not newest[1] then return { 'none' } end
elseif not has[1] and not is_listed then
    redis.call('ZREMRANGEBYSCORE', topics, '-inf', '(' .. now - keep_for * 1000)
    if redis.call('ZCARD', topics) >= tonumber(ARGV[8]) then return { 'full' } end
end

local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local born, seq, bytes = tonumber(has[2] or 0), tonumber(has[3] or 0), tonumber(has[4] or 0)

-- Earlier lives, in the order in which they were noted: "born:seq born:seq".
local order, lives = {}, {}
for life, last in string.gmatch(has[5] or '', '(%d+):(%d+)') do
    life = tonumber(life)
    order[#order + 1] = life
    lives[life] = tonumber(last)
end

-- Whether there is more to write down than that the topic was used.
local is_changed = false

local function record(life, last)
    is_changed = true
    if not lives[life] then order[#order + 1] = life end
    lives[life] = math.max(last, lives[life] or 0)
    if #order > LIVES then lives[table.remove(order, 1)] = nil end
end

local function lacks(life, last)
    if life == born then return last > seq end
    if lives[life] then return last > lives[life] end
    -- Of lives older than the record nothing is concluded.
    if #order < LIVES then return true end
    local oldest = life
    for _, one in ipairs(order) do oldest = math.min(oldest, one) end
    return oldest < life
end

-- Each place that is missing is noted, so that it is told of once.
local missing, is_missing = {}, false
for i = 9, 10 do
    local life, last = string.match(ARGV[i], '^(%d+)-(%d+)$')
    life, last = tonumber(life or 0), tonumber(last or 0)
    if last > 0 and lacks(life, last) then
        missing[#missing + 1] = { life, last }
        -- Of a life that is later than ours the caller knows anyway.
        is_missing = is_missing or life <= born
    end
end
for _, place in ipairs(missing) do record(place[1], place[2]) end

local function text(number) return string.format('%.0f', number) end

-- Two masters can take events at once while a network is split. So that they never begin a life with
-- the same number, a process keeps the digits of its first life, and one that takes over draws
-- others than those of the lives that it knows of.
local owner = has[1]
local function own_digits()
    if owner == run then return born % PROCESSES end
    local used = { [known % PROCESSES] = true }
    for _, life in ipairs(order) do used[life % PROCESSES] = true end
    local digits = random
    while used[digits] do digits = (digits + 1) % PROCESSES end
    return digits
end

local function begin(least)
    if born > 0 then record(born, seq) end
    local digits = own_digits()
    local earliest = math.max(now, born + 1, known + 1, least)
    born = earliest + (digits - earliest) % PROCESSES
    seq = 0
    owner = run
    is_changed = true
end

-- Drops what is kept, and goes on behind it.
local function drop()
    begin(0)
    if born <= LATEST then redis.call('DEL', entries, ids) end
    bytes = 0
end

local function write()
    local past = {}
    for _, life in ipairs(order) do past[#past + 1] = text(life) .. ':' .. text(lives[life]) end
    if is_changed then
        redis.call('HSET', meta, 'run', run, 'born', text(born), 'seq', text(seq),
            'bytes', text(bytes), 'lives', table.concat(past, ' '))
    end
    -- A full engine refuses this. What is left is a write all the same, which a replica refuses.
    redis.pcall('ZADD', topics, now, name)
    for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, keep_for) end
end

-- Behind an entry that somebody wrote by hand: places have to sort behind it. One whose life is
-- wider than ours cannot be followed by any.
local function step_behind(place)
    local life, last = string.match(place, '^(%d+)-(%d+)$')
    life, last = tonumber(life), tonumber(last)
    if life > LATEST then
        drop()
    elseif life > born or (life == born and last > seq) then
        begin(life + 1)
    end
end

local is_end = ARGV[1] == 'end'
if not is_end and (owner ~= run or known > born or is_missing) then begin(0) end
if newest[1] then step_behind(newest[1][1]) end
if is_end then drop() end
if born > LATEST then return { 'wide' } end

if is_end then
    -- The readers wait for an entry. It is the place before the first event of its life.
    redis.call('XADD', entries, text(born) .. '-0', 'l', 'begins')
    bytes = OVERHEAD
    write()
    return { 'ok', text(born), text(seq), 1 }
end

local events = (#ARGV - FIRST_EVENT + 1) / 4
for n = 0, events - 1 do
    local id = ARGV[FIRST_EVENT + 4 * n + 2]
    local place = id ~= '' and redis.call('HGET', ids, id)
    if place then
        write()
        return { 'taken', place }
    end
end

for n = 0, events - 1 do
    local at = FIRST_EVENT + 4 * n
    local data, event, id, retry = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
    local fields = { 'd', data }
    for field, value in pairs({ e = event, i = id, r = retry }) do
        if value ~= '' then
            fields[#fields + 1] = field
            fields[#fields + 1] = value
        end
    end
    local place = text(born) .. '-' .. text(seq + 1)
    local added = redis.pcall('XADD', entries, place, unpack(fields))
    if is_error(added) and string.find(added.err, 'equal or smaller', 1, true) then
        -- Somebody wrote an entry by hand and deleted it, and the stream remembers.
        local about = redis.call('XINFO', 'STREAM', entries)
        for i = 1, #about, 2 do
            if about[i] == 'last-generated-id' then step_behind(about[i + 1]) end
        end
        if born > LATEST then return { 'wide' } end
        place = text(born) .. '-' .. text(seq + 1)
        added = redis.call('XADD', entries, place, unpack(fields))
    end
    if is_error(added) then return added end
    seq = seq + 1
    is_changed = true
    if id ~= '' then redis.call('HSET', ids, id, place) end
    bytes = bytes + #data + #event + #id + OVERHEAD
end

local kept = redis.call('XLEN', entries)
while events > 0 and kept > 1 and (kept > keep_events or bytes > keep_bytes) do
    local oldest = redis.call('XRANGE', entries, '-', '+', 'COUNT', 1)[1]
    local cost, id = OVERHEAD, nil
    for i = 1, #oldest[2], 2 do
        local field, value = oldest[2][i], oldest[2][i + 1]
        if field == 'd' or field == 'e' or field == 'i' then cost = cost + #value end
        if field == 'i' then id = value end
    end
    redis.call('XDEL', entries, oldest[1])
    if id and redis.call('HGET', ids, id) == oldest[1] then redis.call('HDEL', ids, id) end
    bytes = math.max(bytes - cost, 0)
    kept = kept - 1
end
write()
return { 'ok', text(born), text(seq), #order > 0 and 1 or 0 }
