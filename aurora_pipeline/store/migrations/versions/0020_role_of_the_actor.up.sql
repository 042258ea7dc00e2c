-- What the actor of an entry was, by the database itself, an index for what partners read, and payments to accounts of
-- others refused: frozen.

-- What somebody was to Aurora when a transaction began that records at a moment: what it records of people counts after
-- it. Null: no user then. VOLATILE, so that it sees what was recorded while the clock was waited for.
CREATE FUNCTION role_at(person text, moment timestamptz) RETURNS text LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
BEGIN
    RETURN (SELECT role
            FROM (SELECT * FROM users WHERE login = person AND recorded_at < moment
                  ORDER BY revision DESC LIMIT 1) newest
            WHERE valid_from <= moment AND (valid_until IS NULL OR moment < valid_until));
END $$;
ALTER FUNCTION role_at SET search_path = pg_catalog, public, pg_temp;

ALTER TABLE audit_log ADD COLUMN actor_role text;
ALTER TABLE audit_log ALTER COLUMN actor_role SET DEFAULT role_at(current_user::text, record_instant());
COMMENT ON COLUMN audit_log.actor_role IS 'What the actor was when the decision was made; null: no user then, or it was recorded before this was.';

-- The database computes each new entry's hash itself, whoever writes it, and holds it against the entry before.
CREATE OR REPLACE FUNCTION audit_log_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong bigint;
    person text;
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
           || CASE WHEN a.actor_role IS NOT NULL THEN coalesce('t' || octet_length(a.recorded_through) || ':' || a.recorded_through, '-') || coalesce('t' || octet_length(a.correlation_id) || ':' || a.correlation_id, '-') || coalesce('t' || octet_length(a.request) || ':' || a.request, '-') || coalesce('t' || octet_length(a.actor_role) || ':' || a.actor_role, '-')
           ELSE CASE WHEN a.request IS NOT NULL THEN coalesce('t' || octet_length(a.recorded_through) || ':' || a.recorded_through, '-') || coalesce('t' || octet_length(a.correlation_id) || ':' || a.correlation_id, '-') || coalesce('t' || octet_length(a.request) || ':' || a.request, '-')
           ELSE CASE WHEN a.correlation_id IS NOT NULL THEN coalesce('t' || octet_length(a.recorded_through) || ':' || a.recorded_through, '-') || coalesce('t' || octet_length(a.correlation_id) || ':' || a.correlation_id, '-')
           ELSE CASE WHEN a.recorded_through IS NOT NULL THEN coalesce('t' || octet_length(a.recorded_through) || ':' || a.recorded_through, '-')
           ELSE '' END END END END, 'UTF8')), 'hex')
    ORDER BY a.sequence LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entry % of the audit log does not follow the one before it, or its hash is not its own', wrong
            USING HINT = 'entries are written by Aurora''s commands, which compute both';
    END IF;
    SELECT a.actor INTO person
    FROM (SELECT DISTINCT actor, recorded_at, actor_role FROM added) a
    WHERE a.actor_role IS DISTINCT FROM role_at(a.actor, a.recorded_at) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'an entry of the audit log gives % a role that it did not have then', person
            USING HINT = 'the table of users says who has which; entries are written by Aurora''s commands';
    END IF;
    RETURN NULL;
END $$;
ALTER FUNCTION audit_log_follows SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION audit_log_follows SECURITY DEFINER;

-- What a partner reads of released snapshots is in the index as a whole.
DROP INDEX released_snapshots_partner_id_part_idx;
CREATE INDEX ON released_snapshots (partner_id, part, snapshot_id);
ALTER TABLE released_snapshots DROP CONSTRAINT released_snapshots_pkey;
ALTER TABLE released_snapshots ADD PRIMARY KEY (statement_id, part, snapshot_id);

-- The partner for whom who acts is here; null: for none. A partner's queries are short: starting workers takes longer,
-- and so does a second function that is asked within the first.
CREATE OR REPLACE FUNCTION access_partner() RETURNS text LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER AS $$
BEGIN
    RETURN (SELECT partner_id FROM (SELECT * FROM users
                WHERE login = coalesce(nullif(current_setting('role'), 'none'), session_user)
                ORDER BY revision DESC LIMIT 1) newest
            WHERE role = 'PARTNER'
              AND valid_from <= clock_timestamp() AND (valid_until IS NULL OR clock_timestamp() < valid_until));
