-- Publishes to a topic, or touches it where there are no events. Everything happens at once.
--
-- KEYS  1 the entries (stream), 2 where the topic stands (hash: run, born, seq, bytes, lives),
--       3 given ids (hash: id -> place)
-- ARGV  1 the latest life that the caller knows, 2 a random number from 0 to 999,
--       3 events to keep, 4 bytes to keep, 5 seconds to keep the topic without a call,
--       6 and 7 the places that the caller holds ("" for none), then of each event four:
--       data, name, id, retry (name, id and retry "" for none)
-- Answers {"ok", born, seq, whether there was an earlier life} or {"taken", place}.

local LIVES = 64
local entries, meta, ids = KEYS[1], KEYS[2], KEYS[3]
local known, random = tonumber(ARGV[1]), tonumber(ARGV[2])
local keep_events, keep_bytes, keep_for = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
-- What an entry costs beside its data, roughly.
local OVERHEAD = 64

local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local has = redis.call('HMGET', meta, 'run', 'born', 'seq', 'bytes', 'lives')
local born, seq, bytes = tonumber(has[2] or 0), tonumber(has[3] or 0), tonumber(has[4] or 0)

-- Earlier lives, in the order in which they were noted: "born:seq born:seq".
local order, lives = {}, {}
for life, last in string.gmatch(has[5] or '', '(%d+):(%d+)') do
    life = tonumber(life)
    order[#order + 1] = life
    lives[life] = tonumber(last)
end

local function record(life, last)
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
for i = 6, 7 do
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

local function begin(least)
    if born > 0 then record(born, seq) end
    local now = redis.call('TIME')
    now = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
    born = math.max(now, born + 1, known + 1, least) + random
    seq, run = 0, run
end

local function write()
    local past = {}
    for _, life in ipairs(order) do past[#past + 1] = text(life) .. ':' .. text(lives[life]) end
    redis.call('HSET', meta, 'run', run, 'born', text(born), 'seq', text(seq),
        'bytes', text(bytes), 'lives', table.concat(past, ' '))
    for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, keep_for) end
end

if has[1] ~= run or known > born or is_missing then begin(0) end
-- Somebody wrote an entry by hand that sorts behind ours: places have to sort behind it too.
local top = redis.call('XREVRANGE', entries, '+', '-', 'COUNT', 1)[1]
if top then
    local life, last = string.match(top[1], '^(%d+)-(%d+)$')
    life, last = tonumber(life), tonumber(last)
    if life > born or (life == born and last > seq) then begin(life + 1) end
end

local events = (#ARGV - 7) / 4
for n = 0, events - 1 do
    local id = ARGV[7 + 4 * n + 3]
    local place = id ~= '' and redis.call('HGET', ids, id)
    if place then
        write()
        return { 'taken', place }
    end
end

for n = 0, events - 1 do
    local at = 7 + 4 * n
    local data, name, id, retry = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
    seq = seq + 1
    local place = text(born) .. '-' .. text(seq)
    local fields = { 'd', data }
    for field, value in pairs({ e = name, i = id, r = retry }) do
        if value ~= '' then
            fields[#fields + 1] = field
            fields[#fields + 1] = value
        end
    end
    redis.call('XADD', entries, place, unpack(fields))
    if id ~= '' then redis.call('HSET', ids, id, place) end
    bytes = bytes + #data + #name + #id + OVERHEAD
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
