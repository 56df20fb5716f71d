-- Loading of the consent mapping for postgresql; tested on a real PostgreSQL.
-- Made from policy shop version 3, sha256:0000000000000000000000000000000000000000000000000000000000000000.
-- A person is visible only while the mapping says so, has not expired and is fresh.
-- Make this file anew when the policy asks for new obligations: rows that owe what it does not know stay hidden.

-- marketing: export_consent_mapping --purpose ads.audience --destination partner --controller shop --key customer_id
BEGIN;
CREATE TEMPORARY TABLE accordant_load (LIKE "accordant"."consent" INCLUDING DEFAULTS) ON COMMIT DROP;
\copy accordant_load ("subject_key", "key_kind", "purpose", "destination", "controller", "allowed", "obligations", "valid_until", "decided_at", "watermark", "policy_digest") FROM 'mapping.csv' WITH (FORMAT csv, HEADER match)
DELETE FROM "accordant"."consent" WHERE "key_kind" = 'customer_id' AND "purpose" = 'ads.audience' AND "destination" = 'partner' AND "controller" = 'shop';
INSERT INTO "accordant"."consent" SELECT * FROM accordant_load WHERE "key_kind" = 'customer_id' AND "purpose" = 'ads.audience' AND "destination" = 'partner' AND "controller" = 'shop';
COMMIT;

-- service: export_consent_mapping --purpose service --destination mailer --controller shop --key customer_id
BEGIN;
CREATE TEMPORARY TABLE accordant_load (LIKE "accordant"."consent" INCLUDING DEFAULTS) ON COMMIT DROP;
\copy accordant_load ("subject_key", "key_kind", "purpose", "destination", "controller", "allowed", "obligations", "valid_until", "decided_at", "watermark", "policy_digest") FROM 'mapping.csv' WITH (FORMAT csv, HEADER match)
DELETE FROM "accordant"."consent" WHERE "key_kind" = 'customer_id' AND "purpose" = 'service' AND "destination" = 'mailer' AND "controller" = 'shop';
INSERT INTO "accordant"."consent" SELECT * FROM accordant_load WHERE "key_kind" = 'customer_id' AND "purpose" = 'service' AND "destination" = 'mailer' AND "controller" = 'shop';
COMMIT;
