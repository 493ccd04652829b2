-- Says what one node is and counts, and answers what all nodes said lately.
--
-- KEYS  1 the nodes (hash: id -> when, and what it said)
-- ARGV  1 the id of the node, 2 what it says, 3 for how many milliseconds that holds
-- Answers id and what it said, of one node after the other, this one first.

local MOST = 256
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local ttl = tonumber(ARGV[3])
local answer = { ARGV[1], ARGV[2] }
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
    local id, at, text = all[i], string.match(all[i + 1], '^(%d+)\n(.*)$')
    -- Of a time that is yet to come, too: the clock of another master.
    if not at or math.abs(now - tonumber(at)) > ttl then
        redis.call('HDEL', KEYS[1], id)
    elseif id ~= ARGV[1] and #answer < 2 * MOST then
        answer[#answer + 1] = id
        answer[#answer + 1] = text
    end
end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f\n', now) .. ARGV[2])
redis.call('PEXPIRE', KEYS[1], 10 * ttl)
return answer
