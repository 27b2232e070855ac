curl --silent --show-error --fail \
  --header "Authorization: Bearer $TALLYWIRE_TOKEN" \
  "$TALLYWIRE_URL/api/transactions?since=$SINCE&limit=100"
