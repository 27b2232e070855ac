curl --silent --show-error --no-buffer \
  --header "Authorization: Bearer $TALLYWIRE_TOKEN" \
  --header "Last-Event-ID: $LAST_EVENT_ID" \
  "$TALLYWIRE_URL/api/events"
