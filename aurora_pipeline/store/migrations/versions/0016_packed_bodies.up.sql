-- Long bodies of answers are stored packed: frozen.
ALTER TABLE staging_bodies ADD COLUMN packed_from bigint;
COMMENT ON COLUMN staging_bodies.packed_from IS 'Of a long body that is stored packed (zlib): how many bytes it has; null: the body stands as it came.';

CREATE OR REPLACE VIEW staging_payloads_json WITH (security_invoker = true) AS
    SELECT p.*, CASE WHEN b.packed_from IS NULL THEN as_json(b.body) END AS body_json
    FROM staging_payloads p LEFT JOIN staging_bodies b USING (chain_id, epoch, response_hash);
COMMENT ON COLUMN staging_payloads_json.body_json IS 'The body as JSON; null: it is none, is long and stored packed, or is kept elsewhere.';
