-- A day is not the instant at its beginning. What was stored before did not say which of the two it is: midnight in
-- UTC was shown as a day, and stays one.
ALTER TABLE transactions ADD COLUMN is_day INTEGER NOT NULL DEFAULT 0;
UPDATE transactions SET is_day = 1 WHERE substr(json_extract(body, '$.date'), 11) = 'T00:00:00Z';
