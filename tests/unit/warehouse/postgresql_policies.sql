-- Row access and masking policies for postgresql; tested on a real PostgreSQL.
-- Made from policy shop version 3, sha256:0000000000000000000000000000000000000000000000000000000000000000.
-- A person is visible only while the mapping says so, has not expired and is fresh.
-- Make this file anew when the policy asks for new obligations: rows that owe what it does not know stay hidden.

BEGIN;
CREATE SCHEMA IF NOT EXISTS "accordant";
CREATE TABLE IF NOT EXISTS "accordant"."consent" ("subject_key" TEXT NOT NULL, "key_kind" TEXT NOT NULL, "purpose" TEXT NOT NULL, "destination" TEXT NOT NULL, "controller" TEXT NOT NULL, "allowed" BOOLEAN NOT NULL, "obligations" TEXT NOT NULL, "valid_until" TIMESTAMPTZ NOT NULL, "decided_at" TIMESTAMPTZ NOT NULL, "watermark" BIGINT NOT NULL, "policy_digest" TEXT NOT NULL, "loaded_at" TIMESTAMPTZ NOT NULL);
ALTER TABLE "accordant"."consent" ALTER COLUMN "loaded_at" SET DEFAULT clock_timestamp();
CREATE UNIQUE INDEX IF NOT EXISTS accordant_one_answer ON "accordant"."consent" ("subject_key", "key_kind", "purpose", "destination", "controller");
REVOKE ALL ON TABLE "accordant"."consent" FROM PUBLIC, "marketing", "service";
GRANT USAGE ON SCHEMA "accordant" TO "marketing", "service";
DROP VIEW IF EXISTS "accordant"."marketing_may_read" CASCADE;
CREATE VIEW "accordant"."marketing_may_read" WITH (security_barrier = true) AS SELECT "consent"."subject_key" FROM "accordant"."consent" AS "consent" WHERE "consent"."key_kind" = 'customer_id' AND "consent"."purpose" = 'ads.audience' AND "consent"."destination" = 'partner' AND "consent"."controller" = 'shop' AND "consent"."allowed" AND CLOCK_TIMESTAMP() < "consent"."valid_until" AND "consent"."decided_at" <= CLOCK_TIMESTAMP() AND "consent"."decided_at" > (CLOCK_TIMESTAMP() - INTERVAL '90 MINUTE') AND REPLACE(REPLACE(REPLACE("consent"."obligations", '|drop:phone|', ''), '|mask:email:sha256|', ''), '|set:ad_personalization:granted|', '') = '#';
REVOKE ALL ON TABLE "accordant"."marketing_may_read" FROM PUBLIC;
GRANT SELECT ON TABLE "accordant"."marketing_may_read" TO "marketing";
DROP VIEW IF EXISTS "accordant"."service_may_read" CASCADE;
CREATE VIEW "accordant"."service_may_read" WITH (security_barrier = true) AS SELECT "consent"."subject_key" FROM "accordant"."consent" AS "consent" WHERE "consent"."key_kind" = 'customer_id' AND "consent"."purpose" = 'service' AND "consent"."destination" = 'mailer' AND "consent"."controller" = 'shop' AND "consent"."allowed" AND CLOCK_TIMESTAMP() < "consent"."valid_until" AND "consent"."decided_at" <= CLOCK_TIMESTAMP() AND "consent"."decided_at" > (CLOCK_TIMESTAMP() - INTERVAL '90 MINUTE') AND "consent"."obligations" = '#';
REVOKE ALL ON TABLE "accordant"."service_may_read" FROM PUBLIC;
GRANT SELECT ON TABLE "accordant"."service_may_read" TO "service";
ALTER TABLE "crm"."customer" ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON TABLE "crm"."customer" FROM PUBLIC, "marketing", "service";
GRANT USAGE ON SCHEMA "crm" TO "marketing", "service";
DROP POLICY IF EXISTS "accordant_marketing" ON "crm"."customer";
CREATE POLICY "accordant_marketing" ON "crm"."customer" AS PERMISSIVE FOR SELECT TO "marketing" USING ("customer_key" IN (SELECT "subject_key" FROM "accordant"."marketing_may_read"));
GRANT SELECT ("age") ON TABLE "crm"."customer" TO "marketing";
DROP VIEW IF EXISTS "accordant"."marketing_customer";
CREATE VIEW "accordant"."marketing_customer" WITH (security_barrier = true) AS SELECT CASE WHEN POSITION('|mask:email:sha256|' IN "consent"."obligations") > 0 THEN ENCODE(SHA256(CONVERT_TO(LOWER(TRIM(CAST("person"."mail" AS TEXT))), 'UTF8')), 'hex') ELSE CAST("person"."mail" AS TEXT) END AS "mail", CASE WHEN POSITION('|mask:email:sha256|' IN "consent"."obligations") > 0 THEN LOWER(CAST("person"."mail_sha256" AS TEXT)) ELSE CAST("person"."mail_sha256" AS TEXT) END AS "mail_sha256", CASE WHEN POSITION('|drop:phone|' IN "consent"."obligations") > 0 THEN NULL ELSE "person"."telephone" END AS "telephone", "person"."age" AS "age", CASE WHEN POSITION('|set:ad_personalization:granted|' IN "consent"."obligations") > 0 THEN 'granted' ELSE CAST("person"."ad_personalization" AS TEXT) END AS "ad_personalization" FROM "crm"."customer" AS "person" INNER JOIN "accordant"."consent" AS "consent" ON "consent"."subject_key" = "person"."customer_key" WHERE "consent"."key_kind" = 'customer_id' AND "consent"."purpose" = 'ads.audience' AND "consent"."destination" = 'partner' AND "consent"."controller" = 'shop' AND "consent"."allowed" AND CLOCK_TIMESTAMP() < "consent"."valid_until" AND "consent"."decided_at" <= CLOCK_TIMESTAMP() AND "consent"."decided_at" > (CLOCK_TIMESTAMP() - INTERVAL '90 MINUTE') AND REPLACE(REPLACE(REPLACE("consent"."obligations", '|drop:phone|', ''), '|mask:email:sha256|', ''), '|set:ad_personalization:granted|', '') = '#';
REVOKE ALL ON TABLE "accordant"."marketing_customer" FROM PUBLIC;
GRANT SELECT ON TABLE "accordant"."marketing_customer" TO "marketing";
DROP POLICY IF EXISTS "accordant_service" ON "crm"."customer";
CREATE POLICY "accordant_service" ON "crm"."customer" AS PERMISSIVE FOR SELECT TO "service" USING ("customer_key" IN (SELECT "subject_key" FROM "accordant"."service_may_read"));
GRANT SELECT ("mail", "mail_sha256", "telephone", "age", "ad_personalization") ON TABLE "crm"."customer" TO "service";
DROP VIEW IF EXISTS "accordant"."service_customer";
CREATE VIEW "accordant"."service_customer" WITH (security_barrier = true) AS SELECT "person"."mail" AS "mail", "person"."mail_sha256" AS "mail_sha256", "person"."telephone" AS "telephone", "person"."age" AS "age", "person"."ad_personalization" AS "ad_personalization" FROM "crm"."customer" AS "person" INNER JOIN "accordant"."consent" AS "consent" ON "consent"."subject_key" = "person"."customer_key" WHERE "consent"."key_kind" = 'customer_id' AND "consent"."purpose" = 'service' AND "consent"."destination" = 'mailer' AND "consent"."controller" = 'shop' AND "consent"."allowed" AND CLOCK_TIMESTAMP() < "consent"."valid_until" AND "consent"."decided_at" <= CLOCK_TIMESTAMP() AND "consent"."decided_at" > (CLOCK_TIMESTAMP() - INTERVAL '90 MINUTE') AND "consent"."obligations" = '#';
REVOKE ALL ON TABLE "accordant"."service_customer" FROM PUBLIC;
GRANT SELECT ON TABLE "accordant"."service_customer" TO "service";
DO $check$ BEGIN IF EXISTS (SELECT FROM pg_roles AS reader WHERE reader.rolname IN ('marketing', 'service') AND (reader.rolsuper OR reader.rolbypassrls OR EXISTS (SELECT FROM pg_class WHERE oid IN ('"accordant"."consent"'::regclass, '"crm"."customer"'::regclass) AND pg_has_role(reader.oid, relowner, 'MEMBER')) OR EXISTS (SELECT FROM pg_roles AS other WHERE other.rolname IN ('marketing', 'service') AND other.oid <> reader.oid AND pg_has_role(reader.oid, other.oid, 'MEMBER')))) THEN RAISE EXCEPTION 'a reader passes row security, owns a table, or is a member of another'; END IF; END $check$;
COMMIT;
