-- Which records are not coded, and why. The same statement runs in the Glue job and as a Databricks SQL check
-- over a table or view `records` (source, line, id, text, age, sex, codes, problem). The first rule that holds counts.
SELECT
  *,
  CASE
    WHEN problem IS NOT NULL THEN problem                                     -- the file or line could not be read
    WHEN text IS NULL OR NOT text RLIKE '\\p{L}' THEN 'empty'                 -- no letter in it
    WHEN length(text) > 200000 THEN 'too_long'                                -- chartcode.MAX_NOTE_CHARACTERS
    WHEN text RLIKE '[\\x00-\\x08\\x0E-\\x1F]' THEN 'binary'                  -- control characters
    WHEN age IS NOT NULL AND coalesce(try_cast(age AS DOUBLE), -1) NOT BETWEEN 0 AND 130 THEN 'bad_age'
    WHEN sex IS NOT NULL AND upper(trim(sex)) NOT IN ('F', 'M', 'FEMALE', 'MALE') THEN 'bad_sex'
    WHEN length(id) > 200 THEN 'bad_id'
  END AS reason
FROM records
