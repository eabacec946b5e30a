-- What wrk sends to a webhook, always the same review, and what it says in the end: one line of JSON.
-- wrk ... -s webhook.lua URL -- FILE

local request_text

function init(args)
    local file = assert(io.open(args[1], "rb"))
    local body = file:read("*a")
    file:close()
    request_text = wrk.format("POST", nil, {["Content-Type"] = "application/json"}, body)
end

function request()
    return request_text
end

-- wrk counts answers of 400 and more as errors of status; times are in microseconds.
function done(summary, latency, requests)
    local errors = summary.errors
    print(string.format(
        '{"answers": %d, "microseconds": %d, "p50": %d, "p99": %d, "max": %d, "refused": %d, "broken": %d}',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
        errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
