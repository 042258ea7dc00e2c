"""Whose rights count in a session, in SQL: what policies ask of the table of users."""

from __future__ import annotations

from typing import Final

PERSON: Final = r"""
-- What holds now of whoever acts: the login, or whom a program's login has taken on for a transaction. It runs as its
-- owner, for whom current_user would be itself.
CREATE FUNCTION access_holding() RETURNS SETOF users LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER AS $$
DECLARE
    person text := coalesce(nullif(current_setting('role'), 'none'), session_user);
BEGIN
    RETURN QUERY SELECT * FROM (SELECT * FROM users WHERE login = person ORDER BY revision DESC LIMIT 1) newest
        WHERE valid_from <= clock_timestamp() AND (valid_until IS NULL OR clock_timestamp() < valid_until);
END $$;

-- Whether who acts is now somebody of one of these roles.
CREATE FUNCTION access_granted(roles text[]) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER AS $$
BEGIN
    RETURN EXISTS (SELECT FROM access_holding() WHERE role = ANY (roles));
END $$;

-- Whether so, and narrowed to no chains or validators.
CREATE FUNCTION access_whole(roles text[]) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER AS $$
BEGIN
    RETURN EXISTS (SELECT FROM access_holding() WHERE role = ANY (roles) AND chains IS NULL AND validators IS NULL);
END $$;

-- Whether who acts is narrowed, and sees less than there is.
CREATE FUNCTION access_is_narrowed() RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER AS $$
BEGIN
    RETURN EXISTS (SELECT FROM access_holding() WHERE chains IS NOT NULL OR validators IS NOT NULL);
END $$;

-- The only chains, and the only validators, that who acts sees; null: every one.
CREATE FUNCTION access_chains() RETURNS text[] LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER AS $$
BEGIN
    RETURN (SELECT array(SELECT jsonb_array_elements_text(chains::jsonb)) FROM access_holding()
            WHERE chains IS NOT NULL);
END $$;

CREATE FUNCTION access_validators() RETURNS text[] LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER AS $$
BEGIN
    RETURN (SELECT array(SELECT jsonb_array_elements_text(validators::jsonb)) FROM access_holding()
            WHERE validators IS NOT NULL);
END $$;

-- The partner for whom who acts is here; null: for none. A partner's queries are short: starting workers takes longer,
-- and so does a second function that is asked within the first.
CREATE FUNCTION access_partner() RETURNS text LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER AS $$
BEGIN
    RETURN (SELECT partner_id FROM (SELECT * FROM users
                WHERE login = coalesce(nullif(current_setting('role'), 'none'), session_user)
                ORDER BY revision DESC LIMIT 1) newest
            WHERE role = 'PARTNER'
              AND valid_from <= clock_timestamp() AND (valid_until IS NULL OR clock_timestamp() < valid_until));
END $$;

-- Makes the login of a person what the newest decision about it says, and sets its password, of which only the SCRAM
-- verifier is ever told. It runs as its owner, who may make roles; an ADMIN calls it, and can make nobody else by it.
CREATE FUNCTION access_login_follows(person text, verifier text DEFAULT NULL) RETURNS void LANGUAGE plpgsql
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

-- The role of this database that holds what people of a kind may do, known by its comment: long names are cut.
CREATE FUNCTION access_group(kind text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    found text := (SELECT rolname FROM pg_roles WHERE shobj_description(oid, 'pg_authid')
                       = format('Aurora''s: %s of the database %s.', kind, current_database()));
BEGIN
    IF found IS NULL THEN
        RAISE EXCEPTION 'this database has no role for %', kind
            USING HINT = 'have `aurora db upgrade` run by a user who may create roles and owns the database';
    END IF;
    RETURN found;
END $$;

CREATE FUNCTION access_groups() RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
    SELECT unnest(ARRAY['ADMIN', 'FINANCE', 'OPS', 'ANALYST', 'PARTNER', 'AUDITOR', 'NARROWED'])
$$;
"""
