-- Loading of the consent mapping for bigquery; unverified: never run on the real product. Read it, and try it on a copy, before you rely on it.
-- Made from policy shop version 3, sha256:0000000000000000000000000000000000000000000000000000000000000000.
-- A person is visible only while the mapping says so, has not expired and is fresh.
-- Make this file anew when the policy asks for new obligations: rows that owe what it does not know stay hidden.

-- group:marketing@example.com: export_consent_mapping --purpose ads.audience --destination partner --controller shop --key customer_id
LOAD DATA OVERWRITE `example-project`.`accordant`.`accordant_load` FROM FILES (format = 'PARQUET', uris = ['gs://your-bucket/mapping.parquet']);
BEGIN TRANSACTION;
DELETE FROM `example-project`.`accordant`.`consent` WHERE `key_kind` = 'customer_id' AND `purpose` = 'ads.audience' AND `destination` = 'partner' AND `controller` = 'shop';
INSERT INTO `example-project`.`accordant`.`consent` (`subject_key`, `key_kind`, `purpose`, `destination`, `controller`, `allowed`, `obligations`, `valid_until`, `decided_at`, `watermark`, `policy_digest`, `loaded_at`) SELECT `subject_key`, `key_kind`, `purpose`, `destination`, `controller`, `allowed`, `obligations`, `valid_until`, `decided_at`, `watermark`, `policy_digest`, CURRENT_TIMESTAMP() FROM `example-project`.`accordant`.`accordant_load` WHERE `key_kind` = 'customer_id' AND `purpose` = 'ads.audience' AND `destination` = 'partner' AND `controller` = 'shop';
COMMIT TRANSACTION;
DROP TABLE `example-project`.`accordant`.`accordant_load`;

-- serviceAccount:service@example.com: export_consent_mapping --purpose service --destination mailer --controller shop --key customer_id
LOAD DATA OVERWRITE `example-project`.`accordant`.`accordant_load` FROM FILES (format = 'PARQUET', uris = ['gs://your-bucket/mapping.parquet']);
BEGIN TRANSACTION;
DELETE FROM `example-project`.`accordant`.`consent` WHERE `key_kind` = 'customer_id' AND `purpose` = 'service' AND `destination` = 'mailer' AND `controller` = 'shop';
INSERT INTO `example-project`.`accordant`.`consent` (`subject_key`, `key_kind`, `purpose`, `destination`, `controller`, `allowed`, `obligations`, `valid_until`, `decided_at`, `watermark`, `policy_digest`, `loaded_at`) SELECT `subject_key`, `key_kind`, `purpose`, `destination`, `controller`, `allowed`, `obligations`, `valid_until`, `decided_at`, `watermark`, `policy_digest`, CURRENT_TIMESTAMP() FROM `example-project`.`accordant`.`accordant_load` WHERE `key_kind` = 'customer_id' AND `purpose` = 'service' AND `destination` = 'mailer' AND `controller` = 'shop';
COMMIT TRANSACTION;
DROP TABLE `example-project`.`accordant`.`accordant_load`;
