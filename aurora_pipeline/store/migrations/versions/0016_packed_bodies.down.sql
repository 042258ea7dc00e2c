-- Takes back what the other file made.
DO $$
BEGIN
    IF EXISTS (SELECT FROM staging_bodies WHERE packed_from IS NOT NULL) THEN
        RAISE EXCEPTION 'there are bodies that are stored packed, which the older schema cannot hold';
    END IF;
END $$;

CREATE OR REPLACE VIEW staging_payloads_json WITH (security_invoker = true) AS
    SELECT p.*, as_json(b.body) AS body_json
    FROM staging_payloads p LEFT JOIN staging_bodies b USING (chain_id, epoch, response_hash);
COMMENT ON COLUMN staging_payloads_json.body_json IS 'The body as JSON; null: it is none, or is kept elsewhere.';

ALTER TABLE staging_bodies DROP COLUMN packed_from;
