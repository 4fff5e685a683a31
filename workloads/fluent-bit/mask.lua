-- Masks what looks like a secret in the text of a line, before it is kept. Fluent Bit calls `mask` for each line:
-- https://docs.fluentbit.io/manual/data-pipeline/filters/lua

local hidden = "****"
local longest = 128 * 1024 -- Bytes of a line that are kept. Fluent Bit's `multiline_buffer_limit` does not bound lines that its parser `cri` joins.
local backslash = ("\\"):byte()

-- A word in any mix of capitals and small letters, as a pattern.
local function either(word)
  return (word:gsub("%a", function(letter)
    return "[" .. letter:upper() .. letter:lower() .. "]"
  end))
end

-- Names whose value is a secret, whatever stands before them, such as AWS_SECRET_ACCESS_KEY or client-secret.
local names = { "password", "passwd", "secret", "secret[_-]?access[_-]?key", "session[_-]?token", "access[_-]?token", "refresh[_-]?token", "api[_-]?key", "api[_-]?token" }

local shapes = {
  { "%f[%w](A[KS]IA)" .. ("[A-Z0-9]"):rep(16) .. "%f[^A-Z0-9]", "%1" .. hidden }, -- id of an access key of AWS
  -- JSON web token. The whole run is taken at once: what began anew at each `eyJ` of it would read it as often.
  { "%f[%w]eyJ[%w_.-]+", function(run) return run:find("%.[%w_-]+%.") and hidden end },
  { "%f[%w](gh[pousr]_)%w+", "%1" .. hidden }, -- GitHub
  { "%f[%w](github_pat_)[%w_]+", "%1" .. hidden },
  { "%f[%w](glpat%-)[%w_-]+", "%1" .. hidden }, -- GitLab
  { "%f[%w](xox[abeprs]%-)[%w-]+", "%1" .. hidden }, -- Slack
  { "(hooks%.slack%.com/services/)[%w/]+", "%1" .. hidden },
  { "(%-%-%-%-%-BEGIN [%u ]*PRIVATE KEY%-%-%-%-%-).*", "%1" .. hidden },
  { "(" .. either("authorization") .. "[\"']?%s*[:=]%s*[\"']?%a+%s+)[^%s\"']+", "%1" .. hidden },
  { "(" .. either("bearer") .. "%s+)" .. ("[%w._~+/=-]"):rep(16) .. "[%w._~+/=-]*", "%1" .. hidden },
  { "(://[^%s:/@\"']*:)[^%s/@\"']+@", "%1" .. hidden .. "@" }, -- user and password of an address
}

-- Names with `:` or `=`, as in JSON, a command line or a query; what they capture: the quote behind the name, where the value begins, and the
-- backslashes and the quote that open it.
local named = {}
for _, name in ipairs(names) do
  named[#named + 1] = either(name) .. "\\*([\"']?)%s*[:=]%s*()(\\*)([\"']?)"
end

-- The first of the backslashes that stand before a quote, or the quote.
local function escaping(text, quote, from)
  while quote > from and text:byte(quote - 1) == backslash do
    quote = quote - 1
  end
  return quote
end

-- Where a value ends that a quote opened behind so many backslashes: 0 in JSON, 1 in JSON in JSON, 3 in that. A quote of the value itself has more.
local function quotedEnd(text, from, quote, depth)
  local at = from
  while true do
    local last = text:find(quote, at, true)
    if last == nil then
      return #text + 1
    end
    local count = last - escaping(text, last, from)
    if count < depth or math.floor((count - depth) / (depth + 1)) % 2 == 0 then
      return last - math.min(count, depth)
    end
    at = last + 1
  end
end

-- Where a value without quotes ends: at white space, `&`, or a quote that closes what it stands in, such as a command in JSON.
local function bareEnd(text, from)
  local at = from
  while true do
    local stop = text:find("[%s&\"']", at)
    if stop == nil then
      return #text + 1
    end
    if not text:find("^[\"'][^%s,}%])]", stop) then
      return escaping(text, stop, from)
    end
    at = stop + 1
  end
end

-- Goes on behind each value, so that a line is read once for each name.
local function valuesMasked(text, name)
  local pieces, kept = {}, 1
  while true do
    local _, _, nameQuote, from, slashes, quote = text:find(name, kept)
    if from == nil then
      return table.concat(pieces) .. text:sub(kept)
    end
    local stop
    if quote ~= "" then
      from = from + #slashes + 1
      stop = quotedEnd(text, from, quote, #slashes)
    else
      local literal = nameQuote ~= "" and (text:match("^%d+()[,}%]]", from) or text:match("^null()[,}%]]", from)) -- of JSON
      stop = literal or bareEnd(text, from)
    end
    pieces[#pieces + 1] = text:sub(kept, from - 1) .. (stop > from and hidden or "")
    kept = stop
  end
end

-- Cut to the longest that is kept, and not within a character of UTF-8.
local function cut(text)
  local last = longest
  while last > longest - 3 and (text:byte(last + 1) or 0) >= 0x80 and text:byte(last + 1) < 0xC0 do
    last = last - 1
  end
  return text:sub(1, last)
end

-- Text as it may be kept. It is cut at last: of half a secret not each shape could be seen.
function masked(text)
  for _, shape in ipairs(shapes) do
    text = text:gsub(shape[1], shape[2])
  end
  for _, name in ipairs(named) do
    text = valuesMasked(text, name)
  end
  return cut(text)
end

-- 0 keeps a record as it is, 2 keeps its time and takes the changed record.
function mask(tag, timestamp, record)
  local before = record["log"]
  if type(before) ~= "string" then
    return 0, timestamp, record
  end
  local after = masked(before)
  if after == before then
    return 0, timestamp, record
  end
  record["log"] = after
  return 2, timestamp, record
end
