/** The registry's functions inside the store: each looks at the store's own clock and is done at once. */
import { createLibrary, type Library } from '../store/library.js';

/** Keys of the registry, in the order in which each function gets them. */
export const REGISTRY_KEYS = [
  /** Hash: name of a node → what it says of itself, JSON. */
  'nodes',
  /** Sorted set: name of a node → when it counts as gone unless it says more, ms of the store's clock. */
  'beats',
  /** Hash: name of a node → the snapshot of its allocator, JSON. */
  'snapshots',
  /** Set: nodes that are drained. It outlives the node, so that one that restarts stays drained. */
  'drained',
  /** Hash: id of a Space → what its node says of it, JSON. */
  'spaces',
  /** Hash: id of a Space → where it is, JSON: state, node, from, atMs. */
  'places',
  /** Sorted set by name: `OWNER\0ID`. */
  'hosting',
  /** Sorted set by name: `NODE\0ID`, of Spaces that run there. */
  'residents',
  /** Sorted set: Spaces that do not run → when they are forgotten, ms. */
  'expected',
  /** Sorted set: Spaces whose node is gone and that were not placed again → since when, ms. */
  'lost',
  /** Sorted set: nodes that stopped beating without leaving → their last beat, ms. */
  'gone',
] as const;

export interface RegistryTimes {
  /** A node that has said nothing for this long counts as gone. */
  readonly nodeTtlMs: number;
  /** A lost Space is placed again after this long: after an outage of the store, its node says more by then. */
  readonly placeAgainAfterMs: number;
  /** A node that is gone, its Spaces, and a Space that was placed and did not start are forgotten after this long. */
  readonly expectedForMs: number;
}

export const REGISTRY_TIMES: RegistryTimes = {
  nodeTtlMs: 10_000,
  placeAgainAfterMs: 10_000,
  expectedForMs: 600_000,
};

export const registryLibrary = (times: RegistryTimes): Library =>
  createLibrary('registry', timesIn(times) + FUNCTIONS);

const timesIn = ({ nodeTtlMs, placeAgainAfterMs, expectedForMs }: RegistryTimes): string => `
local NODE_TTL_MS, PLACE_AGAIN_AFTER_MS, EXPECTED_FOR_MS =
  ${nodeTtlMs}, ${placeAgainAfterMs}, ${expectedForMs}
`;

