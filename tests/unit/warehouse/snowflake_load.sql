-- Loading of the consent mapping for snowflake; unverified: never run on the real product. Read it, and try it on a copy, before you rely on it.
-- Made from policy shop version 3, sha256:0000000000000000000000000000000000000000000000000000000000000000.
-- A person is visible only while the mapping says so, has not expired and is fresh.
-- Make this file anew when the policy asks for new obligations: rows that owe what it does not know stay hidden.

-- MARKETING: export_consent_mapping --purpose ads.audience --destination partner --controller shop --key customer_id
BEGIN;
DELETE FROM "CRM"."ACCORDANT"."CONSENT" WHERE "key_kind" = 'customer_id' AND "purpose" = 'ads.audience' AND "destination" = 'partner' AND "controller" = 'shop';
INSERT INTO "CRM"."ACCORDANT"."CONSENT" ("subject_key", "key_kind", "purpose", "destination", "controller", "allowed", "obligations", "valid_until", "decided_at", "watermark", "policy_digest", "loaded_at") SELECT $1:subject_key::VARCHAR, $1:key_kind::VARCHAR, $1:purpose::VARCHAR, $1:destination::VARCHAR, $1:controller::VARCHAR, $1:allowed::BOOLEAN, $1:obligations::VARCHAR, $1:valid_until::TIMESTAMPTZ, $1:decided_at::TIMESTAMPTZ, $1:watermark::BIGINT, $1:policy_digest::VARCHAR, CURRENT_TIMESTAMP() FROM @accordant_stage/mapping.parquet (FILE_FORMAT => 'accordant_parquet');
COMMIT;

-- SERVICE: export_consent_mapping --purpose service --destination mailer --controller shop --key customer_id
BEGIN;
DELETE FROM "CRM"."ACCORDANT"."CONSENT" WHERE "key_kind" = 'customer_id' AND "purpose" = 'service' AND "destination" = 'mailer' AND "controller" = 'shop';
INSERT INTO "CRM"."ACCORDANT"."CONSENT" ("subject_key", "key_kind", "purpose", "destination", "controller", "allowed", "obligations", "valid_until", "decided_at", "watermark", "policy_digest", "loaded_at") SELECT $1:subject_key::VARCHAR, $1:key_kind::VARCHAR, $1:purpose::VARCHAR, $1:destination::VARCHAR, $1:controller::VARCHAR, $1:allowed::BOOLEAN, $1:obligations::VARCHAR, $1:valid_until::TIMESTAMPTZ, $1:decided_at::TIMESTAMPTZ, $1:watermark::BIGINT, $1:policy_digest::VARCHAR, CURRENT_TIMESTAMP() FROM @accordant_stage/mapping.parquet (FILE_FORMAT => 'accordant_parquet');
COMMIT;
