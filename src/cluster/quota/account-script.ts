/** The first half of the library: how an account is read, swept and written. */
export const ACCOUNT_SCRIPT = `
local FIELDS = {'window', 'used', 'reserved', 'begun', 'runs', 'pending', 'credit', 'creditHeld',
  'lapsesBy', 'tier', 'override'}

local function text(value)
  if value == nil then return '-' end
  if type(value) == 'number' then return string.format('%.0f', value) end
  return value
end

local function words(line)
  local list = {}
  for word in string.gmatch(line, '%S+') do list[#list + 1] = word end
  return list
end

local function number(word)
  if word == nil or word == '-' then return nil end
  return tonumber(word)
end

local function nowOf(given)
  if given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function holdOf(keys, id)
  local line = redis.call('HGET', keys[1], 'h:' .. id)
  if not line then return nil end
  local list = words(line)
  return {reserved = tonumber(list[1]), credit = tonumber(list[2]), window = number(list[3]),
    lapsed = list[4] == 'x'}
end

local function keep(keys, id, hold)
  local line = text(hold.reserved) .. ' ' .. text(hold.credit) .. ' ' .. text(hold.window)
  if hold.lapsed then line = line .. ' x' end
  redis.call('HSET', keys[1], 'h:' .. id, line)
end

local function holdUntil(keys, account, id, lapses)
  redis.call('ZADD', keys[2], text(lapses), id)
  account.lapsesBy = math.max(account.lapsesBy, lapses)
end

local function drop(keys, id)
  redis.call('HDEL', keys[1], 'h:' .. id)
  redis.call('ZREM', keys[2], id)
end

local function pays(account, hold)
  return hold.window ~= nil and hold.window == account.window
end

local function withoutHold(account, hold)
  account.creditHeld = account.creditHeld - hold.credit
  if hold.window == nil then
    account.reserved = account.reserved - hold.reserved
    account.pending = account.pending - 1
  elseif pays(account, hold) then
    account.reserved = account.reserved - hold.reserved
    account.begun = account.begun - hold.reserved
  end
end

local function creditPart(hold, charged)
  return math.min(hold.credit, math.max(0, charged - hold.reserved))
end

local function charge(account, hold, charged)
  local byCredit = creditPart(hold, charged)
  if pays(account, hold) then account.used = account.used + charged - byCredit end
  account.credit = account.credit - byCredit
  return byCredit
end

local function uncount(account, hold)
  if not pays(account, hold) then return end
  account.runs = math.max(0, account.runs - 1)
  if account.runs == 0 and account.used == 0 and account.begun == 0 then account.window = nil end
end

local function lapse(keys, account, id, hold, now, length)
  if hold.lapsed or hold.window == nil then
    redis.call('HDEL', keys[1], 'h:' .. id)
    redis.call('ZREM', keys[2], id)
    if not hold.lapsed then withoutHold(account, hold) end
    return
  end
  withoutHold(account, hold)
  charge(account, hold, hold.reserved + hold.credit)
  hold.lapsed = true
  keep(keys, id, hold)
  holdUntil(keys, account, id, now + length)
end

local function sweep(keys, account, now, length)
  if account.lapsesBy == 0 then return end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', keys[2], '-inf', text(now))) do
    local hold = holdOf(keys, id)
    if hold then lapse(keys, account, id, hold, now, length) else redis.call('ZREM', keys[2], id) end
  end
  if account.lapsesBy <= now then account.lapsesBy = 0 end
end

local function open(keys, args)
  local now, length = nowOf(args[1]), tonumber(args[2])
  local account = {used = 0, reserved = 0, begun = 0, runs = 0, pending = 0, credit = 0,
    creditHeld = 0, lapsesBy = 0}
  local line = redis.call('HGET', keys[1], 's')
  if line then
    local list = words(line)
    for i, field in ipairs(FIELDS) do
      if field == 'tier' or field == 'override' then
        if list[i] ~= '-' then account[field] = list[i] end
      else
        account[field] = number(list[i])
      end
    end
  end
  if account.window and now >= account.window + length then
    account.window = nil
    account.used = 0
    account.reserved = account.reserved - account.begun
    account.begun = 0
    account.runs = 0
  end
  sweep(keys, account, now, length)
  return account, now
end

local function close(keys, args, account, now)
  local isKept = account.credit > 0 or account.override ~= nil
  local isHeld = account.pending > 0 or account.creditHeld > 0 or account.reserved > 0
  if not (isKept or isHeld or account.window) then
    redis.call('DEL', keys[1], keys[2])
    return
  end
  local list = {}
  for i, field in ipairs(FIELDS) do list[i] = text(account[field]) end
  redis.call('HSET', keys[1], 's', table.concat(list, ' '))
  if isKept then
    redis.call('PERSIST', keys[1])
    redis.call('PERSIST', keys[2])
    return
  end
  local ends = account.lapsesBy
  if account.window then ends = math.max(ends, account.window + tonumber(args[2])) end
  local left = math.max(1, ends - now)
  redis.call('PEXPIRE', keys[1], text(left))
  redis.call('PEXPIRE', keys[2], text(left + 1000))
end

local function finish(keys, args, account, now, status, first, second)
  close(keys, args, account, now)
  local list = {status, text(first), text(second), text(now)}
  for _, field in ipairs(FIELDS) do list[#list + 1] = text(account[field]) end
  return list
end
`;
