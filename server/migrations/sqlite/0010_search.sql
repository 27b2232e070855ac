-- Search compares folded texts: `search` is the description, the merchant and the reference by the rule of
-- `crates/folding`. The function is the server's own.
UPDATE transactions SET search = search_text(
    json_extract(body, '$.description'), json_extract(body, '$.merchant'), json_extract(body, '$.reference'));
