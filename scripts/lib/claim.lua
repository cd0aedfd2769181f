-- claim.lua -- wrk's requests of the rows http_claim*: each member claims once.
local threads = 0
function setup(thread)
    thread:set('number', threads)
    threads = threads + 1
end

local claims = 0
local headers = { ['Content-Type'] = 'application/json' }
local body = '{"campaign":"bench"}'
function request()
    claims = claims + 1
    return wrk.format('POST', '/v1/members/m' .. number .. '-' .. claims .. '/coupons', headers, body)
end
