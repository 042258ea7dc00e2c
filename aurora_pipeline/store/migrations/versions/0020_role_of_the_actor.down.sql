-- Takes back what the way up made.

COMMENT ON COLUMN staging_bodies.packed_from IS 'Of a long body that is stored packed (zlib): how many bytes it has; null: the body stands as it came.';
DROP TRIGGER own_account ON statement_payments;
DROP FUNCTION statement_account_own();
DROP FUNCTION account_of_another(text, text, timestamptz);
ALTER TABLE statement_payments DROP COLUMN shared_account;

DROP INDEX released_snapshots_partner_id_part_snapshot_id_idx;
CREATE INDEX ON released_snapshots (partner_id, part);
ALTER TABLE released_snapshots DROP CONSTRAINT released_snapshots_pkey;
ALTER TABLE released_snapshots ADD PRIMARY KEY (statement_id, snapshot_id, part);

-- The partner for whom who acts is here; null: for none. A partner's queries are short: starting workers takes longer.
CREATE OR REPLACE FUNCTION access_partner() RETURNS text LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER AS $$
BEGIN
    RETURN (SELECT partner_id FROM access_holding() WHERE role = 'PARTNER');
END $$;
ALTER FUNCTION access_partner SET search_path = pg_catalog, public, pg_temp;

CREATE OR REPLACE FUNCTION audit_log_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong bigint;
BEGIN
    SELECT a.sequence INTO wrong
    FROM added a LEFT JOIN audit_log p ON p.sequence = a.sequence - 1
    WHERE (p.sequence IS NULL AND a.sequence <> 1)
       OR a.previous_hash <> coalesce(p.entry_hash, repeat('0', 64))
       OR a.entry_hash <> encode(sha256(convert_to('t14:aurora.audit.1'
           || coalesce('i' || octet_length(a.sequence::text) || ':' || a.sequence::text, '-')
           || coalesce('z' || octet_length(to_char(a.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) || ':' || to_char(a.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '-')
           || coalesce('t' || octet_length(a.actor) || ':' || a.actor, '-')
           || coalesce('t' || octet_length(a.action) || ':' || a.action, '-')
           || coalesce('t' || octet_length(a.subject) || ':' || a.subject, '-')
           || coalesce('t' || octet_length(a.before) || ':' || a.before, '-')
           || coalesce('t' || octet_length(a.after) || ':' || a.after, '-')
           || coalesce('t' || octet_length(a.previous_hash) || ':' || a.previous_hash, '-')
           || CASE WHEN a.request IS NOT NULL THEN coalesce('t' || octet_length(a.recorded_through) || ':' || a.recorded_through, '-') || coalesce('t' || octet_length(a.correlation_id) || ':' || a.correlation_id, '-') || coalesce('t' || octet_length(a.request) || ':' || a.request, '-')
           ELSE CASE WHEN a.correlation_id IS NOT NULL THEN coalesce('t' || octet_length(a.recorded_through) || ':' || a.recorded_through, '-') || coalesce('t' || octet_length(a.correlation_id) || ':' || a.correlation_id, '-')
           ELSE CASE WHEN a.recorded_through IS NOT NULL THEN coalesce('t' || octet_length(a.recorded_through) || ':' || a.recorded_through, '-')
           ELSE '' END END END, 'UTF8')), 'hex')
    ORDER BY a.sequence LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entry % of the audit log does not follow the one before it, or its hash is not its own', wrong
            USING HINT = 'entries are written by Aurora''s commands, which compute both';
    END IF;
    RETURN NULL;
END $$;
ALTER FUNCTION audit_log_follows SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION audit_log_follows SECURITY DEFINER;
ALTER TABLE audit_log DROP COLUMN actor_role;
DROP FUNCTION role_at(text, timestamptz);
