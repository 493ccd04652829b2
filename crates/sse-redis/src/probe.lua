-- Tries each command that the script of topics needs on a key that nobody uses, and leaves nothing.
--
-- KEYS  1 the key
-- Answers nothing if all can be done, or the first command that cannot and why.

local key = KEYS[1]
local tries = {
    { 'INFO', 'server' }, { 'TIME' },
    { 'DEL', key },
    { 'XADD', key, '1-1', 'd', 'x' }, { 'XREVRANGE', key, '+', '-', 'COUNT', 1 },
    { 'XRANGE', key, '-', '+', 'COUNT', 1 }, { 'XLEN', key }, { 'XINFO', 'STREAM', key },
    { 'XREAD', 'COUNT', 1, 'STREAMS', key, '0' }, { 'TYPE', key }, { 'XDEL', key, '1-1' }, { 'EXPIRE', key, 60 },
    { 'DEL', key },
    { 'HSET', key, 'a', '1' }, { 'HMGET', key, 'a' }, { 'HGET', key, 'a' }, { 'HLEN', key },
    { 'HGETALL', key }, { 'HDEL', key, 'a' },
    { 'ZADD', key, 1, 'a' }, { 'ZSCORE', key, 'a' }, { 'ZCARD', key },
    { 'ZREMRANGEBYSCORE', key, '-inf', 2 }, { 'PEXPIRE', key, 60 },
    { 'DEL', key },
}
for _, try in ipairs(tries) do
    local answer = redis.pcall(unpack(try))
    if type(answer) == 'table' and answer.err then
        redis.pcall('DEL', key)
        if string.find(answer.err, 'OOM', 1, true) then return false end
        return { string.lower(try[1]), answer.err }
    end
end
return false
