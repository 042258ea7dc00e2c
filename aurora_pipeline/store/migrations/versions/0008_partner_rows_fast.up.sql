-- A partner's lines are found by an index; what policies ask costs nothing per row: frozen.
CREATE INDEX ON layers.partner_commission_lines (partner_id, snapshot_id);
CREATE INDEX ON layers.monthly_statements (partner_id, snapshot_id);
CREATE INDEX ON layers.monthly_statement_entries (partner_id, snapshot_id);
CREATE INDEX ON layers.epoch_payables (partner_id, snapshot_id);
CREATE INDEX ON layers.epoch_payable_entries (partner_id, snapshot_id);
ALTER FUNCTION access_holding PARALLEL SAFE;
ALTER FUNCTION access_granted PARALLEL SAFE;
ALTER FUNCTION access_whole PARALLEL SAFE;
ALTER FUNCTION access_is_narrowed PARALLEL SAFE;
ALTER FUNCTION access_chains PARALLEL SAFE;
ALTER FUNCTION access_validators PARALLEL SAFE;
ALTER FUNCTION access_partner PARALLEL SAFE;

-- Who is narrowed is of a role of its own, so that policies which look at columns are for nobody else.
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
    IF decided.chains IS NOT NULL OR decided.validators IS NOT NULL THEN
        EXECUTE format('GRANT %I TO %I WITH INHERIT TRUE, SET FALSE', access_group('NARROWED'), person);
    END IF;
    EXECUTE format('GRANT %I TO %I WITH INHERIT FALSE, SET TRUE', person, access_group('API'));
END $$;
CREATE OR REPLACE FUNCTION access_groups() RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
    SELECT unnest(ARRAY['ADMIN', 'FINANCE', 'OPS', 'ANALYST', 'PARTNER', 'AUDITOR', 'NARROWED'])
$$;
ALTER FUNCTION access_login_follows SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION access_groups SET search_path = pg_catalog, public, pg_temp;
