curl --silent --show-error --no-buffer \
  --header "Authorization: Bearer $TALLYWIRE_TOKEN" \
  "$TALLYWIRE_URL/api/events?epoch="
