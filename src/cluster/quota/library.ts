import { createLibrary } from '../store/library.js';
import { ACCOUNT_SCRIPT } from './account-script.js';

/**
 * The quota law (allocator/core/quota.ts) as functions of the store, for one account at a time. Each runs
 * whole or not at all, and a second time it changes nothing: a hold is named by its reservation, is taken once
 * and given back once.
 *
 * An account is two keys. The hash has `s`, its numbers in the order of `FIELDS`, and `h:ID` for each
 * hold: `reserved credit window`. The sorted set has the reservations by the time at which they lapse;
 * each call sweeps those that are due:
 *
 *  - a hold whose call had not begun is released: its allocator has ended;
 *  - a hold whose call had begun is charged whole, because the call may have run to its deadline. It stays as
 *    `reserved credit window x` as long as the window does; when the allocator is back and says what
 *    the call cost, the charge is corrected.
 *
 * Both keys expire when the account has all of its quota again. Amounts and times are whole milliseconds. The
 * first two arguments of every function are the time, empty for that of the store (tests give another),
 * and the length of a window.
 */
export const QUOTA_LIBRARY = createLibrary(
  'quota',
  `${ACCOUNT_SCRIPT}
function F.read(keys, args)
  local account, now = open(keys, args)
  return finish(keys, args, account, now, 'read')
end

-- id, tier, cost, limit, runs of a window or '-', credits may pay (1), lapses after
function F.reserve(keys, args)
  local account, now = open(keys, args)
  local id, tier, cost, limit = args[3], args[4], tonumber(args[5]), tonumber(args[6])
  local hold = holdOf(keys, id)
  if hold then return finish(keys, args, account, now, 'held', hold.reserved, hold.credit) end
  if account.override and account.override ~= tier then
    return finish(keys, args, account, now, 'tier')
  end
  local left = math.max(0, limit - account.used - account.reserved)
  local creditLeft = 0
  if args[8] == '1' then creditLeft = math.max(0, account.credit - account.creditHeld) end
  local reserved = math.min(cost, left)
  local credit = cost - reserved
  local most = number(args[7])
  if credit > creditLeft or (most and account.runs + account.pending >= most) then
    return finish(keys, args, account, now, 'refused')
  end
  account.tier = tier
  account.reserved = account.reserved + reserved
  account.creditHeld = account.creditHeld + credit
  account.pending = account.pending + 1
  keep(keys, id, {reserved = reserved, credit = credit})
  holdUntil(keys, account, id, now + tonumber(args[9]))
  return finish(keys, args, account, now, 'held', reserved, credit)
end

local function start(account, hold, now)
  hold.window = account.window or now
  account.window = hold.window
  account.begun = account.begun + hold.reserved
  account.pending = account.pending - 1
  account.runs = account.runs + 1
end

-- id, lapses after
function F.begin(keys, args)
  local account, now = open(keys, args)
  local id = args[3]
  local hold = holdOf(keys, id)
  if not hold or hold.lapsed then
    return finish(keys, args, account, now, 'gone')
  end
  if hold.window == nil then
    start(account, hold, now)
    keep(keys, id, hold)
  end
  holdUntil(keys, account, id, now + tonumber(args[4]))
  return finish(keys, args, account, now, 'begun', hold.window)
end

-- id, charged
function F.settle(keys, args)
  local account, now = open(keys, args)
  local id, charged = args[3], tonumber(args[4])
  local hold = holdOf(keys, id)
  local byCredit = 0
  if not hold then
    return finish(keys, args, account, now, 'none')
  end
  if hold.lapsed then
    byCredit = creditPart(hold, charged)
    if pays(account, hold) then
      account.used = math.max(0, account.used + charged - byCredit - hold.reserved)
    end
    account.credit = account.credit + hold.credit - byCredit
  else
    if hold.window == nil and charged > 0 then start(account, hold, now) end
    withoutHold(account, hold)
    byCredit = charge(account, hold, charged)
  end
  drop(keys, id)
  return finish(keys, args, account, now, 'settled', byCredit)
end

-- id
function F.release(keys, args)
  local account, now = open(keys, args)
  local id = args[3]
  local hold = holdOf(keys, id)
  if not hold then
    return finish(keys, args, account, now, 'none')
  end
  if hold.lapsed then
    if pays(account, hold) then account.used = math.max(0, account.used - hold.reserved) end
    account.credit = account.credit + hold.credit
  else
    withoutHold(account, hold)
  end
  uncount(account, hold)
  drop(keys, id)
  return finish(keys, args, account, now, 'released')
end

function F.reset(keys, args)
  local account, now = open(keys, args)
  account.used = 0
  account.runs = 0
  if account.begun == 0 then account.window = nil end
  return finish(keys, args, account, now, 'reset')
end

-- tier, used, runs, resets in or '-'
function F.set_use(keys, args)
  local account, now = open(keys, args)
  local length = tonumber(args[2])
  local used, runs, resets = tonumber(args[4]), tonumber(args[5]), number(args[6])
  local isOpen = resets ~= nil or used > 0 or runs > 0
  local left = math.min(length, math.max(1, resets or length))
  account.tier = args[3]
  account.used = used
  account.runs = runs
  if account.begun == 0 then
    account.window = nil
    if isOpen then account.window = now - (length - left) end
  end
  return finish(keys, args, account, now, 'set')
end

-- credits
function F.set_credits(keys, args)
  local account, now = open(keys, args)
  account.credit = math.max(tonumber(args[3]), account.creditHeld)
  return finish(keys, args, account, now, 'set')
end

-- tier or '-'
function F.set_tier(keys, args)
  local account, now = open(keys, args)
  account.override = nil
  if args[3] ~= '-' then account.override = args[3] end
  return finish(keys, args, account, now, 'set')
end
`,
);