END $$;
ALTER FUNCTION access_partner SET search_path = pg_catalog, public, pg_temp;

-- Packed bodies are of two kinds.
COMMENT ON COLUMN staging_bodies.packed_from IS 'Of a long body that is stored packed (zstd or zlib): how many bytes it has; null: it stands as it came.';
ALTER TABLE statement_payments ADD COLUMN shared_account text;
COMMENT ON COLUMN statement_payments.shared_account IS 'Why it was paid to an account that is another partner''s or the operator''s own as well; null: it was not, or it was recorded before this was.';

-- Whose else an account is at a moment, in words; null: nobody's but the partner's, as far as Aurora knows. An account
-- is the same on every chain of its family. Hexadecimal addresses are the same in capitals and in small letters.
CREATE FUNCTION account_of_another(of_partner text, account text, moment timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT known.whose FROM (
        SELECT 1 AS place, w.wallet_address AS address, 'a wallet of ' || w.partner_id AS whose
        FROM partner_wallets w
        WHERE w.partner_id <> of_partner AND w.introduced_at <= moment AND (w.ended_at IS NULL OR moment < w.ended_at)
          AND w.revision = (SELECT max(n.revision) FROM partner_wallets n
                            WHERE (n.chain_id, n.wallet_address) = (w.chain_id, w.wallet_address))
        UNION ALL
        SELECT 2, p.payout_address, 'an account that ' || s.partner_id || ' was paid to'
        FROM statement_payments p JOIN statement_submissions s ON s.statement_id = p.statement_id
        WHERE s.partner_id <> of_partner
        UNION ALL
        SELECT 3, o.wallet_address, 'a wallet of the operator''s own'
        FROM operator_wallets o
        WHERE o.valid_from <= moment AND (o.valid_until IS NULL OR moment < o.valid_until)
          AND o.revision = (SELECT max(n.revision) FROM operator_wallets n
                            WHERE (n.chain_id, n.wallet_address) = (o.chain_id, o.wallet_address))
        UNION ALL
        SELECT 4, one.key, 'a key of the operator''s validator ' || v.name
        FROM canonical_validator_identities v CROSS JOIN LATERAL (VALUES (v.validator_key), (v.identity_key)) one (key)
        WHERE v.ownership = 'OPERATOR' AND v.valid_from <= moment AND (v.valid_until IS NULL OR moment < v.valid_until)
          AND v.revision = (SELECT max(n.revision) FROM canonical_validator_identities n
                            WHERE (n.chain_id, n.validator_key) = (v.chain_id, v.validator_key))
        UNION ALL
        SELECT 5, r.fee_recipient, 'a fee recipient of the operator''s'
        FROM fee_recipients r
        WHERE r.valid_from <= moment AND (r.valid_until IS NULL OR moment < r.valid_until)
          AND r.revision = (SELECT max(n.revision) FROM fee_recipients n
                            WHERE (n.chain_id, n.validator_key) = (r.chain_id, r.validator_key))
          AND NOT EXISTS (SELECT FROM canonical_validator_identities v
                          WHERE (v.chain_id, v.validator_key, v.ownership) = (r.chain_id, r.validator_key, 'CLIENT'))
    ) known
    WHERE known.address = account OR (account LIKE '0x%' AND lower(known.address) = lower(account))
    ORDER BY known.place, known.whose LIMIT 1
$$;

CREATE FUNCTION statement_account_own() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whose text := account_of_another(
        (SELECT partner_id FROM statement_submissions WHERE statement_id = NEW.statement_id LIMIT 1),
        NEW.payout_address, NEW.recorded_at);
BEGIN
    IF whose IS NOT NULL AND coalesce(NEW.shared_account, '') !~ '[^[:space:]]' THEN
        RAISE EXCEPTION '% is %, and nobody said why statement % is paid to it', NEW.payout_address, whose,
                        NEW.statement_id
            USING HINT = 'pay to the partner''s own account, or say in shared_account why it is this one';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER own_account BEFORE INSERT ON statement_payments
    FOR EACH ROW EXECUTE FUNCTION statement_account_own();
ALTER FUNCTION account_of_another SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_account_own SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_account_own SECURITY DEFINER;
