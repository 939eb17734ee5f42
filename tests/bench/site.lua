-- site.lua - what wrk asks: one path, each time for another address, as a proxy before the status site does. $SITE_PATH
local asked, requests = 0, {}
function init()
  for i = 0, 19999 do
    local from = string.format("10.7.%d.%d", math.floor(i / 256), i % 256)
    requests[i] = wrk.format("GET", os.getenv("SITE_PATH"), { ["X-Forwarded-For"] = from, ["Host"] = "127.0.0.1" })
  end
end
function request()
  asked = (asked + 1) % 20000
  return requests[asked]
end
