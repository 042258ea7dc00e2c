-- Takes back what the other file made.
DROP INDEX layers.partner_commission_lines_partner_id_snapshot_id_idx;
DROP INDEX layers.monthly_statements_partner_id_snapshot_id_idx;
DROP INDEX layers.monthly_statement_entries_partner_id_snapshot_id_idx;
DROP INDEX layers.epoch_payables_partner_id_snapshot_id_idx;
DROP INDEX layers.epoch_payable_entries_partner_id_snapshot_id_idx;
ALTER FUNCTION access_holding PARALLEL RESTRICTED;
ALTER FUNCTION access_granted PARALLEL RESTRICTED;
ALTER FUNCTION access_whole PARALLEL RESTRICTED;
ALTER FUNCTION access_is_narrowed PARALLEL RESTRICTED;
ALTER FUNCTION access_chains PARALLEL RESTRICTED;
ALTER FUNCTION access_validators PARALLEL RESTRICTED;
ALTER FUNCTION access_partner PARALLEL RESTRICTED;
CREATE OR REPLACE FUNCTION access_login_follows(person text, verifier text DEFAULT NULL) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER AS $$
DECLARE
    mark text := format('Aurora''s: a person of the database %s.', current_database());
    decided users;
    kind text;
BEGIN
    SELECT * INTO decided FROM users WHERE login = person ORDER BY revision DESC LIMIT 1;
    IF decided.login IS NULL THEN
        RAISE EXCEPTION '% is no user', person USING HINT = 'a login is made of who is one: `aurora users add`';
    END IF;
    IF verifier !~ '^SCRAM-SHA-256\$[0-9]+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$' THEN
        RAISE EXCEPTION 'that is no SCRAM verifier' USING HINT = 'no password is ever sent as it is';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = person) THEN
        EXECUTE format('CREATE ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', person);
        EXECUTE format('COMMENT ON ROLE %I IS %L', person, mark);
    ELSIF mark IS DISTINCT FROM (
        SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = person) THEN
        RAISE EXCEPTION 'the role % is on this server already, and is no person of this database', person
            USING HINT = 'give the person another login';
    END IF;
    FOR kind IN SELECT * FROM access_groups() LOOP
        EXECUTE format('REVOKE %I FROM %I', access_group(kind), person);
    END LOOP;
    IF decided.valid_until <= clock_timestamp() THEN
        EXECUTE format('REVOKE %I FROM %I', person, access_group('API'));
        EXECUTE format('ALTER ROLE %I NOLOGIN PASSWORD NULL', person);
        RETURN;
    END IF;
    EXECUTE format('ALTER ROLE %I LOGIN VALID UNTIL %L', person, coalesce(decided.valid_until, 'infinity'));
    IF verifier IS NOT NULL THEN
        EXECUTE format('ALTER ROLE %I PASSWORD %L', person, verifier);
    END IF;
    EXECUTE format('GRANT %I TO %I WITH INHERIT TRUE, SET FALSE', access_group(decided.role), person);
    EXECUTE format('GRANT %I TO %I WITH INHERIT FALSE, SET TRUE', person, access_group('API'));
END $$;
CREATE OR REPLACE FUNCTION access_groups() RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
    SELECT unnest(ARRAY['ADMIN', 'FINANCE', 'OPS', 'ANALYST', 'PARTNER', 'AUDITOR'])
$$;
ALTER FUNCTION access_login_follows SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION access_groups SET search_path = pg_catalog, public, pg_temp;
