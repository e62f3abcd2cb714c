// What Redis does in one go: each script is atomic there. Records are hashes of version, data, places and expiry; lists
// are sorted sets whose members all have score 0, so that they are ordered by their bytes.
import { createHash } from 'node:crypto';
import type { RedisClient } from './redis-connection.ts';

const clock = `local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)`;

/** Takes a record off its lists; one whose places cannot be read stays on them, which `range` passes over. */
const leave = `local function leave(places)
  local read, list = pcall(cjson.decode, places or '[]')
  if not read or type(list) ~= 'table' then return end
  for _, p in ipairs(list) do if type(p) == 'table' and p[2] then redis.call('ZREM', p[1], p[2]) end end
end`;

/** ARGV: deadline, then for each key expected version, 1 to write or 0 to delete, data, places, milliseconds to keep. */
const commit = `${clock} ${leave}
if now > tonumber(ARGV[1]) then return -1 end
local expiring = KEYS[1]
for i = 2, #KEYS do
  local found = redis.call('HMGET', KEYS[i], 'v', 'x')
  local version = tonumber(found[1] or '0')
  if found[2] and tonumber(found[2]) <= now then version = 0 end
  if version ~= tonumber(ARGV[(i - 2) * 5 + 2]) then return 0 end
end
for i = 2, #KEYS do
  local key, at = KEYS[i], (i - 2) * 5 + 2
  local old, new = redis.call('HGET', key, 'p'), ARGV[at + 3]
  if old ~= new then
    leave(old)
    for _, p in ipairs(cjson.decode(new)) do redis.call('ZADD', p[1], 0, p[2]) end
  end
  if ARGV[at + 1] == '0' then
    redis.call('DEL', key)
    redis.call('ZREM', expiring, key)
  else
    redis.call('HSET', key, 'v', ARGV[at] + 1, 'd', ARGV[at + 2], 'p', new)
    if ARGV[at + 4] ~= '' then
      local expires = now + tonumber(ARGV[at + 4])
      redis.call('HSET', key, 'x', string.format('%.0f', expires))
      redis.call('ZADD', expiring, expires, key)
    elseif redis.call('HDEL', key, 'x') == 1 then
      redis.call('ZREM', expiring, key)
    end
  end
end
return 1`;

/** KEYS: the list. ARGV: prefix of the records' keys, lower and upper bound, limit, REV or nothing. */
const range = `local found
if ARGV[5] == 'REV' then found = redis.call('ZRANGE', KEYS[1], ARGV[3], ARGV[2], 'BYLEX', 'REV', 'LIMIT', 0, ARGV[4])
else found = redis.call('ZRANGE', KEYS[1], ARGV[2], ARGV[3], 'BYLEX', 'LIMIT', 0, ARGV[4]) end
local rows = {}
for _, at in ipairs(found) do
  local record = redis.pcall('HMGET', ARGV[1] .. string.sub(at, string.find(at, ' ', 1, true) + 1), 'v', 'd')
  if record.err then rows[#rows + 1] = {at, '0', ''}
  elseif record[1] then rows[#rows + 1] = {at, record[1], record[2] or ''} end
end
return rows`;

/** KEYS: the expiring records. ARGV: how many at most. */
const sweep = `${clock} ${leave}
local found = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[1])
for _, key in ipairs(found) do
  local places = redis.pcall('HGET', key, 'p')
  leave(type(places) == 'string' and places)
  redis.call('DEL', key)
  redis.call('ZREM', KEYS[1], key)
end
return #found`;

const renew = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0`;
const release = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`;
const add = `local sum = redis.call('INCRBY', KEYS[1], ARGV[1]) redis.call('PEXPIRE', KEYS[1], ARGV[2]) return sum`;

/** KEYS: a pace. ARGV: how many at once, milliseconds for each, how many are wanted, milliseconds to pause. See throttle.ts. */
const throttle = `local t = redis.call('TIME') local now = t[1] * 1000 + t[2] / 1000
local most, every, wanted, pause = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local found = redis.call('HMGET', KEYS[1], 'full', 'paused')
local full, paused = math.max(tonumber(found[1] or '0'), now), math.max(tonumber(found[2] or '0'), now + pause)
local granted = 0
if paused <= now then
  granted = wanted
  if every > 0 then granted = math.max(0, math.min(wanted, math.floor(most - (full - now) / every))) end
  full = full + granted * every
end
if granted * every > 0 or pause > 0 then
  redis.call('HSET', KEYS[1], 'full', string.format('%.3f', full), 'paused', string.format('%.3f', paused))
  redis.call('PEXPIRE', KEYS[1], math.ceil(math.max(full, paused) - now) + 1000)
end
local wait = 0
if paused > now then wait = paused - now elseif granted == 0 then wait = full - now - (most - 1) * every end
return {granted, math.ceil(wait)}`;

/** KEYS: the lead, the list. ARGV: holder, milliseconds, lower and upper bound, limit. */
const lead = `local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return false end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return redis.call('ZRANGE', KEYS[2], ARGV[3], ARGV[4], 'BYLEX', 'LIMIT', 0, ARGV[5])`;

const scripts = { commit, range, sweep, renew, release, add, throttle, lead };

/** Runs a script by its hash; sends its text only where the server does not know it yet. */
export function createScripts(client: RedisClient) {
  const hashes = new Map(
    Object.entries(scripts).map(([name, text]) => [name, createHash('sha1').update(text).digest('hex')]),
  );
  return async (name: keyof typeof scripts, keys: string[], args: string[]): Promise<unknown> => {
    const values = { keys, arguments: args };
    try {
      return await client.evalSha(hashes.get(name) ?? '', values);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return client.eval(scripts[name], values);
    }
  };
}
