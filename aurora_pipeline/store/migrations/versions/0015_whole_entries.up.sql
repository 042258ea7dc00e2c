-- What entries of the audit log came with, and that the database computes their hashes itself: frozen.

ALTER TABLE audit_log ADD COLUMN correlation_id text;
COMMENT ON COLUMN audit_log.correlation_id IS 'What all entries of one command or request share; null: recorded before this was.; null: none did, or it was recorded before this was.';
ALTER TABLE audit_log ADD COLUMN request text;
COMMENT ON COLUMN audit_log.request IS 'The command or request it came with, as that said itself; null: recorded before this was.; null: none did, or it was recorded before this was.';

-- The database computes each new entry's hash itself, whoever writes it, and holds it against the entry before.
CREATE FUNCTION audit_log_follows() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER follows AFTER INSERT ON audit_log REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_follows();

-- What chains.yaml says decides who may release: a person who makes the table say so leaves an entry in the audit log.
-- Aurora's own service and the owner mirror the files without one, where nothing but the first reading is told.
CREATE FUNCTION refuse_unlogged_mirror() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM access_holding()) AND NOT EXISTS (
        SELECT FROM audit_log WHERE action = 'chains.mirrored' AND xmin = pg_current_xact_id()::xid) THEN
        RAISE EXCEPTION 'chains are changed without an entry of the audit log'
            USING HINT = 'edit chains.yaml: the next command records who ran it, and then makes the table follow';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER mirrored AFTER INSERT OR UPDATE OR DELETE ON chains
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_unlogged_mirror();

-- The size of the first checkpoint that covers a statement's release; null: none does yet. Those who do not read the
-- audit log learn no more of it than this number.
CREATE FUNCTION statement_released_under(of_statement uuid) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT min(c.size) FROM log_checkpoints c
    WHERE c.size > (SELECT min(l.leaf_index)
                    FROM audit_log a JOIN log_leaves l ON (l.kind, l.number) = ('audit', a.sequence)
                    WHERE a.subject = 'statement/' || of_statement AND a.action = 'statement.released')
$$;

ALTER FUNCTION audit_log_follows SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION refuse_unlogged_mirror SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_released_under SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION audit_log_follows SECURITY DEFINER;
ALTER FUNCTION refuse_unlogged_mirror SECURITY DEFINER;
