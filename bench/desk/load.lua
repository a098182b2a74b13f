-- The load of wrk: paths in turn, a body and a key of its own for each POST; figures as JSON.
local threads = 0

function setup(thread)
   threads = threads + 1
   thread:set("number", threads)
end

function init()
   wrk.method = os.getenv("LOAD_METHOD")
   wrk.headers["Authorization"] = "Bearer " .. os.getenv("LOAD_TOKEN")
   if os.getenv("LOAD_ETAG") then
      wrk.headers["If-None-Match"] = os.getenv("LOAD_ETAG")
   end
   paths, sent = {}, number * 7919
   for path in io.lines(os.getenv("LOAD_PATHS")) do
      paths[#paths + 1] = path
   end
   body = os.getenv("LOAD_BODY")
   if body then
      wrk.headers["Content-Type"] = "application/json"
      key = os.getenv("LOAD_KEY") .. "-" .. number .. "-"
   end
end

function request()
   sent = sent + 1
   if body then
      wrk.headers["Idempotency-Key"] = key .. sent
   end
   return wrk.format(nil, paths[sent % #paths + 1], nil, body)
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      '\n{"requests": %d, "seconds": %f, "p50": %f, "p95": %f, "p99": %f, "refused": %d, "lost": %d}\n',
      summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
      latency:percentile(95) / 1e3, latency:percentile(99) / 1e3, errors.status,
      errors.connect + errors.read + errors.write + errors.timeout))
end
