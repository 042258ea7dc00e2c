-- The signed log: leaves, checkpoints and keys: frozen. A change is a new migration.

CREATE TABLE log_leaves (
    leaf_index bigint NOT NULL CHECK (leaf_index >= 0),
    kind text NOT NULL,
    number bigint NOT NULL CHECK (number >= 1),
    leaf_hash sha256_hex NOT NULL,
    PRIMARY KEY (leaf_index),
    UNIQUE (kind, number)
);
COMMENT ON TABLE log_leaves IS 'The leaves of the one signed log in order: every publication and every entry of the audit log.';
COMMENT ON COLUMN log_leaves.leaf_index IS 'The leaf''s place in the log, from 0 without gaps.';
COMMENT ON COLUMN log_leaves.kind IS 'Of what it is: audit (an entry of the audit log), publication or evidence.';
COMMENT ON COLUMN log_leaves.number IS 'Which one of its kind, from 1 without gaps.';
COMMENT ON COLUMN log_leaves.leaf_hash IS 'SHA-256 of the byte 00 and the record''s bytes.';

CREATE TABLE log_checkpoints (
    size bigint NOT NULL CHECK (size >= 1),
    root sha256_hex NOT NULL,
    note text NOT NULL,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (size)
);
COMMENT ON TABLE log_checkpoints IS 'The heads of the signed log that were signed. A size has one root for ever.';
COMMENT ON COLUMN log_checkpoints.size IS 'How many leaves the checkpoint covers.';
COMMENT ON COLUMN log_checkpoints.root IS 'The root of the Merkle tree over these leaves.';
COMMENT ON COLUMN log_checkpoints.note IS 'The checkpoint as it was given out: a signed note (c2sp.org/tlog-checkpoint).';
COMMENT ON COLUMN log_checkpoints.written_at IS 'When it was signed.';

CREATE TABLE log_keys (
    key_number bigint NOT NULL CHECK (key_number >= 1),
    public_key text NOT NULL,
    reason text NOT NULL,
    recorded_by text NOT NULL DEFAULT current_user,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    recorded_through text DEFAULT session_user,
    PRIMARY KEY (key_number),
    UNIQUE (public_key)
);
COMMENT ON TABLE log_keys IS 'The public halves of the keys that sign the log, from when each was recorded to when the next was.';
COMMENT ON COLUMN log_keys.key_number IS 'The key''s number, from 1; the newest signs.';
COMMENT ON COLUMN log_keys.public_key IS 'The key as others verify by it: NAME+number+base64 (c2sp.org/signed-note).';
COMMENT ON COLUMN log_keys.reason IS 'Why it was decided.';
COMMENT ON COLUMN log_keys.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN log_keys.recorded_at IS 'When it was recorded, by the ledger''s one clock.';
COMMENT ON COLUMN log_keys.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_leaves FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_keys FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON log_keys DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

-- The log only grows: new leaves stand right behind the last one, and those of a kind right behind its last number.
CREATE FUNCTION log_leaves_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    gap record;
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT min(leaf_index) AS first, max(leaf_index) AS last, count(*) AS leaves FROM added) a
        WHERE a.last - a.first + 1 <> a.leaves
           OR (a.first > 0 AND NOT EXISTS (SELECT FROM log_leaves l WHERE l.leaf_index = a.first - 1))) THEN
        RAISE EXCEPTION 'leaves of the log follow one another without a gap';
    END IF;
    SELECT a.kind, a.first INTO gap
    FROM (SELECT kind, min(number) AS first, max(number) AS last, count(*) AS leaves FROM added GROUP BY kind) a
    WHERE a.last - a.first + 1 <> a.leaves
       OR (a.first > 1 AND NOT EXISTS (SELECT FROM log_leaves l WHERE (l.kind, l.number) = (a.kind, a.first - 1)));
    IF FOUND THEN
        RAISE EXCEPTION 'leaves of the kind % do not follow the last one', gap.kind;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER follow AFTER INSERT ON log_leaves REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION log_leaves_follow();

CREATE FUNCTION log_checkpoint_reached() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.size > (SELECT coalesce(max(leaf_index) + 1, 0) FROM log_leaves) THEN
        RAISE EXCEPTION 'the log has not % leaves yet', NEW.size;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER reached BEFORE INSERT ON log_checkpoints FOR EACH ROW EXECUTE FUNCTION log_checkpoint_reached();

ALTER FUNCTION log_leaves_follow SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION log_checkpoint_reached SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION log_leaves_follow SECURITY DEFINER;
ALTER FUNCTION log_checkpoint_reached SECURITY DEFINER;
