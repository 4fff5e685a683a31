-- Masks what looks like a secret in the text of a line, before it is kept. Fluent Bit calls `mask` for each line:
-- https://docs.fluentbit.io/manual/data-pipeline/filters/lua

local hidden = "****"

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
  { "%f[%w]eyJ[%w_-]+%.[%w_-]+%.[%w_-]*", hidden }, -- JSON web token
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
for _, name in ipairs(names) do
  -- A name with its value, as in JSON, a command line or a query; quotes may be escaped, as JSON in JSON has them.
  shapes[#shapes + 1] = { "(" .. either(name) .. "\\?[\"']?%s*[:=]%s*\\?[\"']?)[^%s\"'\\,;&}]+", "%1" .. hidden }
end

-- Text as it may be kept.
function masked(text)
  for _, shape in ipairs(shapes) do
    text = text:gsub(shape[1], shape[2])
  end
  return text
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
