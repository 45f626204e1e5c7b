-- wrk -s load.lua URL -- TOKEN BODY PATH...
-- Asks for the paths one after the other: POST with the body, GET if the body is empty.
-- The requests are made before the clock starts, so the client costs the same for every server.
local requests, last = {}, 0

function init(args)
  wrk.headers["Authorization"] = "Bearer " .. args[1]
  if args[2] ~= "" then
    wrk.method = "POST"
    wrk.body = args[2]
    wrk.headers["Content-Type"] = "application/json"
  end
  for index = 3, #args do
    requests[index - 2] = wrk.format(nil, args[index])
  end
end

function request()
  last = last % #requests + 1
  return requests[last]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '\n{"answered": %d, "duration_us": %d, "failed": %d, "p50_us": %d, "p99_us": %d, "longest_us": %d}\n',
    summary.requests, summary.duration, failed,
    latency:percentile(50), latency:percentile(99), latency.max
  ))
end