const FUNCTIONS = `
local NODES, BEATS, SNAPSHOTS, DRAINED, SPACES, PLACES, HOSTING, RESIDENTS, EXPECTED, LOST, GONE =
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
local NODES_AT_ONCE, SPACES_AT_ONCE = 20, 200

local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- The members of a sorted set by name that begin with what stands before the zero byte.
local function below(key, name)
  return redis.call('ZRANGEBYLEX', key, '[' .. name .. '\\0', '(' .. name .. '\\1')
end

local function hostedBy(keys, owner)
  return redis.call('ZLEXCOUNT', keys[HOSTING], '[' .. owner .. '\\0', '(' .. owner .. '\\1')
end

local function isKeptOut(keys, facts, limit)
  local hosted = hostedBy(keys, cjson.decode(facts).owner)
  return hosted >= tonumber(limit) and hosted
end

local function placeOf(keys, id)
  local text = redis.call('HGET', keys[PLACES], id)
  return text and cjson.decode(text)
end

local function settle(keys, id, state, node, from, at)
  local place = { state = state, node = node, from = from, atMs = at }
  redis.call('HSET', keys[PLACES], id, cjson.encode(place))
end

local function ownerOf(keys, id)
  local text = redis.call('HGET', keys[SPACES], id)
  return text and cjson.decode(text).owner or ''
end

local function forget(keys, id)
  local place = placeOf(keys, id)
  redis.call('ZREM', keys[HOSTING], ownerOf(keys, id) .. '\\0' .. id)
  if place then redis.call('ZREM', keys[RESIDENTS], place.node .. '\\0' .. id) end
  redis.call('ZREM', keys[EXPECTED], id)
  redis.call('ZREM', keys[LOST], id)
  redis.call('HDEL', keys[PLACES], id)
  redis.call('HDEL', keys[SPACES], id)
end

local function loseNode(keys, name, at)
  for _, member in ipairs(below(keys[RESIDENTS], name)) do
    local id = string.sub(member, #name + 2)
    settle(keys, id, 'lost', '', name, at)
    redis.call('ZADD', keys[EXPECTED], at + EXPECTED_FOR_MS, id)
    redis.call('ZADD', keys[LOST], at, id)
    redis.call('ZREM', keys[RESIDENTS], member)
  end
  redis.call('HDEL', keys[NODES], name)
  redis.call('HDEL', keys[SNAPSHOTS], name)
  redis.call('ZREM', keys[BEATS], name)
end

local function sweep(keys, at)
  local gone = redis.call('ZRANGEBYSCORE', keys[BEATS], '-inf', at, 'LIMIT', 0, NODES_AT_ONCE)
  for _, name in ipairs(gone) do
    local beat = tonumber(redis.call('ZSCORE', keys[BEATS], name)) - NODE_TTL_MS
    redis.call('ZADD', keys[GONE], beat, name)
    loseNode(keys, name, at)
  end
  redis.call('ZREMRANGEBYSCORE', keys[GONE], '-inf', at - EXPECTED_FOR_MS)
  local old = redis.call('ZRANGEBYSCORE', keys[EXPECTED], '-inf', at, 'LIMIT', 0, SPACES_AT_ONCE)
  for _, id in ipairs(old) do forget(keys, id) end
end

local function identityOf(keys, name)
  local text = redis.call('HGET', keys[NODES], name)
  return text and cjson.decode(text).identity
end

local function runHere(keys, node, id, facts, at)
  local place = placeOf(keys, id)
  local since = place and place.state == 'running' and place.node == node and place.atMs or at
  redis.call('HSET', keys[SPACES], id, facts)
  settle(keys, id, 'running', node, place and place.from or '', since)
  redis.call('ZADD', keys[HOSTING], 0, cjson.decode(facts).owner .. '\\0' .. id)
  redis.call('ZADD', keys[RESIDENTS], 0, node .. '\\0' .. id)
  redis.call('ZREM', keys[EXPECTED], id)
  redis.call('ZREM', keys[LOST], id)
end

local function isElsewhere(place, node)
  return place and place.state == 'running' and place.node ~= node
end

-- name, identity, node, snapshot, then id and facts of each Space that runs there
function F.beat(keys, args)
  local name, identity, at = args[1], args[2], now()
  sweep(keys, at)
  local holder = identityOf(keys, name)
  if holder and holder ~= identity then return { 'taken' } end
  redis.call('HSET', keys[NODES], name, args[3])
  redis.call('ZADD', keys[BEATS], at + NODE_TTL_MS, name)
  redis.call('ZREM', keys[GONE], name)
  if args[4] ~= '' then redis.call('HSET', keys[SNAPSHOTS], name, args[4]) end
  local running, elsewhere = {}, {}
  for i = 5, #args, 2 do
    local id, facts = args[i], args[i + 1]
    local place = placeOf(keys, id)
    running[id] = true
    if isElsewhere(place, name) then
      table.insert(elsewhere, id)
      table.insert(elsewhere, place.node)
    else
      runHere(keys, name, id, facts, at)
    end
  end
  for _, member in ipairs(below(keys[RESIDENTS], name)) do
    local id = string.sub(member, #name + 2)
    if not running[id] then forget(keys, id) end
  end
  local waited = at - PLACE_AGAIN_AFTER_MS
  local lost = redis.call('ZRANGEBYSCORE', keys[LOST], '-inf', waited, 'LIMIT', 0, SPACES_AT_ONCE)
  return { 'ok', redis.call('SISMEMBER', keys[DRAINED], name), elsewhere, lost }
end

-- name, identity
function F.bye(keys, args)
  if identityOf(keys, args[1]) ~= args[2] then return { 'unknown' } end
  for _, member in ipairs(below(keys[RESIDENTS], args[1])) do
    forget(keys, string.sub(member, #args[1] + 2))
  end
  loseNode(keys, args[1], now())
  return { 'ok' }
end

-- node, identity, id, facts, limit, rejoins (1 or 0)
function F.admit(keys, args)
  local node, id, facts, at = args[1], args[3], args[4], now()
  sweep(keys, at)
  if identityOf(keys, node) ~= args[2] then return { 'unknown-node' } end
  local place = placeOf(keys, id)
  if isElsewhere(place, node) then return { 'elsewhere', place.node } end
  local isDrained = redis.call('SISMEMBER', keys[DRAINED], node) == 1
  local isResident = place and place.state == 'running'
  if isDrained and not isResident and args[6] ~= '1' then return { 'draining' } end
  local hosted = not place and isKeptOut(keys, facts, args[5])
  if hosted then return { 'limit', hosted } end
  runHere(keys, node, id, facts, at)
  return { 'ok', place and place.state == 'placed' and place.node or '' }
end

-- id, facts, limit, node, the place that was seen ('' for none)
function F.place(keys, args)
  local id, facts, node, at = args[1], args[2], args[4], now()
  sweep(keys, at)
  local seen = redis.call('HGET', keys[PLACES], id) or ''
  local place = placeOf(keys, id)
  if place and place.state == 'running' then return { 'elsewhere', place.node } end
  if seen ~= args[5] then return { 'changed' } end
  if not redis.call('ZSCORE', keys[BEATS], node) then return { 'gone' } end
  if redis.call('SISMEMBER', keys[DRAINED], node) == 1 then return { 'draining' } end
  if not place then
    local hosted = isKeptOut(keys, facts, args[3])
    if hosted then return { 'limit', hosted } end
    redis.call('HSET', keys[SPACES], id, facts)
    redis.call('ZADD', keys[HOSTING], 0, cjson.decode(facts).owner .. '\\0' .. id)
  end
  settle(keys, id, 'placed', node, place and place.from or '', at)
  redis.call('ZADD', keys[EXPECTED], at + EXPECTED_FOR_MS, id)
  redis.call('ZREM', keys[LOST], id)
  return { 'ok' }
end

-- name, 1 or 0
function F.drain(keys, args)
  sweep(keys, now())
  local isKnown = redis.call('HEXISTS', keys[NODES], args[1])
  if args[2] == '1' then
    if isKnown == 0 then return { 'unknown' } end
    redis.call('SADD', keys[DRAINED], args[1])
  elseif redis.call('SREM', keys[DRAINED], args[1]) == 0 and isKnown == 0 then
    return { 'unknown' }
  end
  return { 'ok' }
end

-- Nodes as name, JSON, and when they count as gone; names of those drained; Spaces as id, facts, place;
-- nodes that are gone as name and last beat.
function F.list(keys, args)
  local at = now()
  sweep(keys, at)
  local nodes, spaces = {}, {}
  for _, name in ipairs(redis.call('ZRANGE', keys[BEATS], 0, -1)) do
    table.insert(nodes, name)
    table.insert(nodes, redis.call('HGET', keys[NODES], name) or '')
    table.insert(nodes, redis.call('ZSCORE', keys[BEATS], name))
  end
  local places = redis.call('HGETALL', keys[PLACES])
  for i = 1, #places, 2 do
    table.insert(spaces, places[i])
    table.insert(spaces, redis.call('HGET', keys[SPACES], places[i]) or '')
    table.insert(spaces, places[i + 1])
  end
  local gone = redis.call('ZRANGE', keys[GONE], 0, -1, 'WITHSCORES')
  return { at, nodes, redis.call('SMEMBERS', keys[DRAINED]), spaces, gone }
end

-- names of nodes
function F.snapshots(keys, args)
  if #args == 0 then return {} end
  return redis.call('HMGET', keys[SNAPSHOTS], unpack(args))
end
`;
