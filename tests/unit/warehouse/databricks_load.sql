-- Loading of the consent mapping for databricks; unverified: never run on the real product. Read it, and try it on a copy, before you rely on it.
-- Made from policy shop version 3, sha256:0000000000000000000000000000000000000000000000000000000000000000.
-- A person is visible only while the mapping says so, has not expired and is fresh.
-- Make this file anew when the policy asks for new obligations: rows that owe what it does not know stay hidden.

-- marketing team: export_consent_mapping --purpose ads.audience --destination partner --controller shop --key customer_id
INSERT INTO `main`.`accordant`.`consent` REPLACE WHERE `key_kind` = 'customer_id' AND `purpose` = 'ads.audience' AND `destination` = 'partner' AND `controller` = 'shop' SELECT `subject_key`, `key_kind`, `purpose`, `destination`, `controller`, `allowed`, `obligations`, `valid_until`, `decided_at`, `watermark`, `policy_digest`, current_timestamp() AS `loaded_at` FROM read_files('/Volumes/main/accordant/mapping.parquet', format => 'parquet');

-- service: export_consent_mapping --purpose service --destination mailer --controller shop --key customer_id
INSERT INTO `main`.`accordant`.`consent` REPLACE WHERE `key_kind` = 'customer_id' AND `purpose` = 'service' AND `destination` = 'mailer' AND `controller` = 'shop' SELECT `subject_key`, `key_kind`, `purpose`, `destination`, `controller`, `allowed`, `obligations`, `valid_until`, `decided_at`, `watermark`, `policy_digest`, current_timestamp() AS `loaded_at` FROM read_files('/Volumes/main/accordant/mapping.parquet', format => 'parquet');
