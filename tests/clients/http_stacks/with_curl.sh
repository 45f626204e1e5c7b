# Draws a fox at Krea's own address with curl, and tries to get elsewhere.
api=https://api.krea.ai
key="Authorization: Bearer $KREA_API_KEY"
submitted=$(curl -sS "$api/generate/image/bfl/flux-1-dev" -H "$key" --json '{"prompt":"a fox"}')
job_id=$(echo "$submitted" | sed 's/.*"job_id":"\([^"]*\)".*/\1/')
url=$(curl -sS "$api/jobs/$job_id" -H "$key" | sed 's/.*"urls":\["\([^"]*\)".*/\1/')
size_bytes=$(curl -sS "$url" | wc -c)
elsewhere=$(curl -sS https://example.com/ 2>&1 | tr -d '"')
echo "{\"url\":\"$url\",\"size_bytes\":$size_bytes,\"elsewhere\":\"$elsewhere\"}"
