-- The foundation's schema: frozen. A change is a new migration.

CREATE SCHEMA layers;

CREATE DOMAIN amount AS numeric CHECK (scale(VALUE) = 0 AND abs(VALUE) <= 1e30);
COMMENT ON DOMAIN amount IS 'Money in base units: an integer; NUMERIC(38,0) would silently round instead of refusing.';
CREATE DOMAIN sha256_hex AS text CHECK (octet_length(VALUE) = 64 AND VALUE !~ '[^0-9a-f]');

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
        USING HINT = 'history is never overwritten; write a new row that supersedes the old one';
END $$;

-- A decision is written with its entry in the audit log, in one transaction and at one instant: a plain INSERT is not.
CREATE FUNCTION refuse_unlogged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM audit_log
                   WHERE recorded_at = NEW.recorded_at AND xmin = pg_current_xact_id()::xid) THEN
        RAISE EXCEPTION 'a row of % comes without an entry of the audit log', TG_TABLE_NAME
            USING HINT = 'decisions are recorded by Aurora''s commands, which log who decided, when and why';
    END IF;
    RETURN NULL;
END $$;

-- The one clock of everything recorded. Its row lock is held until commit, so instants are strictly increasing in
-- commit order: whoever reads "as of t" after waiting as below can never miss a row of an earlier instant.
CREATE TABLE ledger_clock (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    last_instant timestamptz NOT NULL,
    taken_by xid8,
    taken_in timestamptz
);
INSERT INTO ledger_clock (last_instant) VALUES ('-infinity');

-- One instant for all that a transaction records, so that no moment shows half of it. A transaction is known by its
-- number and its start: after a restore into another server the number alone could come again.
CREATE FUNCTION record_instant() RETURNS timestamptz LANGUAGE plpgsql VOLATILE AS $$
DECLARE instant timestamptz;
BEGIN
    SELECT last_instant INTO instant FROM ledger_clock
        WHERE taken_by = pg_current_xact_id() AND taken_in = transaction_timestamp();
    IF FOUND THEN
        RETURN instant;
    END IF;
    PERFORM pg_advisory_xact_lock(4717, 1);
    UPDATE ledger_clock SET last_instant = greatest(clock_timestamp(), last_instant + interval '1 microsecond'),
                            taken_by = pg_current_xact_id(), taken_in = transaction_timestamp()
        RETURNING last_instant INTO instant;
    RETURN instant;
END $$;

-- Waits until all that was recorded up to a moment is committed. It has to be a statement of its own, before the one
-- that reads: a statement's view of the rows is older than its waiting. The lock is taken in a subtransaction that is
-- rolled back, which lets go of it at once, also when the wait is cancelled: no reader ever holds up a publication.
-- It runs as its owner, since readers may take no advisory lock themselves: one that they kept would stop publications.
CREATE FUNCTION await_moment(moment timestamptz) RETURNS void LANGUAGE plpgsql VOLATILE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'an as-of read needs READ COMMITTED: this transaction''s view is older than its lock'
            USING HINT = 'end the transaction, or start it with SET TRANSACTION ISOLATION LEVEL READ COMMITTED';
    END IF;
    BEGIN
        PERFORM pg_advisory_xact_lock_shared(4717, 1);
        RAISE EXCEPTION USING ERRCODE = 'AU001', MESSAGE = 'waited';
    EXCEPTION WHEN SQLSTATE 'AU001' THEN
        NULL;
    END;
    IF moment IS NULL OR moment >= clock_timestamp() THEN
        RAISE EXCEPTION 'the moment % is not past: what it will hold can still change', moment
            USING HINT = 'ask for a moment before now';
    END IF;
END $$;

CREATE FUNCTION as_json(body bytea) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN convert_from(body, 'UTF8')::jsonb;
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END $$;

-- Known only to this instance; salts the leaves of what is shown to partners row by row.
CREATE TABLE instance_secret (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), secret bytea NOT NULL);
INSERT INTO instance_secret (secret)
    VALUES (decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));

CREATE TABLE snapshots (
    snapshot_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    asset text NOT NULL,
    chain_id text NOT NULL,
    period text NOT NULL,
    epoch bigint GENERATED ALWAYS AS (CASE WHEN period ~ '^[0-9]{7}$' THEN period::bigint END) STORED,
    content_digest sha256_hex NOT NULL,
    lineage_digest sha256_hex NOT NULL,
    inputs jsonb NOT NULL,
    layer_version bigint NOT NULL CHECK (layer_version >= 1),
    row_count bigint NOT NULL CHECK (row_count >= 0),
    completeness text NOT NULL CHECK (completeness IN ('FINAL', 'PARTIAL')),
    dagster_run text,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (snapshot_id)
);
COMMENT ON TABLE snapshots IS 'Every result a layer ever wrote for a period, published or not. Rows are in layers.<asset>.';
COMMENT ON COLUMN snapshots.snapshot_id IS 'The snapshot''s number; what identifies it outside this database is its digest.';
COMMENT ON COLUMN snapshots.asset IS 'The layer table whose rows these are.';
COMMENT ON COLUMN snapshots.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN snapshots.period IS 'What follows the chain in the key: an epoch in seven digits like 0000850, or a month like 2026-08.';
COMMENT ON COLUMN snapshots.epoch IS 'The epoch as a number; null: the snapshot is of a month.';
COMMENT ON COLUMN snapshots.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN snapshots.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN snapshots.inputs IS 'What was read: a list of [kind, name, digest], sorted.';
COMMENT ON COLUMN snapshots.layer_version IS 'The layer''s version number when this was computed.';
COMMENT ON COLUMN snapshots.row_count IS 'How many rows it has.';
COMMENT ON COLUMN snapshots.completeness IS 'FINAL when every figure is, else PARTIAL.';
COMMENT ON COLUMN snapshots.dagster_run IS 'The run that computed it; null outside Dagster.';
COMMENT ON COLUMN snapshots.written_at IS 'When the row was written.';
CREATE INDEX ON snapshots (asset, chain_id, period);
CREATE INDEX ON snapshots (asset, chain_id, epoch);
CREATE INDEX ON snapshots (content_digest);
CREATE INDEX ON snapshots (lineage_digest);

CREATE TABLE snapshot_reports (
    snapshot_id bigint NOT NULL REFERENCES snapshots,
    totals jsonb NOT NULL,
    accepted boolean NOT NULL,
    violations jsonb NOT NULL,
    warnings jsonb NOT NULL,
    PRIMARY KEY (snapshot_id)
);
COMMENT ON TABLE snapshot_reports IS 'What the checks said of each snapshot, and its totals. Not for partners.';
COMMENT ON COLUMN snapshot_reports.snapshot_id IS 'The snapshot.';
COMMENT ON COLUMN snapshot_reports.totals IS 'Exact sums of the money columns, as text, by column.';
COMMENT ON COLUMN snapshot_reports.accepted IS 'Whether everything held that was to be published together; it was published then.';
COMMENT ON COLUMN snapshot_reports.violations IS 'Broken schema rules and invariants; any of them rejects the snapshot.';
COMMENT ON COLUMN snapshot_reports.warnings IS 'What looks odd and does not hold publication back.';

CREATE TABLE attestations (
    attestation_id bigint NOT NULL CHECK (attestation_id >= 1),
    snapshot_id bigint NOT NULL REFERENCES snapshots,
    lineage_digest sha256_hex NOT NULL,
    inputs jsonb NOT NULL,
    layer_version bigint NOT NULL CHECK (layer_version >= 1),
    dagster_run text,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    previous_hash sha256_hex NOT NULL,
    entry_hash sha256_hex NOT NULL,
    PRIMARY KEY (attestation_id),
    UNIQUE (snapshot_id, lineage_digest)
);
COMMENT ON TABLE attestations IS 'Later computations that came to the content of a snapshot again, from other inputs or a newer layer.';
COMMENT ON COLUMN attestations.attestation_id IS 'Its place in the order of all attestations, from 1 without gaps.';
COMMENT ON COLUMN attestations.snapshot_id IS 'The snapshot.';
COMMENT ON COLUMN attestations.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN attestations.inputs IS 'What was read: a list of [kind, name, digest], sorted.';
COMMENT ON COLUMN attestations.layer_version IS 'The layer''s version number when this was computed.';
COMMENT ON COLUMN attestations.dagster_run IS 'The run that computed it; null outside Dagster.';
COMMENT ON COLUMN attestations.written_at IS 'When the row was written.';
COMMENT ON COLUMN attestations.previous_hash IS 'The entry_hash of the row before; 64 zeros for the first.';
COMMENT ON COLUMN attestations.entry_hash IS 'SHA-256 over every other column, so over the row before too.';

CREATE TABLE publications (
    sequence bigint NOT NULL CHECK (sequence >= 1),
    published_at timestamptz NOT NULL DEFAULT record_instant(),
    snapshot_id bigint NOT NULL REFERENCES snapshots,
    asset text NOT NULL,
    chain_id text NOT NULL,
    period text NOT NULL,
    epoch bigint GENERATED ALWAYS AS (CASE WHEN period ~ '^[0-9]{7}$' THEN period::bigint END) STORED,
    previous_hash sha256_hex NOT NULL,
    entry_hash sha256_hex NOT NULL,
    PRIMARY KEY (sequence),
    UNIQUE (entry_hash)
);
COMMENT ON TABLE publications IS 'Which snapshot came into force when. The newest of an asset and period is in force.';
COMMENT ON COLUMN publications.sequence IS 'Its place in the order of all publications, from 1 without gaps.';
COMMENT ON COLUMN publications.published_at IS 'When it came into force, by the ledger''s one clock. What is published together shares it.';
COMMENT ON COLUMN publications.snapshot_id IS 'The snapshot.';
COMMENT ON COLUMN publications.asset IS 'The layer table whose rows these are.';
COMMENT ON COLUMN publications.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN publications.period IS 'What follows the chain in the key: an epoch in seven digits like 0000850, or a month like 2026-08.';
COMMENT ON COLUMN publications.epoch IS 'The epoch as a number; null: the snapshot is of a month.';
COMMENT ON COLUMN publications.previous_hash IS 'The entry_hash of the publication before; 64 zeros for the first.';
COMMENT ON COLUMN publications.entry_hash IS 'SHA-256 over what was published, when, and the publication before.';
CREATE INDEX ON publications (asset, chain_id, period, sequence);
CREATE INDEX ON publications (asset, chain_id, epoch, sequence);
CREATE INDEX ON publications (snapshot_id);

CREATE TABLE audit_log (
    sequence bigint NOT NULL CHECK (sequence >= 1),
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    before text,
    after text,
    previous_hash sha256_hex NOT NULL,
    entry_hash sha256_hex NOT NULL,
    PRIMARY KEY (sequence),
    UNIQUE (entry_hash)
);
COMMENT ON TABLE audit_log IS 'Every decision and who made it, as a hash chain: changing, removing or reordering an entry shows.';
COMMENT ON COLUMN audit_log.sequence IS 'The entry''s place in the chain; 1 is the first, and none is left out.';
COMMENT ON COLUMN audit_log.recorded_at IS 'When it was recorded, by the ledger''s one clock.';
COMMENT ON COLUMN audit_log.actor IS 'Who did it.';
COMMENT ON COLUMN audit_log.action IS 'What was done, like agreement.created.';
COMMENT ON COLUMN audit_log.subject IS 'What it was done to, like agreement/northwind-2026.';
COMMENT ON COLUMN audit_log.before IS 'The state before, as canonical JSON; null: there was none.';
COMMENT ON COLUMN audit_log.after IS 'The state after, as canonical JSON; null: there is none.';
COMMENT ON COLUMN audit_log.previous_hash IS 'The entry_hash of the entry before; 64 zeros for the first.';
COMMENT ON COLUMN audit_log.entry_hash IS 'SHA-256 over all the other columns, in this order.';
CREATE INDEX ON audit_log (subject);
CREATE INDEX ON audit_log (recorded_at);

CREATE TABLE audit_rows (
    sequence bigint NOT NULL REFERENCES audit_log,
    place bigint NOT NULL CHECK (place >= 1),
    row_name text NOT NULL,
    decision_digest sha256_hex NOT NULL,
    row_digest sha256_hex NOT NULL,
    PRIMARY KEY (sequence, place)
);
COMMENT ON TABLE audit_rows IS 'Which rows of decisions each entry of the audit log wrote; the entry commits to their Merkle root.';
COMMENT ON COLUMN audit_rows.sequence IS 'The entry.';
COMMENT ON COLUMN audit_rows.place IS 'The row''s place among those of the entry.';
COMMENT ON COLUMN audit_rows.row_name IS 'The row''s table and key, as lineages name it.';
COMMENT ON COLUMN audit_rows.decision_digest IS 'Commits to what figures rest on.';
COMMENT ON COLUMN audit_rows.row_digest IS 'Commits to every column of the row.';
CREATE INDEX ON audit_rows (row_name);

CREATE TABLE users (
    login text NOT NULL,
    revision bigint NOT NULL CHECK (revision >= 1),
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('ADMIN', 'FINANCE', 'OPS', 'ANALYST', 'PARTNER', 'AUDITOR')),
    partner_id text,
    valid_from timestamptz NOT NULL,
    valid_until timestamptz,
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (login, revision)
);
COMMENT ON TABLE users IS 'Who may do what, dated. Only the newest revision of a login counts.';
COMMENT ON COLUMN users.login IS 'The person''s login on the database.';
COMMENT ON COLUMN users.revision IS 'The newest revision counts as a whole; earlier ones are history.';
COMMENT ON COLUMN users.name IS 'The person''s name.';
COMMENT ON COLUMN users.role IS 'What the person may do.';
COMMENT ON COLUMN users.partner_id IS 'The partner the person belongs to; null on roles other than PARTNER.';
COMMENT ON COLUMN users.valid_from IS 'From when on it holds (included).';
COMMENT ON COLUMN users.valid_until IS 'Until when it holds (excluded); null: open.';
COMMENT ON COLUMN users.reason IS 'Why it was decided.';
COMMENT ON COLUMN users.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN users.recorded_at IS 'When it was recorded, by the ledger''s one clock.';

CREATE TABLE staging_bodies (
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    response_hash sha256_hex NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (chain_id, epoch, response_hash)
);
COMMENT ON TABLE staging_bodies IS 'Bodies of provider answers, byte for byte, once per chain, period and hash; files apart.';
COMMENT ON COLUMN staging_bodies.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN staging_bodies.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN staging_bodies.response_hash IS 'SHA-256 of the body.';
COMMENT ON COLUMN staging_bodies.body IS 'The exact bytes.';

CREATE TABLE staging_file_bodies (
    response_hash sha256_hex NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (response_hash)
);
COMMENT ON TABLE staging_file_bodies IS 'The operator''s own files as they were read, byte for byte, once per hash: one tells many periods.';
COMMENT ON COLUMN staging_file_bodies.response_hash IS 'SHA-256 of the body.';
COMMENT ON COLUMN staging_file_bodies.body IS 'The exact bytes.';

CREATE TABLE staging_payloads (
    payload_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    data_type text NOT NULL,
    provider text NOT NULL,
    request_key text NOT NULL,
    question text NOT NULL,
    request jsonb NOT NULL,
    status bigint NOT NULL CHECK (status >= 0),
    headers jsonb NOT NULL,
    response_hash sha256_hex NOT NULL,
    fetched_at timestamptz NOT NULL,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (payload_id)
);
COMMENT ON TABLE staging_payloads IS 'Every answer a provider gave: what was asked (without secrets), the status, and the body''s hash.';
COMMENT ON COLUMN staging_payloads.payload_id IS 'The payload''s number.';
COMMENT ON COLUMN staging_payloads.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN staging_payloads.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN staging_payloads.data_type IS 'fees, mev, rewards, meta, positions, costs; period for what defines a period; fees@NAME for what NAME says as a cross-check.';
COMMENT ON COLUMN staging_payloads.provider IS 'The provider''s name in providers.yaml.';
COMMENT ON COLUMN staging_payloads.request_key IS 'What was asked, in words that never hold a secret; equal questions have equal keys.';
COMMENT ON COLUMN staging_payloads.question IS 'What kind of question that is, where answers are told apart by it; else empty.';
COMMENT ON COLUMN staging_payloads.request IS 'The request: verb, path, parameters or body; no host credentials, no keys.';
COMMENT ON COLUMN staging_payloads.status IS 'The HTTP status.';
COMMENT ON COLUMN staging_payloads.headers IS 'Response headers worth keeping (type, date, rate limits).';
COMMENT ON COLUMN staging_payloads.response_hash IS 'SHA-256 of the body.';
COMMENT ON COLUMN staging_payloads.fetched_at IS 'When the answer was complete.';
COMMENT ON COLUMN staging_payloads.written_at IS 'When the row was written.';
CREATE INDEX ON staging_payloads (chain_id, epoch, data_type, provider, request_key);
CREATE INDEX ON staging_payloads (response_hash);

CREATE TABLE staging_fetches (
    fetch_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    data_type text NOT NULL,
    provider text NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    state text NOT NULL CHECK (state IN ('final', 'pending', 'partial', 'unavailable')),
    verdict text NOT NULL CHECK (verdict IN ('TOLD', 'AWAITS_MORE', 'STAKES_IN_DOUBT', 'RETRACTS')),
    reason text,
    payload_ids bigint[] NOT NULL,
    fetch_digest sha256_hex NOT NULL,
    dagster_run text,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (fetch_id)
);
COMMENT ON TABLE staging_fetches IS 'One attempt to learn a data type of a period about a validator (or all): its state and its answers.';
COMMENT ON COLUMN staging_fetches.fetch_id IS 'The fetch''s number; the newest final one not retracted since counts, else the newest.';
COMMENT ON COLUMN staging_fetches.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN staging_fetches.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN staging_fetches.data_type IS 'fees, mev, rewards, meta, positions, costs; period for what defines a period; fees@NAME for what NAME says as a cross-check.';
COMMENT ON COLUMN staging_fetches.provider IS 'The provider''s name in providers.yaml.';
COMMENT ON COLUMN staging_fetches.kind IS 'The adapter that asked and knows how to read the answers.';
COMMENT ON COLUMN staging_fetches.subject IS 'The validator asked about, or * where the answers cover all.';
COMMENT ON COLUMN staging_fetches.state IS 'How much the answers say.';
COMMENT ON COLUMN staging_fetches.verdict IS 'What it says beside its state.';
COMMENT ON COLUMN staging_fetches.reason IS 'Why the state is what it is, for people.';
COMMENT ON COLUMN staging_fetches.payload_ids IS 'The answers in the order of the plan.';
COMMENT ON COLUMN staging_fetches.fetch_digest IS 'Commits to kind, state, verdict, reason and every answer in order.';
COMMENT ON COLUMN staging_fetches.dagster_run IS 'The run that fetched; null outside Dagster.';
COMMENT ON COLUMN staging_fetches.written_at IS 'When the row was written.';
CREATE INDEX ON staging_fetches (chain_id, epoch, data_type, subject);

CREATE TABLE observations (
    observation_id bigint NOT NULL CHECK (observation_id >= 1),
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    data_type text NOT NULL,
    provider text NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    slot bigint NOT NULL CHECK (slot >= 0),
    observed_at timestamptz NOT NULL,
    payload_ids bigint[] NOT NULL,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    previous_hash sha256_hex NOT NULL,
    entry_hash sha256_hex NOT NULL,
    PRIMARY KEY (observation_id)
);
COMMENT ON TABLE observations IS 'Now-only data sampled while its period ran: what a chain will not tell about a past period.';
COMMENT ON COLUMN observations.observation_id IS 'Its place in the order of all observations, from 1 without gaps.';
COMMENT ON COLUMN observations.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN observations.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN observations.data_type IS 'positions, meta or leader_schedule.';
COMMENT ON COLUMN observations.provider IS 'The provider''s name in providers.yaml.';
COMMENT ON COLUMN observations.kind IS 'The adapter that asked and knows how to read the answers.';
COMMENT ON COLUMN observations.subject IS 'The validator asked about, or * where the answers cover all.';
COMMENT ON COLUMN observations.slot IS 'The chain''s slot before the first question.';
COMMENT ON COLUMN observations.observed_at IS 'When the first question was asked.';
COMMENT ON COLUMN observations.payload_ids IS 'The answers in the order of the plan.';
COMMENT ON COLUMN observations.written_at IS 'When the row was written.';
COMMENT ON COLUMN observations.previous_hash IS 'The entry_hash of the row before; 64 zeros for the first.';
COMMENT ON COLUMN observations.entry_hash IS 'SHA-256 over every other column, so over the row before too.';
CREATE INDEX ON observations (chain_id, epoch, data_type, subject);

CREATE TABLE ingestion_runs (
    ingestion_run_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    data_type text NOT NULL,
    dagster_run text,
    requests bigint NOT NULL CHECK (requests >= 0),
    reused bigint NOT NULL CHECK (reused >= 0),
    body_bytes bigint NOT NULL CHECK (body_bytes >= 0),
    states jsonb NOT NULL,
    started_at timestamptz NOT NULL,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (ingestion_run_id)
);
COMMENT ON TABLE ingestion_runs IS 'One line per staging run of a data type: what it asked, what it reused, and how it ended.';
COMMENT ON COLUMN ingestion_runs.ingestion_run_id IS 'The run''s number.';
COMMENT ON COLUMN ingestion_runs.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN ingestion_runs.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN ingestion_runs.data_type IS 'fees, mev, rewards, meta, positions, costs; period for what defines a period; fees@NAME for what NAME says as a cross-check.';
COMMENT ON COLUMN ingestion_runs.dagster_run IS 'The Dagster run; null outside Dagster.';
COMMENT ON COLUMN ingestion_runs.requests IS 'Questions asked over the network.';
COMMENT ON COLUMN ingestion_runs.reused IS 'Answers taken from earlier runs.';
COMMENT ON COLUMN ingestion_runs.body_bytes IS 'Bytes received.';
COMMENT ON COLUMN ingestion_runs.states IS 'How many subjects ended in which state.';
COMMENT ON COLUMN ingestion_runs.started_at IS 'When it started.';
COMMENT ON COLUMN ingestion_runs.written_at IS 'When it ended.';
CREATE INDEX ON ingestion_runs (chain_id, epoch);

CREATE TABLE chains (
    chain_id text NOT NULL,
    name text NOT NULL,
    enabled boolean NOT NULL,
    family text NOT NULL,
    period_type text NOT NULL,
    first_period bigint NOT NULL CHECK (first_period >= 0),
    native_unit text NOT NULL,
    native_decimals bigint NOT NULL CHECK (native_decimals >= 0),
    finality_lag bigint NOT NULL CHECK (finality_lag >= 0),
    dual_approval boolean NOT NULL,
    PRIMARY KEY (chain_id)
);
COMMENT ON TABLE chains IS 'The chains of chains.yaml, which wins.';
COMMENT ON COLUMN chains.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN chains.name IS 'The chain''s name for people.';
COMMENT ON COLUMN chains.enabled IS 'Whether periods of it are computed.';
COMMENT ON COLUMN chains.family IS 'Which protocol the chain speaks.';
COMMENT ON COLUMN chains.period_type IS 'EPOCH, BLOCK_WINDOW or SLOT_RANGE.';
COMMENT ON COLUMN chains.first_period IS 'The first period that is computed.';
COMMENT ON COLUMN chains.native_unit IS 'The whole coin (SOL, ETH).';
COMMENT ON COLUMN chains.native_decimals IS 'How many decimals a whole coin has.';
COMMENT ON COLUMN chains.finality_lag IS 'Slots after a period''s end before it counts as final.';
COMMENT ON COLUMN chains.dual_approval IS 'Whether another person releases than approved.';

CREATE TABLE providers (
    provider text NOT NULL,
    enabled boolean NOT NULL,
    kind text NOT NULL,
    base_url text NOT NULL,
    PRIMARY KEY (provider)
);
COMMENT ON TABLE providers IS 'The providers of providers.yaml, which wins; addresses without keys.';
COMMENT ON COLUMN providers.provider IS 'The provider''s name.';
COMMENT ON COLUMN providers.enabled IS 'Whether it may be asked.';
COMMENT ON COLUMN providers.kind IS 'The adapter that speaks to it.';
COMMENT ON COLUMN providers.base_url IS 'Its address without credentials.';

CREATE TABLE chain_provider_mappings (
    chain_id text NOT NULL,
    role text NOT NULL,
    priority bigint NOT NULL CHECK (priority >= 0),
    provider text NOT NULL,
    PRIMARY KEY (chain_id, role, priority)
);
COMMENT ON TABLE chain_provider_mappings IS 'Who is asked for what, and who next when the first is down.';
COMMENT ON COLUMN chain_provider_mappings.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN chain_provider_mappings.role IS 'The data type.';
COMMENT ON COLUMN chain_provider_mappings.priority IS '0 is asked first.';
COMMENT ON COLUMN chain_provider_mappings.provider IS 'The provider''s name.';

CREATE TABLE canonical_periods (
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    period_key text NOT NULL,
    first_slot bigint NOT NULL CHECK (first_slot >= 0),
    last_slot bigint NOT NULL CHECK (last_slot >= 0),
    first_block_slot bigint NOT NULL CHECK (first_block_slot >= 0),
    last_block_slot bigint NOT NULL CHECK (last_block_slot >= 0),
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    period_digest sha256_hex NOT NULL,
    payload_ids bigint[] NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (chain_id, epoch),
    UNIQUE (period_key)
);
COMMENT ON TABLE canonical_periods IS 'Finalized periods: their slots and instants, read from staged answers.';
COMMENT ON COLUMN canonical_periods.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_periods.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_periods.period_key IS 'The partition key, chain:epoch.';
COMMENT ON COLUMN canonical_periods.first_slot IS 'The period''s first slot.';
COMMENT ON COLUMN canonical_periods.last_slot IS 'The period''s last slot.';
COMMENT ON COLUMN canonical_periods.first_block_slot IS 'The first slot with a block.';
COMMENT ON COLUMN canonical_periods.last_block_slot IS 'The last slot with a block.';
COMMENT ON COLUMN canonical_periods.started_at IS 'When it began, as the chain or a file says: where blocks carry the time, that of the first.';
COMMENT ON COLUMN canonical_periods.ended_at IS 'When it ended: where blocks carry the time, that of the last.';
COMMENT ON COLUMN canonical_periods.period_digest IS 'Commits to slots and instants.';
COMMENT ON COLUMN canonical_periods.payload_ids IS 'The answers they were read from.';
COMMENT ON COLUMN canonical_periods.recorded_at IS 'When it was recorded, by the ledger''s one clock.';

CREATE TABLE canonical_validator_identities (
    chain_id text NOT NULL,
    validator_key text NOT NULL,
    revision bigint NOT NULL CHECK (revision >= 1),
    valid_from timestamptz NOT NULL,
    valid_until timestamptz,
    identity_key text,
    name text NOT NULL,
    ownership text NOT NULL CHECK (ownership IN ('OPERATOR', 'CLIENT')),
    operator_fee_bps bigint CHECK (operator_fee_bps >= 0) CHECK (operator_fee_bps <= 10000),
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (chain_id, validator_key, revision, valid_from)
);
COMMENT ON TABLE canonical_validator_identities IS 'Which validators the operator runs, their keys and ownership, dated. Only the newest revision counts.';
COMMENT ON COLUMN canonical_validator_identities.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_validator_identities.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_validator_identities.revision IS 'The newest revision counts as a whole; earlier ones are history.';
COMMENT ON COLUMN canonical_validator_identities.valid_from IS 'From when on it holds (included).';
COMMENT ON COLUMN canonical_validator_identities.valid_until IS 'Until when it holds (excluded); null: open.';
COMMENT ON COLUMN canonical_validator_identities.identity_key IS 'The key that signs blocks and pays vote fees; null: taken from the chain.';
COMMENT ON COLUMN canonical_validator_identities.name IS 'The validator''s name for people.';
COMMENT ON COLUMN canonical_validator_identities.ownership IS 'OPERATOR: its own; CLIENT: run for somebody.';
COMMENT ON COLUMN canonical_validator_identities.operator_fee_bps IS 'The operator''s fee on client-owned validators.';
COMMENT ON COLUMN canonical_validator_identities.reason IS 'Why it was decided.';
COMMENT ON COLUMN canonical_validator_identities.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN canonical_validator_identities.recorded_at IS 'When it was recorded, by the ledger''s one clock.';

CREATE TABLE operator_wallets (
    chain_id text NOT NULL,
    wallet_address text NOT NULL,
    revision bigint NOT NULL CHECK (revision >= 1),
    valid_from timestamptz NOT NULL,
    valid_until timestamptz,
    notes text,
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (chain_id, wallet_address, revision, valid_from)
);
COMMENT ON TABLE operator_wallets IS 'Withdraw authorities whose stake is the operator''s own, dated. Only the newest revision counts.';
COMMENT ON COLUMN operator_wallets.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN operator_wallets.wallet_address IS 'The withdraw authority.';
COMMENT ON COLUMN operator_wallets.revision IS 'The newest revision counts as a whole; earlier ones are history.';
COMMENT ON COLUMN operator_wallets.valid_from IS 'From when on it holds (included).';
COMMENT ON COLUMN operator_wallets.valid_until IS 'Until when it holds (excluded); null: open.';
COMMENT ON COLUMN operator_wallets.notes IS 'What the operator noted.';
COMMENT ON COLUMN operator_wallets.reason IS 'Why it was decided.';
COMMENT ON COLUMN operator_wallets.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN operator_wallets.recorded_at IS 'When it was recorded, by the ledger''s one clock.';

CREATE TABLE cost_entries (
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    validator_key text NOT NULL,
    entry_type text NOT NULL CHECK (entry_type IN ('NETWORK_FEE', 'PRIORITY_FEE_SHARING', 'BLOCK_REVENUE_SHARING', 'VOTE_FEES', 'ADMISSION_TICKET', 'CONSENSUS_PENALTY', 'INFRASTRUCTURE', 'OTHER_INCOME')),
    revision bigint NOT NULL CHECK (revision >= 1),
    amount amount CHECK (amount >= 0),
    notes text,
    file_hash sha256_hex NOT NULL,
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (chain_id, epoch, validator_key, entry_type, revision)
);
COMMENT ON TABLE cost_entries IS 'Costs and other income entered by the operator from files. Only the newest revision counts.';
COMMENT ON COLUMN cost_entries.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN cost_entries.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN cost_entries.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN cost_entries.entry_type IS 'The type of cost, or OTHER_INCOME.';
COMMENT ON COLUMN cost_entries.revision IS 'The newest revision counts.';
COMMENT ON COLUMN cost_entries.amount IS 'The amount; null withdraws the entry.';
COMMENT ON COLUMN cost_entries.notes IS 'What the operator noted.';
COMMENT ON COLUMN cost_entries.file_hash IS 'SHA-256 of the imported file.';
COMMENT ON COLUMN cost_entries.reason IS 'Why it was decided.';
COMMENT ON COLUMN cost_entries.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN cost_entries.recorded_at IS 'When it was recorded, by the ledger''s one clock.';

CREATE TABLE layers.canonical_validator_fees (
    snapshot_id bigint NOT NULL REFERENCES snapshots DEFERRABLE,
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    validator_key text NOT NULL,
    identity_key text,
    leader_slots bigint CHECK (leader_slots >= 0),
    blocks_produced bigint CHECK (blocks_produced >= 0),
    slots_skipped bigint CHECK (slots_skipped >= 0),
    fees amount CHECK (fees >= 0),
    base_fees amount CHECK (base_fees >= 0),
    priority_fees amount CHECK (priority_fees >= 0),
    state text NOT NULL CHECK (state IN ('final', 'pending', 'partial', 'unavailable')),
    reason text,
    source_fetch bigint,
    PRIMARY KEY (snapshot_id, chain_id, epoch, validator_key)
);
COMMENT ON TABLE layers.canonical_validator_fees IS 'Block fees per validator: the Fee rewards of the blocks in the slots it led.';
COMMENT ON COLUMN layers.canonical_validator_fees.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN layers.canonical_validator_fees.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN layers.canonical_validator_fees.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN layers.canonical_validator_fees.identity_key IS 'The key that signs blocks and pays vote fees; null: not known.';
COMMENT ON COLUMN layers.canonical_validator_fees.leader_slots IS 'Slots the leader schedule gave it. Null where not known.';
COMMENT ON COLUMN layers.canonical_validator_fees.blocks_produced IS 'Led slots with a block. Null where not known.';
COMMENT ON COLUMN layers.canonical_validator_fees.slots_skipped IS 'Led slots confirmed to have none. Null where not known.';
COMMENT ON COLUMN layers.canonical_validator_fees.fees IS 'Fee rewards: all priority fees and half of the base fees.';
COMMENT ON COLUMN layers.canonical_validator_fees.base_fees IS 'The part of `fees` from signatures, after half of them was burned; null where blocks were asked for without transactions (split_fees in chains.yaml).';
COMMENT ON COLUMN layers.canonical_validator_fees.priority_fees IS 'The rest of `fees`; null where base_fees is.';
COMMENT ON COLUMN layers.canonical_validator_fees.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN layers.canonical_validator_fees.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN layers.canonical_validator_fees.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';

CREATE TABLE layers.canonical_validator_mev (
    snapshot_id bigint NOT NULL REFERENCES snapshots DEFERRABLE,
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    validator_key text NOT NULL,
    total_tips amount CHECK (total_tips >= 0),
    mev_commission_bps bigint CHECK (mev_commission_bps >= 0) CHECK (mev_commission_bps <= 10000),
    validator_tips amount CHECK (validator_tips >= 0),
    protocol_tips amount CHECK (protocol_tips >= 0),
    staker_tips amount CHECK (staker_tips >= 0),
    method text CHECK (method IN ('NODE', 'FORMULA', 'NOT_PARTICIPATING')),
    state text NOT NULL CHECK (state IN ('final', 'pending', 'partial', 'unavailable')),
    reason text,
    source_fetch bigint,
    PRIMARY KEY (snapshot_id, chain_id, epoch, validator_key)
);
COMMENT ON TABLE layers.canonical_validator_mev IS 'MEV tips per validator: the whole tip tree and who gets which part of it.';
COMMENT ON COLUMN layers.canonical_validator_mev.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN layers.canonical_validator_mev.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN layers.canonical_validator_mev.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN layers.canonical_validator_mev.total_tips IS 'The tip tree''s total.';
COMMENT ON COLUMN layers.canonical_validator_mev.mev_commission_bps IS 'The validator''s MEV commission of the period.';
COMMENT ON COLUMN layers.canonical_validator_mev.validator_tips IS 'The validator''s part.';
COMMENT ON COLUMN layers.canonical_validator_mev.protocol_tips IS 'The protocol''s part.';
COMMENT ON COLUMN layers.canonical_validator_mev.staker_tips IS 'What is left for stakers.';
COMMENT ON COLUMN layers.canonical_validator_mev.method IS 'NODE: the validator''s own node in the tip tree; FORMULA: computed, because the node was not to be had; NOT_PARTICIPATING: no MEV client, nothing earned.';
COMMENT ON COLUMN layers.canonical_validator_mev.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN layers.canonical_validator_mev.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN layers.canonical_validator_mev.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';

CREATE TABLE layers.canonical_stake_rewards (
    snapshot_id bigint NOT NULL REFERENCES snapshots DEFERRABLE,
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    validator_key text NOT NULL,
    row_kind text NOT NULL CHECK (row_kind IN ('VALIDATOR', 'ACCOUNT')),
    account_key text NOT NULL,
    commission amount CHECK (commission >= 0),
    staker_rewards amount CHECK (staker_rewards >= 0),
    gross_rewards amount CHECK (gross_rewards >= 0),
    recipient_key text,
    commission_bps bigint CHECK (commission_bps >= 0) CHECK (commission_bps <= 10000),
    commission_source text CHECK (commission_source IN ('BPS', 'PERCENT', 'ROW')),
    applied_commission_bps bigint CHECK (applied_commission_bps >= 0) CHECK (applied_commission_bps <= 10000),
    method text CHECK (method IN ('RPC', 'FIRST_BLOCKS', 'RECOMPUTED')),
    state text NOT NULL CHECK (state IN ('final', 'pending', 'partial', 'unavailable')),
    reason text,
    stakers_state text,
    stakers_reason text,
    source_fetch bigint,
    PRIMARY KEY (snapshot_id, chain_id, epoch, validator_key, row_kind, account_key)
);
COMMENT ON TABLE layers.canonical_stake_rewards IS 'Inflation rewards of a period, per validator (its commission) and per stake account (its part).';
COMMENT ON COLUMN layers.canonical_stake_rewards.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN layers.canonical_stake_rewards.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN layers.canonical_stake_rewards.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN layers.canonical_stake_rewards.row_kind IS 'VALIDATOR: commission received; ACCOUNT: a stake account''s part.';
COMMENT ON COLUMN layers.canonical_stake_rewards.account_key IS 'The stake account; the validator''s own key on VALIDATOR rows.';
COMMENT ON COLUMN layers.canonical_stake_rewards.commission IS 'Commission the validator received (VALIDATOR rows).';
COMMENT ON COLUMN layers.canonical_stake_rewards.staker_rewards IS 'What the stake account received (ACCOUNT rows) or all of them together (VALIDATOR rows).';
COMMENT ON COLUMN layers.canonical_stake_rewards.gross_rewards IS 'VALIDATOR rows: commission and stakers'' parts together; what the protocol lost by flooring, at most one unit per stake account, is in neither. ACCOUNT rows: the least gross reward from which its part follows at the applied commission; null where that is not known or 100 %.';
COMMENT ON COLUMN layers.canonical_stake_rewards.recipient_key IS 'The account that received the commission (VALIDATOR rows).';
COMMENT ON COLUMN layers.canonical_stake_rewards.commission_bps IS 'Commission as observed in the period (VALIDATOR rows).';
COMMENT ON COLUMN layers.canonical_stake_rewards.commission_source IS 'How the node told commission_bps: in basis points or whole percents; ROW: the reward row itself says so.';
COMMENT ON COLUMN layers.canonical_stake_rewards.applied_commission_bps IS 'The commission the rewards were split by, as the amounts imply (VALIDATOR rows); the chain applies it about two epochs late (SIMD-0249). Null where the amounts do not tell.';
COMMENT ON COLUMN layers.canonical_stake_rewards.method IS 'RPC: the node''s answer about the address; FIRST_BLOCKS: the reward rows of the blocks after the epoch; RECOMPUTED: the collector''s row is shared by several validators, and its split is computed from their stakers'' parts.';
COMMENT ON COLUMN layers.canonical_stake_rewards.state IS 'How much is known of the commission (VALIDATOR rows) or of the account''s rewards.';
COMMENT ON COLUMN layers.canonical_stake_rewards.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN layers.canonical_stake_rewards.stakers_state IS 'How much is known of staker_rewards on VALIDATOR rows; null on others.';
COMMENT ON COLUMN layers.canonical_stake_rewards.stakers_reason IS 'The reason of stakers_state.';
COMMENT ON COLUMN layers.canonical_stake_rewards.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';

CREATE TABLE layers.canonical_validator_meta (
    snapshot_id bigint NOT NULL REFERENCES snapshots DEFERRABLE,
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    validator_key text NOT NULL,
    identity_key text,
    name text,
    commission_bps bigint CHECK (commission_bps >= 0) CHECK (commission_bps <= 10000),
    commission_source text CHECK (commission_source IN ('BPS', 'PERCENT')),
    mev_commission_bps bigint CHECK (mev_commission_bps >= 0) CHECK (mev_commission_bps <= 10000),
    active_stake amount CHECK (active_stake >= 0),
    delinquent boolean,
    state text NOT NULL CHECK (state IN ('final', 'pending', 'partial', 'unavailable')),
    reason text,
    source_fetch bigint,
    PRIMARY KEY (snapshot_id, chain_id, epoch, validator_key)
);
COMMENT ON TABLE layers.canonical_validator_meta IS 'What a validator was during the period: identity, commission, stake, as observed.';
COMMENT ON COLUMN layers.canonical_validator_meta.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN layers.canonical_validator_meta.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN layers.canonical_validator_meta.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN layers.canonical_validator_meta.identity_key IS 'The key that signs blocks and pays vote fees; null: not known.';
COMMENT ON COLUMN layers.canonical_validator_meta.name IS 'The validator''s name as published.';
COMMENT ON COLUMN layers.canonical_validator_meta.commission_bps IS 'Inflation commission as observed.';
COMMENT ON COLUMN layers.canonical_validator_meta.commission_source IS 'How it was told: in basis points or in whole percents (which hide up to 99 bps).';
COMMENT ON COLUMN layers.canonical_validator_meta.mev_commission_bps IS 'MEV commission as observed.';
COMMENT ON COLUMN layers.canonical_validator_meta.active_stake IS 'Active stake as observed.';
COMMENT ON COLUMN layers.canonical_validator_meta.delinquent IS 'Whether it was delinquent when observed.';
COMMENT ON COLUMN layers.canonical_validator_meta.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN layers.canonical_validator_meta.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN layers.canonical_validator_meta.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';

CREATE TABLE layers.canonical_stake_positions (
    snapshot_id bigint NOT NULL REFERENCES snapshots DEFERRABLE,
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    validator_key text NOT NULL,
    row_kind text NOT NULL CHECK (row_kind IN ('VALIDATOR', 'ACCOUNT')),
    account_key text NOT NULL,
    staker_key text,
    withdrawer_key text,
    active_stake amount CHECK (active_stake >= 0),
    activating_stake amount CHECK (activating_stake >= 0),
    deactivating_stake amount CHECK (deactivating_stake >= 0),
    state text NOT NULL CHECK (state IN ('final', 'pending', 'partial', 'unavailable')),
    reason text,
    source_fetch bigint,
    PRIMARY KEY (snapshot_id, chain_id, epoch, validator_key, row_kind, account_key)
);
COMMENT ON TABLE layers.canonical_stake_positions IS 'Stake on each validator during the period: one row per stake account, one with the validator''s total.';
COMMENT ON COLUMN layers.canonical_stake_positions.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN layers.canonical_stake_positions.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN layers.canonical_stake_positions.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN layers.canonical_stake_positions.row_kind IS 'VALIDATOR: its active stake as the chain says it; ACCOUNT: one account.';
COMMENT ON COLUMN layers.canonical_stake_positions.account_key IS 'The stake account; the validator''s own key on VALIDATOR rows.';
COMMENT ON COLUMN layers.canonical_stake_positions.staker_key IS 'Who may delegate it (ACCOUNT rows).';
COMMENT ON COLUMN layers.canonical_stake_positions.withdrawer_key IS 'Who may withdraw it: the economic beneficiary (ACCOUNT rows).';
COMMENT ON COLUMN layers.canonical_stake_positions.active_stake IS 'Stake that counts in this period.';
COMMENT ON COLUMN layers.canonical_stake_positions.activating_stake IS 'Stake on its way to count: from the next period on, or later where the cluster''s warm-up limit bites.';
COMMENT ON COLUMN layers.canonical_stake_positions.deactivating_stake IS 'Part of the active stake that is leaving: at the period''s end, or later where the cool-down limit bites.';
COMMENT ON COLUMN layers.canonical_stake_positions.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN layers.canonical_stake_positions.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN layers.canonical_stake_positions.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';

CREATE TABLE layers.canonical_validator_costs (
    snapshot_id bigint NOT NULL REFERENCES snapshots DEFERRABLE,
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    validator_key text NOT NULL,
    entry_type text NOT NULL CHECK (entry_type IN ('NETWORK_FEE', 'PRIORITY_FEE_SHARING', 'BLOCK_REVENUE_SHARING', 'VOTE_FEES', 'ADMISSION_TICKET', 'CONSENSUS_PENALTY', 'INFRASTRUCTURE', 'OTHER_INCOME')),
    amount amount CHECK (amount >= 0),
    origin text CHECK (origin IN ('CHAIN', 'PROVIDER', 'FILE', 'OPERATOR')),
    method text CHECK (method IN ('EXACT', 'ESTIMATE')),
    state text NOT NULL CHECK (state IN ('final', 'pending', 'partial', 'unavailable')),
    reason text,
    source_fetch bigint,
    PRIMARY KEY (snapshot_id, chain_id, epoch, validator_key, entry_type)
);
COMMENT ON TABLE layers.canonical_validator_costs IS 'Typed costs and other income per validator, never negative. A cost that is due, or that a configured source should tell, and is unknown is a row too.';
COMMENT ON COLUMN layers.canonical_validator_costs.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN layers.canonical_validator_costs.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN layers.canonical_validator_costs.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN layers.canonical_validator_costs.entry_type IS 'The type of cost, or OTHER_INCOME.';
COMMENT ON COLUMN layers.canonical_validator_costs.amount IS 'What it cost.';
COMMENT ON COLUMN layers.canonical_validator_costs.origin IS 'CHAIN: from the chain or the tip trees; PROVIDER: as another''s program has it; FILE: from a file the operator has; OPERATOR: entered.';
COMMENT ON COLUMN layers.canonical_validator_costs.method IS 'EXACT: every payment was seen; ESTIMATE: computed from vote credits, as the reason says; null: as entered or as the file has it.';
COMMENT ON COLUMN layers.canonical_validator_costs.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN layers.canonical_validator_costs.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN layers.canonical_validator_costs.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';

CREATE TABLE layers.canonical_stake_events (
    snapshot_id bigint NOT NULL REFERENCES snapshots DEFERRABLE,
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    validator_key text NOT NULL,
    event_type text NOT NULL CHECK (event_type IN ('STAKE', 'UNSTAKE', 'MOVE_IN', 'MOVE_OUT', 'WITHDRAW', 'OWNER', 'SUMMARY')),
    account_key text NOT NULL,
    withdrawer_key text,
    other_key text,
    amount amount CHECK (amount >= 0),
    state text NOT NULL CHECK (state IN ('final', 'pending', 'partial', 'unavailable')),
    reason text,
    PRIMARY KEY (snapshot_id, chain_id, epoch, validator_key, event_type, account_key)
);
COMMENT ON TABLE layers.canonical_stake_events IS 'What changed in the stake on each validator since the period before; derived from both positions.';
COMMENT ON COLUMN layers.canonical_stake_events.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN layers.canonical_stake_events.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN layers.canonical_stake_events.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN layers.canonical_stake_events.event_type IS 'STAKE: new stake; UNSTAKE: stake begins to leave, or was split away; MOVE_IN and MOVE_OUT: a stake account now on another operated validator; WITHDRAW: an account that had left is gone; OWNER: another withdrawer; SUMMARY: one row per validator that says how far the events are known.';
COMMENT ON COLUMN layers.canonical_stake_events.account_key IS 'The stake account; the validator''s own key on SUMMARY rows.';
COMMENT ON COLUMN layers.canonical_stake_events.withdrawer_key IS 'Who may withdraw it (after the event, where it still is).';
COMMENT ON COLUMN layers.canonical_stake_events.other_key IS 'The other validator of a move, or the former withdrawer of OWNER.';
COMMENT ON COLUMN layers.canonical_stake_events.amount IS 'The stake it is about; null where not known.';
COMMENT ON COLUMN layers.canonical_stake_events.state IS 'How much is known of the event, or of all events of the validator (SUMMARY).';
COMMENT ON COLUMN layers.canonical_stake_events.reason IS 'The reason of the state; null where there is nothing to explain.';

CREATE TABLE layers.canonical_completeness (
    snapshot_id bigint NOT NULL REFERENCES snapshots DEFERRABLE,
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    validator_key text NOT NULL,
    data_type text NOT NULL CHECK (data_type IN ('fees', 'mev', 'rewards', 'meta', 'positions', 'costs')),
    state text NOT NULL CHECK (state IN ('final', 'pending', 'partial', 'unavailable')),
    reason text,
    leader_slots bigint CHECK (leader_slots >= 0),
    blocks_produced bigint CHECK (blocks_produced >= 0),
    slots_skipped bigint CHECK (slots_skipped >= 0),
    active_stake amount CHECK (active_stake >= 0),
    accounts_stake amount CHECK (accounts_stake >= 0),
    PRIMARY KEY (snapshot_id, chain_id, epoch, validator_key, data_type)
);
COMMENT ON TABLE layers.canonical_completeness IS 'How much is known of each data type of each validator, why, and the facts that were checked.';
COMMENT ON COLUMN layers.canonical_completeness.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN layers.canonical_completeness.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN layers.canonical_completeness.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN layers.canonical_completeness.data_type IS 'fees, mev, rewards, meta, positions or costs.';
COMMENT ON COLUMN layers.canonical_completeness.state IS 'How much is known of the data type; pending: waiting will help.';
COMMENT ON COLUMN layers.canonical_completeness.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN layers.canonical_completeness.leader_slots IS 'Slots the leader schedule gave it (fees).';
COMMENT ON COLUMN layers.canonical_completeness.blocks_produced IS 'Led slots with a block that was read (fees).';
COMMENT ON COLUMN layers.canonical_completeness.slots_skipped IS 'Led slots proven to have no block (fees).';
COMMENT ON COLUMN layers.canonical_completeness.active_stake IS 'The validator''s active stake (positions).';
COMMENT ON COLUMN layers.canonical_completeness.accounts_stake IS 'What its stake accounts hold of it together (positions).';

CREATE TABLE layers.cross_check_differences (
    snapshot_id bigint NOT NULL REFERENCES snapshots DEFERRABLE,
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    validator_key text NOT NULL,
    data_type text NOT NULL CHECK (data_type IN ('fees', 'mev', 'rewards', 'meta', 'positions', 'costs')),
    subject text NOT NULL,
    figure text NOT NULL,
    provider text NOT NULL,
    other_provider text NOT NULL,
    stated text,
    other_stated text,
    difference amount,
    known_as text,
    fetch_digest sha256_hex,
    other_fetch_digest sha256_hex NOT NULL,
    source_fetch bigint,
    other_fetch bigint NOT NULL,
    PRIMARY KEY (snapshot_id, chain_id, epoch, validator_key, data_type, subject, figure, other_provider)
);
COMMENT ON TABLE layers.cross_check_differences IS 'Figures of which a second provider says something else. Equal figures have no row; nothing is rounded away.';
COMMENT ON COLUMN layers.cross_check_differences.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN layers.cross_check_differences.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN layers.cross_check_differences.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN layers.cross_check_differences.data_type IS 'fees, mev, rewards, meta, positions or costs.';
COMMENT ON COLUMN layers.cross_check_differences.subject IS 'What the figure is about: the validator''s key, a stake account, or a type of cost.';
COMMENT ON COLUMN layers.cross_check_differences.figure IS 'The column of the canonical table.';
COMMENT ON COLUMN layers.cross_check_differences.provider IS 'The provider whose figure counts.';
COMMENT ON COLUMN layers.cross_check_differences.other_provider IS 'The provider it was compared with.';
COMMENT ON COLUMN layers.cross_check_differences.stated IS 'The figure that counts; null: not known, or no such row.';
COMMENT ON COLUMN layers.cross_check_differences.other_stated IS 'The other provider''s figure; null: no such row.';
COMMENT ON COLUMN layers.cross_check_differences.difference IS 'The other figure less the one that counts, where both are amounts.';
COMMENT ON COLUMN layers.cross_check_differences.known_as IS 'The named systematic difference it is (docs/cross-checks.md); null: none.';
COMMENT ON COLUMN layers.cross_check_differences.fetch_digest IS 'Commits to the hashes of the payloads that count.';
COMMENT ON COLUMN layers.cross_check_differences.other_fetch_digest IS 'Commits to the hashes of the other payloads.';
COMMENT ON COLUMN layers.cross_check_differences.source_fetch IS 'The staging fetch that counts.';
COMMENT ON COLUMN layers.cross_check_differences.other_fetch IS 'The staging fetch of the other provider.';

CREATE TABLE layers.validator_pnl (
    snapshot_id bigint NOT NULL REFERENCES snapshots DEFERRABLE,
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    validator_key text NOT NULL,
    name text NOT NULL,
    exec_fees amount CHECK (exec_fees >= 0),
    exec_fees_state text NOT NULL CHECK (exec_fees_state IN ('final', 'pending', 'partial', 'unavailable')),
    exec_fees_reason text,
    mev_tips amount CHECK (mev_tips >= 0),
    mev_tips_state text NOT NULL CHECK (mev_tips_state IN ('final', 'pending', 'partial', 'unavailable')),
    mev_tips_reason text,
    vote_rewards amount CHECK (vote_rewards >= 0),
    vote_rewards_state text NOT NULL CHECK (vote_rewards_state IN ('final', 'pending', 'partial', 'unavailable')),
    vote_rewards_reason text,
    commission amount CHECK (commission >= 0),
    commission_state text NOT NULL CHECK (commission_state IN ('final', 'pending', 'partial', 'unavailable')),
    commission_reason text,
    network_fee amount CHECK (network_fee >= 0),
    priority_fee_sharing amount CHECK (priority_fee_sharing >= 0),
    block_revenue_sharing amount CHECK (block_revenue_sharing >= 0),
    vote_fees amount CHECK (vote_fees >= 0),
    admission_ticket amount CHECK (admission_ticket >= 0),
    consensus_penalty amount CHECK (consensus_penalty >= 0),
    infrastructure amount CHECK (infrastructure >= 0),
    other_income amount CHECK (other_income >= 0),
    total_revenue amount CHECK (total_revenue >= 0),
    known_revenue amount NOT NULL CHECK (known_revenue >= 0),
    total_costs amount CHECK (total_costs >= 0),
    known_costs amount NOT NULL CHECK (known_costs >= 0),
    net amount,
    known_net amount NOT NULL,
    state text NOT NULL CHECK (state IN ('final', 'pending', 'partial', 'unavailable')),
    reason text,
    network_fee_state text CHECK (network_fee_state IN ('final', 'pending', 'partial', 'unavailable')),
    priority_fee_sharing_state text CHECK (priority_fee_sharing_state IN ('final', 'pending', 'partial', 'unavailable')),
    block_revenue_sharing_state text CHECK (block_revenue_sharing_state IN ('final', 'pending', 'partial', 'unavailable')),
    vote_fees_state text CHECK (vote_fees_state IN ('final', 'pending', 'partial', 'unavailable')),
    admission_ticket_state text CHECK (admission_ticket_state IN ('final', 'pending', 'partial', 'unavailable')),
    consensus_penalty_state text CHECK (consensus_penalty_state IN ('final', 'pending', 'partial', 'unavailable')),
    infrastructure_state text CHECK (infrastructure_state IN ('final', 'pending', 'partial', 'unavailable')),
    other_income_state text CHECK (other_income_state IN ('final', 'pending', 'partial', 'unavailable')),
    PRIMARY KEY (snapshot_id, chain_id, epoch, validator_key)
);
COMMENT ON TABLE layers.validator_pnl IS 'What each validator earned and cost in a period, in base units, with what is missing.';
COMMENT ON COLUMN layers.validator_pnl.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN layers.validator_pnl.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN layers.validator_pnl.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN layers.validator_pnl.name IS 'The validator''s name, as the operator registered it.';
COMMENT ON COLUMN layers.validator_pnl.exec_fees IS 'EXEC_FEES: Fee rewards of the blocks it led; null where not known.';
COMMENT ON COLUMN layers.validator_pnl.exec_fees_state IS 'How much is known of EXEC_FEES.';
COMMENT ON COLUMN layers.validator_pnl.exec_fees_reason IS 'The reason of exec_fees_state; null where there is nothing to explain.';
COMMENT ON COLUMN layers.validator_pnl.mev_tips IS 'MEV_TIPS: its own part of the MEV tips; null where not known.';
COMMENT ON COLUMN layers.validator_pnl.mev_tips_state IS 'How much is known of MEV_TIPS.';
COMMENT ON COLUMN layers.validator_pnl.mev_tips_reason IS 'The reason of mev_tips_state; null where there is nothing to explain.';
COMMENT ON COLUMN layers.validator_pnl.vote_rewards IS 'VOTE_REWARDS: staking rewards of the operator''s own stake after commission; null where not known.';
COMMENT ON COLUMN layers.validator_pnl.vote_rewards_state IS 'How much is known of VOTE_REWARDS.';
COMMENT ON COLUMN layers.validator_pnl.vote_rewards_reason IS 'The reason of vote_rewards_state; null where there is nothing to explain.';
COMMENT ON COLUMN layers.validator_pnl.commission IS 'COMMISSION: inflation commission received; null where not known.';
COMMENT ON COLUMN layers.validator_pnl.commission_state IS 'How much is known of COMMISSION.';
COMMENT ON COLUMN layers.validator_pnl.commission_reason IS 'The reason of commission_state; null where there is nothing to explain.';
COMMENT ON COLUMN layers.validator_pnl.network_fee IS 'Cost NETWORK_FEE; reduces EXEC_FEES; null: none known.';
COMMENT ON COLUMN layers.validator_pnl.network_fee_state IS 'How much is known of NETWORK_FEE; null: nothing is due and nothing was said.';
COMMENT ON COLUMN layers.validator_pnl.priority_fee_sharing IS 'Cost PRIORITY_FEE_SHARING; reduces EXEC_FEES; null: none known.';
COMMENT ON COLUMN layers.validator_pnl.priority_fee_sharing_state IS 'How much is known of PRIORITY_FEE_SHARING; null: nothing is due and nothing was said.';
COMMENT ON COLUMN layers.validator_pnl.block_revenue_sharing IS 'Cost BLOCK_REVENUE_SHARING; reduces EXEC_FEES; null: none known.';
COMMENT ON COLUMN layers.validator_pnl.block_revenue_sharing_state IS 'How much is known of BLOCK_REVENUE_SHARING; null: nothing is due and nothing was said.';
COMMENT ON COLUMN layers.validator_pnl.vote_fees IS 'Cost VOTE_FEES; reduces COMMISSION; null: none known.';
COMMENT ON COLUMN layers.validator_pnl.vote_fees_state IS 'How much is known of VOTE_FEES; null: nothing is due and nothing was said.';
COMMENT ON COLUMN layers.validator_pnl.admission_ticket IS 'Cost ADMISSION_TICKET; reduces COMMISSION; null: none known.';
COMMENT ON COLUMN layers.validator_pnl.admission_ticket_state IS 'How much is known of ADMISSION_TICKET; null: nothing is due and nothing was said.';
COMMENT ON COLUMN layers.validator_pnl.consensus_penalty IS 'Cost CONSENSUS_PENALTY; reduces VOTE_REWARDS; null: none known.';
COMMENT ON COLUMN layers.validator_pnl.consensus_penalty_state IS 'How much is known of CONSENSUS_PENALTY; null: nothing is due and nothing was said.';
COMMENT ON COLUMN layers.validator_pnl.infrastructure IS 'Cost INFRASTRUCTURE; reduces no component; null: none known.';
COMMENT ON COLUMN layers.validator_pnl.infrastructure_state IS 'How much is known of INFRASTRUCTURE; null: nothing is due and nothing was said.';
COMMENT ON COLUMN layers.validator_pnl.other_income IS 'OTHER_INCOME: shown, and no component; null: none known.';
COMMENT ON COLUMN layers.validator_pnl.other_income_state IS 'How much is known of OTHER_INCOME; null: nothing is due and nothing was said.';
COMMENT ON COLUMN layers.validator_pnl.total_revenue IS 'Sum of the four components; null when one is missing.';
COMMENT ON COLUMN layers.validator_pnl.known_revenue IS 'Sum of the components that are known.';
COMMENT ON COLUMN layers.validator_pnl.total_costs IS 'Sum of all costs; null when a due one is missing.';
COMMENT ON COLUMN layers.validator_pnl.known_costs IS 'Sum of the costs that are known.';
COMMENT ON COLUMN layers.validator_pnl.net IS 'total_revenue + other_income - total_costs; null when a part is missing.';
COMMENT ON COLUMN layers.validator_pnl.known_net IS 'known_revenue + other_income - known_costs.';
COMMENT ON COLUMN layers.validator_pnl.state IS 'How much is known of the whole line.';
COMMENT ON COLUMN layers.validator_pnl.reason IS 'The reason of the state: every missing figure by name; null where there is nothing to explain.';

CREATE TABLE partners (
    partner_id text NOT NULL,
    revision bigint NOT NULL CHECK (revision >= 1),
    name text NOT NULL,
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (partner_id, revision)
);
COMMENT ON TABLE partners IS 'Who is paid. Only the newest revision counts.';
COMMENT ON COLUMN partners.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN partners.revision IS 'The newest revision counts as a whole; earlier ones are history.';
COMMENT ON COLUMN partners.name IS 'The partner''s name for people.';
COMMENT ON COLUMN partners.reason IS 'Why it was decided.';
COMMENT ON COLUMN partners.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN partners.recorded_at IS 'When it was recorded, by the ledger''s one clock.';

CREATE TABLE partner_series (
    partner_id text NOT NULL,
    chain_id text NOT NULL,
    change_number bigint NOT NULL CHECK (change_number >= 1),
    payable_series text NOT NULL CHECK (payable_series IN ('MONTH', 'EPOCH')),
    effective_from timestamptz NOT NULL,
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (partner_id, chain_id, change_number)
);
COMMENT ON TABLE partner_series IS 'Which series of statements is paid on a chain, from a month''s start on; without a row, MONTH.';
COMMENT ON COLUMN partner_series.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN partner_series.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN partner_series.change_number IS 'The number of the change for this partner and chain, from 1.';
COMMENT ON COLUMN partner_series.payable_series IS 'MONTH or EPOCH.';
COMMENT ON COLUMN partner_series.effective_from IS 'The start of the first month it holds for.';
COMMENT ON COLUMN partner_series.reason IS 'Why it was decided.';
COMMENT ON COLUMN partner_series.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN partner_series.recorded_at IS 'When it was recorded, by the ledger''s one clock.';

CREATE TABLE partner_minimum_payouts (
    partner_id text NOT NULL,
    chain_id text NOT NULL,
    change_number bigint NOT NULL CHECK (change_number >= 1),
    minimum_payout amount NOT NULL CHECK (minimum_payout >= 0),
    effective_from timestamptz NOT NULL,
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (partner_id, chain_id, change_number)
);
COMMENT ON TABLE partner_minimum_payouts IS 'The least that is paid to a partner on a chain, from a month''s start on; without a row, 0.';
COMMENT ON COLUMN partner_minimum_payouts.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN partner_minimum_payouts.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN partner_minimum_payouts.change_number IS 'The number of the change for this partner and chain, from 1.';
COMMENT ON COLUMN partner_minimum_payouts.minimum_payout IS 'The least that is paid; a smaller total is carried forward.';
COMMENT ON COLUMN partner_minimum_payouts.effective_from IS 'The start of the first month it holds for.';
COMMENT ON COLUMN partner_minimum_payouts.reason IS 'Why it was decided.';
COMMENT ON COLUMN partner_minimum_payouts.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN partner_minimum_payouts.recorded_at IS 'When it was recorded, by the ledger''s one clock.';

CREATE TABLE partner_wallets (
    chain_id text NOT NULL,
    wallet_address text NOT NULL,
    revision bigint NOT NULL CHECK (revision >= 1),
    introduced_at timestamptz NOT NULL,
    ended_at timestamptz,
    partner_id text NOT NULL,
    notes text,
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (chain_id, wallet_address, revision, introduced_at)
);
COMMENT ON TABLE partner_wallets IS 'Which partner introduced a wallet, dated. Only the newest revision of a wallet counts.';
COMMENT ON COLUMN partner_wallets.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN partner_wallets.wallet_address IS 'The withdraw authority (on Ethereum the withdrawal address).';
COMMENT ON COLUMN partner_wallets.revision IS 'The newest revision counts as a whole; earlier ones are history.';
COMMENT ON COLUMN partner_wallets.introduced_at IS 'From when on it is the partner''s (included).';
COMMENT ON COLUMN partner_wallets.ended_at IS 'Until when (excluded); null: open.';
COMMENT ON COLUMN partner_wallets.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN partner_wallets.notes IS 'What was noted about it.';
COMMENT ON COLUMN partner_wallets.reason IS 'Why it was decided.';
COMMENT ON COLUMN partner_wallets.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN partner_wallets.recorded_at IS 'When it was recorded, by the ledger''s one clock.';
CREATE INDEX ON partner_wallets (partner_id);

CREATE TABLE agreements (
    agreement_id text NOT NULL,
    partner_id text NOT NULL,
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (agreement_id)
);
COMMENT ON TABLE agreements IS 'Which partner an agreement belongs to, for good; its terms are in its versions.';
COMMENT ON COLUMN agreements.agreement_id IS 'The agreement''s stable key.';
COMMENT ON COLUMN agreements.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN agreements.reason IS 'Why it was decided.';
COMMENT ON COLUMN agreements.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN agreements.recorded_at IS 'When it was recorded, by the ledger''s one clock.';
CREATE INDEX ON agreements (partner_id);

CREATE TABLE agreement_versions (
    agreement_id text NOT NULL REFERENCES agreements,
    version bigint NOT NULL CHECK (version >= 1),
    valid_from timestamptz NOT NULL,
    valid_until timestamptz,
    corrects bigint CHECK (corrects >= 1),
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (agreement_id, version)
);
COMMENT ON TABLE agreement_versions IS 'Immutable terms and when they hold; where two hold at an instant, the higher number is in force.';
COMMENT ON COLUMN agreement_versions.agreement_id IS 'The agreement.';
COMMENT ON COLUMN agreement_versions.version IS 'The number of the version of the terms, from 1.';
COMMENT ON COLUMN agreement_versions.valid_from IS 'From when on it holds (included).';
COMMENT ON COLUMN agreement_versions.valid_until IS 'Until when it holds (excluded); null: open.';
COMMENT ON COLUMN agreement_versions.corrects IS 'The version whose time it covers again; null: none.';
COMMENT ON COLUMN agreement_versions.reason IS 'Why it was decided.';
COMMENT ON COLUMN agreement_versions.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN agreement_versions.recorded_at IS 'When it was recorded, by the ledger''s one clock.';

CREATE TABLE agreement_rules (
    agreement_id text NOT NULL REFERENCES agreements,
    version bigint NOT NULL CHECK (version >= 1),
    rule_key text NOT NULL,
    rule_order bigint NOT NULL CHECK (rule_order >= 1),
    chain_id text,
    validator_key text,
    revenue_component text NOT NULL CHECK (revenue_component IN ('EXEC_FEES', 'MEV_TIPS', 'VOTE_REWARDS', 'COMMISSION')),
    attribution_method text NOT NULL CHECK (attribution_method IN ('FIXED_SHARE', 'STAKE_WEIGHT', 'CLIENT_REVENUE')),
    commission_rate_bps bigint CHECK (commission_rate_bps >= 0) CHECK (commission_rate_bps <= 10000),
    basis text NOT NULL CHECK (basis IN ('GROSS', 'NET')),
    stacks boolean NOT NULL,
    carry_losses boolean NOT NULL,
    funded_by text NOT NULL CHECK (funded_by IN ('EXEC_FEES', 'MEV_TIPS', 'VOTE_REWARDS', 'COMMISSION')),
    wallet_attribution boolean NOT NULL,
    tier_mode text CHECK (tier_mode IN ('GRADUATED', 'VOLUME')),
    tier_metric text CHECK (tier_metric IN ('PERIOD', 'MONTH_TO_DATE', 'YEAR_TO_DATE', 'LIFETIME', 'INTRODUCED_STAKE')),
    floor amount CHECK (floor >= 0),
    floor_window text CHECK (floor_window IN ('PERIOD', 'MONTH')),
    cap amount CHECK (cap >= 0),
    cap_window text CHECK (cap_window IN ('PERIOD', 'MONTH')),
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (agreement_id, version, rule_key),
    UNIQUE (agreement_id, version, rule_order)
);
COMMENT ON TABLE agreement_rules IS 'The ordered rules of each version.';
COMMENT ON COLUMN agreement_rules.agreement_id IS 'The agreement.';
COMMENT ON COLUMN agreement_rules.version IS 'The number of the version of the terms, from 1.';
COMMENT ON COLUMN agreement_rules.rule_key IS 'The rule''s key, stable across versions.';
COMMENT ON COLUMN agreement_rules.rule_order IS 'The rule''s place among its agreement''s rules, from 1.';
COMMENT ON COLUMN agreement_rules.chain_id IS 'The chain, as named in chains.yaml; null: every chain.';
COMMENT ON COLUMN agreement_rules.validator_key IS 'The validator''s key or a glob over keys; null: every validator.';
COMMENT ON COLUMN agreement_rules.revenue_component IS 'What is shared.';
COMMENT ON COLUMN agreement_rules.attribution_method IS 'How much of it the rule looks at.';
COMMENT ON COLUMN agreement_rules.commission_rate_bps IS 'The flat rate in hundredths of a percent; null: the rule has tiers.';
COMMENT ON COLUMN agreement_rules.basis IS 'What of it the rule looks at.';
COMMENT ON COLUMN agreement_rules.stacks IS 'Whether it pays in addition to the first rule that matches.';
COMMENT ON COLUMN agreement_rules.carry_losses IS 'Whether a loss of a validator reduces its later periods (NET).';
COMMENT ON COLUMN agreement_rules.funded_by IS 'The component that pays what the rule claims.';
COMMENT ON COLUMN agreement_rules.wallet_attribution IS 'Whether a validator''s line is told wallet by wallet.';
COMMENT ON COLUMN agreement_rules.tier_mode IS 'What the tiers'' rates apply to; null: a flat rate.';
COMMENT ON COLUMN agreement_rules.tier_metric IS 'What places it in its tiers; null: a flat rate.';
COMMENT ON COLUMN agreement_rules.floor IS 'The least that it pays in its window; null: none.';
COMMENT ON COLUMN agreement_rules.floor_window IS 'The floor''s window; null without a floor.';
COMMENT ON COLUMN agreement_rules.cap IS 'The most that it pays in its window; null: none.';
COMMENT ON COLUMN agreement_rules.cap_window IS 'The cap''s window; null without a cap.';
COMMENT ON COLUMN agreement_rules.recorded_at IS 'When it was recorded, by the ledger''s one clock.';
CREATE INDEX ON agreement_rules (chain_id);

CREATE TABLE agreement_rule_tiers (
    agreement_id text NOT NULL REFERENCES agreements,
    version bigint NOT NULL CHECK (version >= 1),
    rule_key text NOT NULL,
    tier bigint NOT NULL CHECK (tier >= 1),
    up_to amount CHECK (up_to >= 1),
    rate_bps bigint NOT NULL CHECK (rate_bps >= 0) CHECK (rate_bps <= 10000),
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (agreement_id, version, rule_key, tier)
);
COMMENT ON TABLE agreement_rule_tiers IS 'The tiers of rules that have them: contiguous from 0, the last one open.';
COMMENT ON COLUMN agreement_rule_tiers.agreement_id IS 'The agreement.';
COMMENT ON COLUMN agreement_rule_tiers.version IS 'The number of the version of the terms, from 1.';
COMMENT ON COLUMN agreement_rule_tiers.rule_key IS 'The rule''s key, stable across versions.';
COMMENT ON COLUMN agreement_rule_tiers.tier IS 'The tier''s number, from 1.';
COMMENT ON COLUMN agreement_rule_tiers.up_to IS 'Where the tier ends (included); null: the last tier, which is open.';
COMMENT ON COLUMN agreement_rule_tiers.rate_bps IS 'The tier''s rate in hundredths of a percent.';
COMMENT ON COLUMN agreement_rule_tiers.recorded_at IS 'When it was recorded, by the ledger''s one clock.';

CREATE TABLE agreement_events (
    agreement_id text NOT NULL REFERENCES agreements,
    event_number bigint NOT NULL CHECK (event_number >= 1),
    status text NOT NULL CHECK (status IN ('DRAFT', 'ACTIVE', 'SUSPENDED', 'TERMINATED')),
    effective_from timestamptz NOT NULL,
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (agreement_id, event_number)
);
COMMENT ON TABLE agreement_events IS 'An agreement''s status from an instant on; the latest that is effective at an instant decides.';
COMMENT ON COLUMN agreement_events.agreement_id IS 'The agreement.';
COMMENT ON COLUMN agreement_events.event_number IS 'The number of the event within its agreement, from 1.';
COMMENT ON COLUMN agreement_events.status IS 'The status.';
COMMENT ON COLUMN agreement_events.effective_from IS 'From when on (included).';
COMMENT ON COLUMN agreement_events.reason IS 'Why it was decided.';
COMMENT ON COLUMN agreement_events.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN agreement_events.recorded_at IS 'When it was recorded, by the ledger''s one clock.';

CREATE TABLE commission_overrides (
    target text NOT NULL CHECK (target IN ('LINE', 'RULE')),
    agreement_id text NOT NULL REFERENCES agreements,
    rule_key text NOT NULL,
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    validator_key text NOT NULL,
    wallet_address text NOT NULL,
    revision bigint NOT NULL CHECK (revision >= 1),
    amount amount CHECK (amount >= 0),
    computed_seen amount,
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (agreement_id, rule_key, chain_id, epoch, target, validator_key, wallet_address, revision)
);
COMMENT ON TABLE commission_overrides IS 'What is paid instead of what was computed, by business key. Only a target''s newest revision counts.';
COMMENT ON COLUMN commission_overrides.target IS 'LINE: one line; RULE: a rule''s total.';
COMMENT ON COLUMN commission_overrides.agreement_id IS 'The agreement.';
COMMENT ON COLUMN commission_overrides.rule_key IS 'The rule''s key, stable across versions.';
COMMENT ON COLUMN commission_overrides.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN commission_overrides.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN commission_overrides.validator_key IS 'The line''s validator; empty: the rule''s total.';
COMMENT ON COLUMN commission_overrides.wallet_address IS 'The line''s wallet; empty: the whole validator, or the rule''s total.';
COMMENT ON COLUMN commission_overrides.revision IS 'The newest revision counts as a whole; earlier ones are history.';
COMMENT ON COLUMN commission_overrides.amount IS 'What is paid; null: what was overridden is paid as computed again.';
COMMENT ON COLUMN commission_overrides.computed_seen IS 'The computed amount that was seen; null: it was not known.';
COMMENT ON COLUMN commission_overrides.reason IS 'Why it was decided.';
COMMENT ON COLUMN commission_overrides.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN commission_overrides.recorded_at IS 'When it was recorded, by the ledger''s one clock.';
CREATE INDEX ON commission_overrides (chain_id, epoch);

CREATE TABLE layers.partner_commission_lines (
    snapshot_id bigint NOT NULL REFERENCES snapshots DEFERRABLE,
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    line_id uuid NOT NULL,
    partner_id text NOT NULL,
    agreement_id text NOT NULL,
    agreement_version bigint NOT NULL CHECK (agreement_version >= 1),
    rule_key text NOT NULL,
    rule_order bigint NOT NULL CHECK (rule_order >= 1),
    kind text NOT NULL CHECK (kind IN ('LINE', 'CAP_REDUCTION', 'FLOOR_TOP_UP')),
    validator_key text NOT NULL,
    wallet_address text NOT NULL,
    component text NOT NULL CHECK (component IN ('EXEC_FEES', 'MEV_TIPS', 'VOTE_REWARDS', 'COMMISSION')),
    funded_by text NOT NULL CHECK (funded_by IN ('EXEC_FEES', 'MEV_TIPS', 'VOTE_REWARDS', 'COMMISSION', 'OPERATOR_GUARANTEE')),
    attribution_method text NOT NULL CHECK (attribution_method IN ('FIXED_SHARE', 'STAKE_WEIGHT', 'CLIENT_REVENUE')),
    basis text NOT NULL CHECK (basis IN ('GROSS', 'NET')),
    rate_bps bigint CHECK (rate_bps >= 0) CHECK (rate_bps <= 10000),
    base amount CHECK (base >= 0),
    computed amount,
    override amount CHECK (override >= 0),
    final amount,
    held boolean NOT NULL,
    state text NOT NULL CHECK (state IN ('final', 'pending', 'partial', 'unavailable')),
    reason text,
    salt sha256_hex NOT NULL,
    revenue amount,
    costs amount,
    loss_before amount,
    loss_after amount,
    weighted_by text CHECK (weighted_by IN ('ACTIVE_STAKE', 'STAKER_REWARDS')),
    weight amount CHECK (weight >= 0),
    weight_whole amount CHECK (weight_whole >= 0),
    rule_base amount,
    rule_amount amount,
    rule_trace text,
    validator_amount amount,
    wallet_weight amount,
    PRIMARY KEY (snapshot_id, line_id)
);
COMMENT ON TABLE layers.partner_commission_lines IS 'What each rule of each agreement pays for each validator in a period, with what it was computed from.';
COMMENT ON COLUMN layers.partner_commission_lines.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN layers.partner_commission_lines.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN layers.partner_commission_lines.line_id IS 'UUIDv5 over agreement, rule, validator, wallet, chain, period and kind.';
COMMENT ON COLUMN layers.partner_commission_lines.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN layers.partner_commission_lines.agreement_id IS 'The agreement''s stable key.';
COMMENT ON COLUMN layers.partner_commission_lines.agreement_version IS 'The version of the terms that was in force.';
COMMENT ON COLUMN layers.partner_commission_lines.rule_key IS 'The rule''s key, stable across versions.';
COMMENT ON COLUMN layers.partner_commission_lines.rule_order IS 'The rule''s place among its agreement''s rules, from 1.';
COMMENT ON COLUMN layers.partner_commission_lines.kind IS 'LINE: what a rule pays for a validator or wallet; CAP_REDUCTION: what its cap takes off that; FLOOR_TOP_UP: what its floor adds to all its lines.';
COMMENT ON COLUMN layers.partner_commission_lines.validator_key IS 'The validator''s stable key; empty: all of the rule''s lines (FLOOR_TOP_UP).';
COMMENT ON COLUMN layers.partner_commission_lines.wallet_address IS 'The wallet the line is about; empty: the whole validator.';
COMMENT ON COLUMN layers.partner_commission_lines.component IS 'The revenue component the rule looks at.';
COMMENT ON COLUMN layers.partner_commission_lines.funded_by IS 'What pays the line: a component, or the operator''s guarantee.';
COMMENT ON COLUMN layers.partner_commission_lines.attribution_method IS 'How much of the component is the base.';
COMMENT ON COLUMN layers.partner_commission_lines.basis IS 'What of the component is the base.';
COMMENT ON COLUMN layers.partner_commission_lines.rate_bps IS 'The flat rate in hundredths of a percent; null: tiers.';
COMMENT ON COLUMN layers.partner_commission_lines.revenue IS 'The component''s amount; null: not known, or not looked at.';
COMMENT ON COLUMN layers.partner_commission_lines.costs IS 'What NET takes off it: the costs that reduce it; null on GROSS.';
COMMENT ON COLUMN layers.partner_commission_lines.loss_before IS 'The loss carried into the period; null: none are carried.';
COMMENT ON COLUMN layers.partner_commission_lines.loss_after IS 'The loss carried out of the period; null: none are carried.';
COMMENT ON COLUMN layers.partner_commission_lines.weighted_by IS 'What `weight` counts; null: no weight.';
COMMENT ON COLUMN layers.partner_commission_lines.weight IS 'What the partner''s wallets have on the validator.';
COMMENT ON COLUMN layers.partner_commission_lines.weight_whole IS 'What all wallets have; null: the weight is the base.';
COMMENT ON COLUMN layers.partner_commission_lines.base IS 'What the rate applies to; on cuts, what is cut; null: not known.';
COMMENT ON COLUMN layers.partner_commission_lines.rule_base IS 'The bases of all the rule''s validators; on cuts, what is cut.';
COMMENT ON COLUMN layers.partner_commission_lines.rule_amount IS 'What the rule''s validators share by their bases.';
COMMENT ON COLUMN layers.partner_commission_lines.rule_trace IS 'The arithmetic of rule_amount; null on flat rates.';
COMMENT ON COLUMN layers.partner_commission_lines.validator_amount IS 'What the validator''s wallets share; null: no wallet.';
COMMENT ON COLUMN layers.partner_commission_lines.wallet_weight IS 'What of it is the wallet''s, as its share is weighted.';
COMMENT ON COLUMN layers.partner_commission_lines.computed IS 'What the terms give: the base at its rate, or a share; null without a base.';
COMMENT ON COLUMN layers.partner_commission_lines.override IS 'What is paid instead of the computed amount; null: nothing else.';
COMMENT ON COLUMN layers.partner_commission_lines.final IS 'The override if there is one, else the computed amount. Counts 0 while held.';
COMMENT ON COLUMN layers.partner_commission_lines.held IS 'Whether it waits because lines claim more than the component holds.';
COMMENT ON COLUMN layers.partner_commission_lines.state IS 'How much is known of the line''s amounts.';
COMMENT ON COLUMN layers.partner_commission_lines.reason IS 'The reason of the state, or of being held; null where there is nothing to explain.';
CREATE INDEX ON layers.partner_commission_lines (line_id);

CREATE TABLE layers.commission_rule_results (
    snapshot_id bigint NOT NULL REFERENCES snapshots DEFERRABLE,
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    partner_id text NOT NULL,
    agreement_id text NOT NULL,
    agreement_version bigint NOT NULL CHECK (agreement_version >= 1),
    rule_key text NOT NULL,
    validator_count bigint NOT NULL CHECK (validator_count >= 0),
    missing_count bigint NOT NULL CHECK (missing_count >= 0),
    base amount NOT NULL CHECK (base >= 0),
    metric text CHECK (metric IN ('PERIOD', 'MONTH_TO_DATE', 'YEAR_TO_DATE', 'LIFETIME', 'INTRODUCED_STAKE')),
    metric_start amount CHECK (metric_start >= 0),
    metric_end amount CHECK (metric_end >= 0),
    computed amount NOT NULL CHECK (computed >= 0),
    cap amount CHECK (cap >= 0),
    cap_start amount,
    cap_reduction amount NOT NULL,
    floor amount CHECK (floor >= 0),
    floor_top_up amount CHECK (floor_top_up >= 0),
    override amount CHECK (override >= 0),
    final amount,
    state text NOT NULL CHECK (state IN ('final', 'pending', 'partial', 'unavailable')),
    reason text,
    salt sha256_hex NOT NULL,
    PRIMARY KEY (snapshot_id, chain_id, epoch, partner_id, agreement_id, rule_key)
);
COMMENT ON TABLE layers.commission_rule_results IS 'What each rule came to in a period: its totals, and what later periods of its windows start from.';
COMMENT ON COLUMN layers.commission_rule_results.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN layers.commission_rule_results.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN layers.commission_rule_results.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN layers.commission_rule_results.agreement_id IS 'The agreement''s stable key.';
COMMENT ON COLUMN layers.commission_rule_results.agreement_version IS 'The version of the terms that was in force.';
COMMENT ON COLUMN layers.commission_rule_results.rule_key IS 'The rule''s key, stable across versions.';
COMMENT ON COLUMN layers.commission_rule_results.validator_count IS 'How many validators it pays for.';
COMMENT ON COLUMN layers.commission_rule_results.missing_count IS 'How many of their bases are not known; they count 0 in base.';
COMMENT ON COLUMN layers.commission_rule_results.base IS 'The sum of its known bases.';
COMMENT ON COLUMN layers.commission_rule_results.metric IS 'What its tiers run over; null: a flat rate.';
COMMENT ON COLUMN layers.commission_rule_results.metric_start IS 'The metric before the period, where it is cumulative.';
COMMENT ON COLUMN layers.commission_rule_results.metric_end IS 'The metric that decided the tier; null: a flat rate.';
COMMENT ON COLUMN layers.commission_rule_results.computed IS 'The sum of its lines before floor and cap, as far as known.';
COMMENT ON COLUMN layers.commission_rule_results.cap IS 'Its cap; null: none.';
COMMENT ON COLUMN layers.commission_rule_results.cap_start IS 'What the month''s earlier periods computed, where the cap is monthly.';
COMMENT ON COLUMN layers.commission_rule_results.cap_reduction IS 'What the cap takes off: 0 or below.';
COMMENT ON COLUMN layers.commission_rule_results.floor IS 'Its floor; null: none.';
COMMENT ON COLUMN layers.commission_rule_results.floor_top_up IS 'What a floor per period adds; null: not known yet.';
COMMENT ON COLUMN layers.commission_rule_results.override IS 'What is paid in all instead; null: nothing else.';
COMMENT ON COLUMN layers.commission_rule_results.final IS 'The sum of what is paid, held lines included; null where one is not known.';
COMMENT ON COLUMN layers.commission_rule_results.state IS 'How much is known of the rule''s totals and the metric it started from.';
COMMENT ON COLUMN layers.commission_rule_results.reason IS 'The reason of the state; null where there is nothing to explain.';
CREATE INDEX ON layers.commission_rule_results (agreement_id, rule_key);

CREATE TABLE layers.revenue_allocation (
    snapshot_id bigint NOT NULL REFERENCES snapshots DEFERRABLE,
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    validator_key text NOT NULL,
    component text NOT NULL CHECK (component IN ('EXEC_FEES', 'MEV_TIPS', 'VOTE_REWARDS', 'COMMISSION', 'OPERATOR_GUARANTEE')),
    part_id uuid NOT NULL,
    party text NOT NULL CHECK (party IN ('LINE', 'OPERATOR', 'HELD', 'UNKNOWN')),
    partner_id text,
    amount amount CHECK (amount >= 0),
    state text NOT NULL CHECK (state IN ('final', 'pending', 'partial', 'unavailable')),
    reason text,
    salt sha256_hex NOT NULL,
    PRIMARY KEY (snapshot_id, chain_id, epoch, validator_key, component, part_id)
);
COMMENT ON TABLE layers.revenue_allocation IS 'Who gets every unit of every component of every validator: the parts sum to the component, exactly.';
COMMENT ON COLUMN layers.revenue_allocation.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN layers.revenue_allocation.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN layers.revenue_allocation.validator_key IS 'The validator''s stable key; empty: a rule''s top-up, which is about no single one.';
COMMENT ON COLUMN layers.revenue_allocation.component IS 'The revenue component that is divided, or the operator''s guarantee.';
COMMENT ON COLUMN layers.revenue_allocation.part_id IS 'On LINE parts the id of the validator''s line; else over the part''s key.';
COMMENT ON COLUMN layers.revenue_allocation.party IS 'Who the part goes to.';
COMMENT ON COLUMN layers.revenue_allocation.partner_id IS 'The partner on LINE parts, else null.';
COMMENT ON COLUMN layers.revenue_allocation.amount IS 'The part; null where the component is not known.';
COMMENT ON COLUMN layers.revenue_allocation.state IS 'How much is known of the component.';
COMMENT ON COLUMN layers.revenue_allocation.reason IS 'The reason of the state, or of being held; null where there is nothing to explain.';

CREATE TABLE layers.partner_commission_statements (
    snapshot_id bigint NOT NULL REFERENCES snapshots DEFERRABLE,
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    statement_id uuid NOT NULL,
    partner_id text NOT NULL,
    partner_name text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    line_count bigint NOT NULL CHECK (line_count >= 0),
    held_count bigint NOT NULL CHECK (held_count >= 0),
    missing_count bigint NOT NULL CHECK (missing_count >= 0),
    lines_total amount,
    known_total amount NOT NULL,
    held_total amount NOT NULL CHECK (held_total >= 0),
    lines_digest sha256_hex NOT NULL,
    state text NOT NULL CHECK (state IN ('final', 'pending', 'partial', 'unavailable')),
    reason text,
    salt sha256_hex NOT NULL,
    blocked_count bigint CHECK (blocked_count >= 0),
    PRIMARY KEY (snapshot_id, chain_id, epoch, partner_id),
    UNIQUE (snapshot_id, statement_id)
);
COMMENT ON TABLE layers.partner_commission_statements IS 'What each partner is owed for an epoch: the sum of its lines, with what is held, missing or blocked.';
COMMENT ON COLUMN layers.partner_commission_statements.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN layers.partner_commission_statements.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN layers.partner_commission_statements.statement_id IS 'UUIDv5 over partner, chain and epoch.';
COMMENT ON COLUMN layers.partner_commission_statements.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN layers.partner_commission_statements.partner_name IS 'The partner''s name when it was computed.';
COMMENT ON COLUMN layers.partner_commission_statements.started_at IS 'When the period started (included).';
COMMENT ON COLUMN layers.partner_commission_statements.ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN layers.partner_commission_statements.line_count IS 'How many lines it has, held and missing ones included.';
COMMENT ON COLUMN layers.partner_commission_statements.held_count IS 'How many of them are held.';
COMMENT ON COLUMN layers.partner_commission_statements.missing_count IS 'How many of them have no amount yet.';
COMMENT ON COLUMN layers.partner_commission_statements.blocked_count IS 'How many overrides have no target; each blocks it.';
COMMENT ON COLUMN layers.partner_commission_statements.lines_total IS 'What is owed: the lines'' sum, held ones at 0; null when one is missing, or an override blocks it.';
COMMENT ON COLUMN layers.partner_commission_statements.known_total IS 'The sum of the lines that have an amount and are not held.';
COMMENT ON COLUMN layers.partner_commission_statements.held_total IS 'The sum of the held lines, which is not owed until the terms are settled.';
COMMENT ON COLUMN layers.partner_commission_statements.lines_digest IS 'Merkle root over its lines'' leaves, in the order of their keys.';
COMMENT ON COLUMN layers.partner_commission_statements.state IS 'How much is known of lines_total.';
COMMENT ON COLUMN layers.partner_commission_statements.reason IS 'The reason of the state, every held line, and what overrides changed; null where there is nothing to explain.';
CREATE INDEX ON layers.partner_commission_statements (statement_id);

CREATE TABLE layers.monthly_statements (
    snapshot_id bigint NOT NULL REFERENCES snapshots DEFERRABLE,
    chain_id text NOT NULL,
    month text NOT NULL,
    statement_id uuid NOT NULL,
    partner_id text NOT NULL,
    partner_name text NOT NULL,
    payable_series text NOT NULL CHECK (payable_series IN ('MONTH', 'EPOCH')),
    number bigint CHECK (number >= 1),
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    line_count bigint NOT NULL CHECK (line_count >= 0),
    held_count bigint NOT NULL CHECK (held_count >= 0),
    missing_count bigint NOT NULL CHECK (missing_count >= 0),
    unsettled_count bigint NOT NULL CHECK (unsettled_count >= 0),
    blocked_count bigint NOT NULL CHECK (blocked_count >= 0),
    opening amount,
    lines amount NOT NULL,
    top_ups amount NOT NULL CHECK (top_ups >= 0),
    adjustments amount NOT NULL,
    total amount,
    known_total amount NOT NULL,
    held_total amount NOT NULL CHECK (held_total >= 0),
    minimum_payout amount CHECK (minimum_payout >= 0),
    payable amount CHECK (payable >= 0),
    closing amount,
    lines_digest sha256_hex NOT NULL,
    entries_digest sha256_hex NOT NULL,
    state text NOT NULL CHECK (state IN ('final', 'pending', 'partial', 'unavailable')),
    reason text,
    statement_digest sha256_hex NOT NULL,
    salt sha256_hex NOT NULL,
    PRIMARY KEY (snapshot_id, chain_id, month, partner_id),
    UNIQUE (snapshot_id, statement_id)
);
COMMENT ON TABLE layers.monthly_statements IS 'What each partner is owed for a calendar month, from the opening to the closing balance. Approved ones are repeated byte for byte.';
COMMENT ON COLUMN layers.monthly_statements.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN layers.monthly_statements.month IS 'The calendar month in UTC, like 2026-08.';
COMMENT ON COLUMN layers.monthly_statements.statement_id IS 'UUIDv5 over partner, chain, period and series.';
COMMENT ON COLUMN layers.monthly_statements.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN layers.monthly_statements.partner_name IS 'The partner''s name when it was computed.';
COMMENT ON COLUMN layers.monthly_statements.payable_series IS 'The series by which the partner is paid in this month; of another one, it is for information only.';
COMMENT ON COLUMN layers.monthly_statements.number IS 'Its place in the chain of the partner''s balances, from 1; null: for information only.';
COMMENT ON COLUMN layers.monthly_statements.started_at IS 'When its first period started; the month''s start without one.';
COMMENT ON COLUMN layers.monthly_statements.ended_at IS 'When its last period ended; the month''s end without one.';
COMMENT ON COLUMN layers.monthly_statements.line_count IS 'How many lines its periods have, held and missing ones included.';
COMMENT ON COLUMN layers.monthly_statements.held_count IS 'How many of them are held.';
COMMENT ON COLUMN layers.monthly_statements.missing_count IS 'How many of them, and of its top-ups, have no amount yet.';
COMMENT ON COLUMN layers.monthly_statements.unsettled_count IS 'How many are not final or held: each is accepted by name, or it is not submitted.';
COMMENT ON COLUMN layers.monthly_statements.blocked_count IS 'How many overrides have no target; each blocks it.';
COMMENT ON COLUMN layers.monthly_statements.opening IS 'The closing balance of the statement before; null: for information.';
COMMENT ON COLUMN layers.monthly_statements.lines IS 'The sum of its periods'' lines that have an amount and are not held.';
COMMENT ON COLUMN layers.monthly_statements.top_ups IS 'What floors per MONTH add, as far as it is known.';
COMMENT ON COLUMN layers.monthly_statements.adjustments IS 'The sum of its adjustments of what was stated before.';
COMMENT ON COLUMN layers.monthly_statements.total IS 'opening + lines + top_ups + adjustments; null while a figure is missing.';
COMMENT ON COLUMN layers.monthly_statements.known_total IS 'The same with missing figures at 0, as it is paid where they are accepted.';
COMMENT ON COLUMN layers.monthly_statements.held_total IS 'The sum of the held lines, which is not owed until the terms are settled.';
COMMENT ON COLUMN layers.monthly_statements.minimum_payout IS 'The least that is paid; null: for information.';
COMMENT ON COLUMN layers.monthly_statements.payable IS 'known_total where it reaches the minimum, else 0; null: information.';
COMMENT ON COLUMN layers.monthly_statements.closing IS 'known_total - payable, which opens the next; null: for information.';
COMMENT ON COLUMN layers.monthly_statements.lines_digest IS 'Merkle root over its lines'' leaves, period by period, by their keys.';
COMMENT ON COLUMN layers.monthly_statements.entries_digest IS 'Merkle root over its top-ups and adjustments, by their keys.';
COMMENT ON COLUMN layers.monthly_statements.state IS 'How much is known of the total.';
COMMENT ON COLUMN layers.monthly_statements.reason IS 'The reason of the state, every held line, and what overrides changed; null where there is nothing to explain.';
COMMENT ON COLUMN layers.monthly_statements.statement_digest IS 'Commits to all the other columns: what is approved and paid.';
CREATE INDEX ON layers.monthly_statements (statement_id);

CREATE TABLE layers.monthly_statement_entries (
    snapshot_id bigint NOT NULL REFERENCES snapshots DEFERRABLE,
    chain_id text NOT NULL,
    month text NOT NULL,
    entry_id uuid NOT NULL,
    statement_id uuid NOT NULL,
    partner_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('FLOOR_TOP_UP', 'ADJUSTMENT')),
    source_period text NOT NULL,
    line_id uuid NOT NULL,
    number bigint NOT NULL CHECK (number >= 1),
    agreement_id text NOT NULL,
    agreement_version bigint CHECK (agreement_version >= 1),
    rule_key text NOT NULL,
    validator_key text NOT NULL,
    wallet_address text NOT NULL,
    line_kind text NOT NULL CHECK (line_kind IN ('LINE', 'CAP_REDUCTION', 'FLOOR_TOP_UP')),
    component text NOT NULL,
    stated amount,
    now amount,
    amount amount,
    cause text CHECK (cause IN ('DATA', 'RULE', 'OVERRIDE', 'CODE')),
    disputed_on text,
    state text NOT NULL CHECK (state IN ('final', 'pending', 'partial', 'unavailable')),
    reason text,
    salt sha256_hex NOT NULL,
    PRIMARY KEY (snapshot_id, entry_id)
);
COMMENT ON TABLE layers.monthly_statement_entries IS 'What monthly statements hold beside their lines: top-ups of floors per MONTH, and adjustments.';
COMMENT ON COLUMN layers.monthly_statement_entries.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN layers.monthly_statement_entries.month IS 'The calendar month in UTC, like 2026-08.';
COMMENT ON COLUMN layers.monthly_statement_entries.entry_id IS 'UUIDv5 over the source line and its number, or over the top-up''s key.';
COMMENT ON COLUMN layers.monthly_statement_entries.statement_id IS 'The statement it is on.';
COMMENT ON COLUMN layers.monthly_statement_entries.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN layers.monthly_statement_entries.kind IS 'A floor''s top-up of the month, or an adjustment.';
COMMENT ON COLUMN layers.monthly_statement_entries.source_period IS 'The period it is about: an epoch like 0000850, or a month like 2026-08.';
COMMENT ON COLUMN layers.monthly_statement_entries.line_id IS 'The line it adjusts; of a top-up, the top-up''s own id.';
COMMENT ON COLUMN layers.monthly_statement_entries.number IS 'The how manyth entry about that line it is, from 1.';
COMMENT ON COLUMN layers.monthly_statement_entries.agreement_id IS 'The agreement''s stable key.';
COMMENT ON COLUMN layers.monthly_statement_entries.agreement_version IS 'The version in force now; null: the line is gone.';
COMMENT ON COLUMN layers.monthly_statement_entries.rule_key IS 'The rule''s key, stable across versions.';
COMMENT ON COLUMN layers.monthly_statement_entries.validator_key IS 'The line''s validator; empty: all of the rule''s.';
COMMENT ON COLUMN layers.monthly_statement_entries.wallet_address IS 'The line''s wallet; empty: the whole validator.';
COMMENT ON COLUMN layers.monthly_statement_entries.line_kind IS 'What the line is.';
COMMENT ON COLUMN layers.monthly_statement_entries.component IS 'The revenue component the rule looks at.';
COMMENT ON COLUMN layers.monthly_statement_entries.stated IS 'What was stated for the line so far, earlier adjustments included; null: a top-up.';
COMMENT ON COLUMN layers.monthly_statement_entries.now IS 'What it comes to now; null: not known yet.';
COMMENT ON COLUMN layers.monthly_statement_entries.amount IS 'What it adds to the statement: now - stated, or the top-up; null: not known.';
COMMENT ON COLUMN layers.monthly_statement_entries.cause IS 'Why it is another figure; null: a top-up.';
COMMENT ON COLUMN layers.monthly_statement_entries.disputed_on IS 'The statement whose accepted dispute it settles; null: none.';
COMMENT ON COLUMN layers.monthly_statement_entries.state IS 'How much is known of the amount.';
COMMENT ON COLUMN layers.monthly_statement_entries.reason IS 'The reason of the cause or the state, in words; null where there is nothing to explain.';
CREATE INDEX ON layers.monthly_statement_entries (statement_id);

CREATE TABLE layers.epoch_payables (
    snapshot_id bigint NOT NULL REFERENCES snapshots DEFERRABLE,
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    statement_id uuid NOT NULL,
    partner_id text NOT NULL,
    partner_name text NOT NULL,
    payable_series text NOT NULL CHECK (payable_series IN ('MONTH', 'EPOCH')),
    number bigint CHECK (number >= 1),
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    line_count bigint NOT NULL CHECK (line_count >= 0),
    held_count bigint NOT NULL CHECK (held_count >= 0),
    missing_count bigint NOT NULL CHECK (missing_count >= 0),
    unsettled_count bigint NOT NULL CHECK (unsettled_count >= 0),
    blocked_count bigint NOT NULL CHECK (blocked_count >= 0),
    opening amount,
    lines amount NOT NULL,
    top_ups amount NOT NULL CHECK (top_ups >= 0),
    adjustments amount NOT NULL,
    total amount,
    known_total amount NOT NULL,
    held_total amount NOT NULL CHECK (held_total >= 0),
    minimum_payout amount CHECK (minimum_payout >= 0),
    payable amount CHECK (payable >= 0),
    closing amount,
    lines_digest sha256_hex NOT NULL,
    entries_digest sha256_hex NOT NULL,
    state text NOT NULL CHECK (state IN ('final', 'pending', 'partial', 'unavailable')),
    reason text,
    statement_digest sha256_hex NOT NULL,
    salt sha256_hex NOT NULL,
    PRIMARY KEY (snapshot_id, chain_id, epoch, partner_id),
    UNIQUE (snapshot_id, statement_id)
);
COMMENT ON TABLE layers.epoch_payables IS 'Statements of partners who are paid by EPOCH, from the opening to the closing balance. Approved ones are repeated byte for byte.';
COMMENT ON COLUMN layers.epoch_payables.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN layers.epoch_payables.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN layers.epoch_payables.statement_id IS 'UUIDv5 over partner, chain, period and series.';
COMMENT ON COLUMN layers.epoch_payables.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN layers.epoch_payables.partner_name IS 'The partner''s name when it was computed.';
COMMENT ON COLUMN layers.epoch_payables.payable_series IS 'The series by which the partner is paid in this month; of another one, it is for information only.';
COMMENT ON COLUMN layers.epoch_payables.number IS 'Its place in the chain of the partner''s balances, from 1; null: for information only.';
COMMENT ON COLUMN layers.epoch_payables.started_at IS 'When its first period started; the month''s start without one.';
COMMENT ON COLUMN layers.epoch_payables.ended_at IS 'When its last period ended; the month''s end without one.';
COMMENT ON COLUMN layers.epoch_payables.line_count IS 'How many lines its periods have, held and missing ones included.';
COMMENT ON COLUMN layers.epoch_payables.held_count IS 'How many of them are held.';
COMMENT ON COLUMN layers.epoch_payables.missing_count IS 'How many of them, and of its top-ups, have no amount yet.';
COMMENT ON COLUMN layers.epoch_payables.unsettled_count IS 'How many are not final or held: each is accepted by name, or it is not submitted.';
COMMENT ON COLUMN layers.epoch_payables.blocked_count IS 'How many overrides have no target; each blocks it.';
COMMENT ON COLUMN layers.epoch_payables.opening IS 'The closing balance of the statement before; null: for information.';
COMMENT ON COLUMN layers.epoch_payables.lines IS 'The sum of its periods'' lines that have an amount and are not held.';
COMMENT ON COLUMN layers.epoch_payables.top_ups IS 'What floors per MONTH add, as far as it is known.';
COMMENT ON COLUMN layers.epoch_payables.adjustments IS 'The sum of its adjustments of what was stated before.';
COMMENT ON COLUMN layers.epoch_payables.total IS 'opening + lines + top_ups + adjustments; null while a figure is missing.';
COMMENT ON COLUMN layers.epoch_payables.known_total IS 'The same with missing figures at 0, as it is paid where they are accepted.';
COMMENT ON COLUMN layers.epoch_payables.held_total IS 'The sum of the held lines, which is not owed until the terms are settled.';
COMMENT ON COLUMN layers.epoch_payables.minimum_payout IS 'The least that is paid; null: for information.';
COMMENT ON COLUMN layers.epoch_payables.payable IS 'known_total where it reaches the minimum, else 0; null: information.';
COMMENT ON COLUMN layers.epoch_payables.closing IS 'known_total - payable, which opens the next; null: for information.';
COMMENT ON COLUMN layers.epoch_payables.lines_digest IS 'Merkle root over its lines'' leaves, period by period, by their keys.';
COMMENT ON COLUMN layers.epoch_payables.entries_digest IS 'Merkle root over its top-ups and adjustments, by their keys.';
COMMENT ON COLUMN layers.epoch_payables.state IS 'How much is known of the total.';
COMMENT ON COLUMN layers.epoch_payables.reason IS 'The reason of the state, every held line, and what overrides changed; null where there is nothing to explain.';
COMMENT ON COLUMN layers.epoch_payables.statement_digest IS 'Commits to all the other columns: what is approved and paid.';
CREATE INDEX ON layers.epoch_payables (statement_id);

CREATE TABLE layers.epoch_payable_entries (
    snapshot_id bigint NOT NULL REFERENCES snapshots DEFERRABLE,
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    entry_id uuid NOT NULL,
    statement_id uuid NOT NULL,
    partner_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('FLOOR_TOP_UP', 'ADJUSTMENT')),
    source_period text NOT NULL,
    line_id uuid NOT NULL,
    number bigint NOT NULL CHECK (number >= 1),
    agreement_id text NOT NULL,
    agreement_version bigint CHECK (agreement_version >= 1),
    rule_key text NOT NULL,
    validator_key text NOT NULL,
    wallet_address text NOT NULL,
    line_kind text NOT NULL CHECK (line_kind IN ('LINE', 'CAP_REDUCTION', 'FLOOR_TOP_UP')),
    component text NOT NULL,
    stated amount,
    now amount,
    amount amount,
    cause text CHECK (cause IN ('DATA', 'RULE', 'OVERRIDE', 'CODE')),
    disputed_on text,
    state text NOT NULL CHECK (state IN ('final', 'pending', 'partial', 'unavailable')),
    reason text,
    salt sha256_hex NOT NULL,
    PRIMARY KEY (snapshot_id, entry_id)
);
COMMENT ON TABLE layers.epoch_payable_entries IS 'What the statements of partners who are paid by EPOCH hold beside their lines: adjustments.';
COMMENT ON COLUMN layers.epoch_payable_entries.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN layers.epoch_payable_entries.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN layers.epoch_payable_entries.entry_id IS 'UUIDv5 over the source line and its number, or over the top-up''s key.';
COMMENT ON COLUMN layers.epoch_payable_entries.statement_id IS 'The statement it is on.';
COMMENT ON COLUMN layers.epoch_payable_entries.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN layers.epoch_payable_entries.kind IS 'A floor''s top-up of the month, or an adjustment.';
COMMENT ON COLUMN layers.epoch_payable_entries.source_period IS 'The period it is about: an epoch like 0000850, or a month like 2026-08.';
COMMENT ON COLUMN layers.epoch_payable_entries.line_id IS 'The line it adjusts; of a top-up, the top-up''s own id.';
COMMENT ON COLUMN layers.epoch_payable_entries.number IS 'The how manyth entry about that line it is, from 1.';
COMMENT ON COLUMN layers.epoch_payable_entries.agreement_id IS 'The agreement''s stable key.';
COMMENT ON COLUMN layers.epoch_payable_entries.agreement_version IS 'The version in force now; null: the line is gone.';
COMMENT ON COLUMN layers.epoch_payable_entries.rule_key IS 'The rule''s key, stable across versions.';
COMMENT ON COLUMN layers.epoch_payable_entries.validator_key IS 'The line''s validator; empty: all of the rule''s.';
COMMENT ON COLUMN layers.epoch_payable_entries.wallet_address IS 'The line''s wallet; empty: the whole validator.';
COMMENT ON COLUMN layers.epoch_payable_entries.line_kind IS 'What the line is.';
COMMENT ON COLUMN layers.epoch_payable_entries.component IS 'The revenue component the rule looks at.';
COMMENT ON COLUMN layers.epoch_payable_entries.stated IS 'What was stated for the line so far, earlier adjustments included; null: a top-up.';
COMMENT ON COLUMN layers.epoch_payable_entries.now IS 'What it comes to now; null: not known yet.';
COMMENT ON COLUMN layers.epoch_payable_entries.amount IS 'What it adds to the statement: now - stated, or the top-up; null: not known.';
COMMENT ON COLUMN layers.epoch_payable_entries.cause IS 'Why it is another figure; null: a top-up.';
COMMENT ON COLUMN layers.epoch_payable_entries.disputed_on IS 'The statement whose accepted dispute it settles; null: none.';
COMMENT ON COLUMN layers.epoch_payable_entries.state IS 'How much is known of the amount.';
COMMENT ON COLUMN layers.epoch_payable_entries.reason IS 'The reason of the cause or the state, in words; null where there is nothing to explain.';
CREATE INDEX ON layers.epoch_payable_entries (statement_id);

CREATE TABLE statement_openings (
    partner_id text NOT NULL,
    chain_id text NOT NULL,
    opening amount NOT NULL,
    paid_through text,
    evidence text NOT NULL,
    evidence_hash sha256_hex NOT NULL,
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (partner_id, chain_id),
    CHECK (paid_through ~ '^[0-9]{4}-(0[1-9]|1[0-2])$')
);
COMMENT ON TABLE statement_openings IS 'Where a partner''s balances begin on a chain: what was owed, and up to when it was paid elsewhere.';
COMMENT ON COLUMN statement_openings.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN statement_openings.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN statement_openings.opening IS 'What was owed to the partner then; below 0: it was paid too much.';
COMMENT ON COLUMN statement_openings.paid_through IS 'The last month that was stated elsewhere, like 2026-07; null: none.';
COMMENT ON COLUMN statement_openings.evidence IS 'The name of the file that was imported.';
COMMENT ON COLUMN statement_openings.evidence_hash IS 'SHA-256 of its bytes.';
COMMENT ON COLUMN statement_openings.reason IS 'Why it was decided.';
COMMENT ON COLUMN statement_openings.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN statement_openings.recorded_at IS 'When it was recorded, by the ledger''s one clock.';

CREATE TABLE statement_submissions (
    statement_id uuid NOT NULL,
    attempt bigint NOT NULL CHECK (attempt >= 1),
    partner_id text NOT NULL,
    chain_id text NOT NULL,
    period text NOT NULL,
    asset text NOT NULL,
    snapshot_id bigint NOT NULL REFERENCES snapshots,
    entries_snapshot_id bigint NOT NULL REFERENCES snapshots,
    number bigint NOT NULL CHECK (number >= 0),
    statement_digest sha256_hex NOT NULL,
    content_digest sha256_hex NOT NULL,
    lineage_digest sha256_hex NOT NULL,
    opening amount NOT NULL,
    lines amount NOT NULL,
    top_ups amount NOT NULL,
    adjustments amount NOT NULL,
    total amount NOT NULL,
    payable amount NOT NULL CHECK (payable >= 0),
    closing amount NOT NULL,
    accepted text NOT NULL,
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (statement_id, attempt),
    UNIQUE (statement_id, attempt, statement_digest, recorded_by),
    UNIQUE (statement_id, attempt, statement_digest),
    CHECK (opening + lines + top_ups + adjustments = total),
    CHECK (total - payable = closing),
    CHECK (number > 0)
);
COMMENT ON TABLE statement_submissions IS 'Statements that were handed in for approval, with the figures and digests of that moment.';
COMMENT ON COLUMN statement_submissions.statement_id IS 'The statement.';
COMMENT ON COLUMN statement_submissions.attempt IS 'Which submission of the statement it is about, from 1.';
COMMENT ON COLUMN statement_submissions.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN statement_submissions.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN statement_submissions.period IS 'What follows the chain in the key: an epoch in seven digits like 0000850, or a month like 2026-08.';
COMMENT ON COLUMN statement_submissions.asset IS 'The layer that holds it.';
COMMENT ON COLUMN statement_submissions.snapshot_id IS 'The snapshot that was seen.';
COMMENT ON COLUMN statement_submissions.entries_snapshot_id IS 'That of its entries.';
COMMENT ON COLUMN statement_submissions.number IS 'The place in the chain of the partner''s balances; 0: the imported opening.';
COMMENT ON COLUMN statement_submissions.statement_digest IS 'The statement''s digest, as the person saw it.';
COMMENT ON COLUMN statement_submissions.content_digest IS 'The content digest of that snapshot.';
COMMENT ON COLUMN statement_submissions.lineage_digest IS 'Its lineage digest: pins every input.';
COMMENT ON COLUMN statement_submissions.opening IS 'The opening balance.';
COMMENT ON COLUMN statement_submissions.lines IS 'The sum of its lines.';
COMMENT ON COLUMN statement_submissions.top_ups IS 'The sum of its top-ups.';
COMMENT ON COLUMN statement_submissions.adjustments IS 'The sum of its adjustments.';
COMMENT ON COLUMN statement_submissions.total IS 'The total; missing and held figures that were accepted count 0.';
COMMENT ON COLUMN statement_submissions.payable IS 'What is paid.';
COMMENT ON COLUMN statement_submissions.closing IS 'What opens the next statement.';
COMMENT ON COLUMN statement_submissions.accepted IS 'Ids of the missing and held figures that were accepted, as a sorted JSON list.';
COMMENT ON COLUMN statement_submissions.reason IS 'Why it was decided.';
COMMENT ON COLUMN statement_submissions.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN statement_submissions.recorded_at IS 'When it was recorded, by the ledger''s one clock.';
CREATE INDEX ON statement_submissions (partner_id, chain_id);

CREATE TABLE statement_rejections (
    statement_id uuid NOT NULL,
    attempt bigint NOT NULL CHECK (attempt >= 1),
    statement_digest sha256_hex NOT NULL,
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (statement_id, attempt),
    FOREIGN KEY (statement_id, attempt, statement_digest) REFERENCES statement_submissions (statement_id, attempt, statement_digest)
);
COMMENT ON TABLE statement_rejections IS 'Submissions that were handed back: the statement is a draft again.';
COMMENT ON COLUMN statement_rejections.statement_id IS 'The statement.';
COMMENT ON COLUMN statement_rejections.attempt IS 'Which submission of the statement it is about, from 1.';
COMMENT ON COLUMN statement_rejections.statement_digest IS 'The statement''s digest, as the person saw it.';
COMMENT ON COLUMN statement_rejections.reason IS 'Why it was decided.';
COMMENT ON COLUMN statement_rejections.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN statement_rejections.recorded_at IS 'When it was recorded, by the ledger''s one clock.';

CREATE TABLE statement_approvals (
    statement_id uuid NOT NULL,
    attempt bigint NOT NULL CHECK (attempt >= 1),
    statement_digest sha256_hex NOT NULL,
    submitter text NOT NULL,
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (statement_id),
    UNIQUE (statement_id, statement_digest, recorded_by),
    CHECK (recorded_by <> submitter),
    FOREIGN KEY (statement_id, attempt, statement_digest, submitter) REFERENCES statement_submissions (statement_id, attempt, statement_digest, recorded_by)
);
COMMENT ON TABLE statement_approvals IS 'Submissions that were approved: from then on the statement''s content never changes.';
COMMENT ON COLUMN statement_approvals.statement_id IS 'The statement.';
COMMENT ON COLUMN statement_approvals.attempt IS 'Which submission of the statement it is about, from 1.';
COMMENT ON COLUMN statement_approvals.statement_digest IS 'The statement''s digest, as the person saw it.';
COMMENT ON COLUMN statement_approvals.submitter IS 'Who had submitted it.';
COMMENT ON COLUMN statement_approvals.reason IS 'Why it was decided.';
COMMENT ON COLUMN statement_approvals.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN statement_approvals.recorded_at IS 'When it was recorded, by the ledger''s one clock.';

CREATE TABLE statement_balances (
    partner_id text NOT NULL,
    chain_id text NOT NULL,
    number bigint NOT NULL CHECK (number >= 0),
    statement_id uuid,
    previous_number bigint CHECK (previous_number >= 0),
    opening amount NOT NULL,
    total amount NOT NULL,
    payable amount NOT NULL CHECK (payable >= 0),
    closing amount NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (partner_id, chain_id, number),
    UNIQUE (partner_id, chain_id, number, closing),
    UNIQUE (statement_id),
    CHECK (total - payable = closing),
    CHECK ((number = 0) = (statement_id IS NULL)),
    CHECK (number > 0 OR (payable = 0 AND total = opening)),
    CHECK (coalesce(previous_number = number - 1, number <= 1)),
    CHECK (previous_number IS NOT NULL OR number = 0 OR opening = 0),
    FOREIGN KEY (partner_id, chain_id, previous_number, opening) REFERENCES statement_balances (partner_id, chain_id, number, closing)
);
COMMENT ON TABLE statement_balances IS 'The chain of a partner''s balances: each opening is the closing of the one before.';
COMMENT ON COLUMN statement_balances.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN statement_balances.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN statement_balances.number IS 'The place in the chain of the partner''s balances; 0: the imported opening.';
COMMENT ON COLUMN statement_balances.statement_id IS 'The approved statement; null: the imported opening.';
COMMENT ON COLUMN statement_balances.previous_number IS 'The number before; null: the first.';
COMMENT ON COLUMN statement_balances.opening IS 'The opening balance.';
COMMENT ON COLUMN statement_balances.total IS 'The total.';
COMMENT ON COLUMN statement_balances.payable IS 'What is paid.';
COMMENT ON COLUMN statement_balances.closing IS 'What is carried on.';
COMMENT ON COLUMN statement_balances.recorded_at IS 'When it was recorded, by the ledger''s one clock.';

CREATE TABLE statement_releases (
    statement_id uuid NOT NULL,
    statement_digest sha256_hex NOT NULL,
    approver text NOT NULL,
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (statement_id),
    UNIQUE (statement_id, statement_digest),
    FOREIGN KEY (statement_id, statement_digest, approver) REFERENCES statement_approvals (statement_id, statement_digest, recorded_by)
);
COMMENT ON TABLE statement_releases IS 'Approved statements that were released: the partner sees them, and they may be paid.';
COMMENT ON COLUMN statement_releases.statement_id IS 'The statement.';
COMMENT ON COLUMN statement_releases.statement_digest IS 'The statement''s digest, as the person saw it.';
COMMENT ON COLUMN statement_releases.approver IS 'Who had approved it.';
COMMENT ON COLUMN statement_releases.reason IS 'Why it was decided.';
COMMENT ON COLUMN statement_releases.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN statement_releases.recorded_at IS 'When it was recorded, by the ledger''s one clock.';

CREATE TABLE statement_payments (
    statement_id uuid NOT NULL,
    payment_number bigint NOT NULL CHECK (payment_number >= 1),
    statement_digest sha256_hex NOT NULL,
    amount amount NOT NULL CHECK (amount >= 1),
    payout_address text NOT NULL,
    reference text NOT NULL,
    transaction_id text NOT NULL,
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (statement_id, payment_number),
    UNIQUE (transaction_id, statement_id),
    FOREIGN KEY (statement_id, statement_digest) REFERENCES statement_releases (statement_id, statement_digest)
);
COMMENT ON TABLE statement_payments IS 'What was paid of released statements, in one part or several.';
COMMENT ON COLUMN statement_payments.statement_id IS 'The statement.';
COMMENT ON COLUMN statement_payments.payment_number IS 'The number of the payment of this statement, from 1.';
COMMENT ON COLUMN statement_payments.statement_digest IS 'The statement''s digest, as the person saw it.';
COMMENT ON COLUMN statement_payments.amount IS 'What was paid.';
COMMENT ON COLUMN statement_payments.payout_address IS 'Where it was paid to.';
COMMENT ON COLUMN statement_payments.reference IS 'What the payment is called in the books.';
COMMENT ON COLUMN statement_payments.transaction_id IS 'The transaction on the chain.';
COMMENT ON COLUMN statement_payments.reason IS 'Why it was decided.';
COMMENT ON COLUMN statement_payments.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN statement_payments.recorded_at IS 'When it was recorded, by the ledger''s one clock.';

CREATE TABLE statement_acknowledgements (
    statement_id uuid NOT NULL,
    statement_digest sha256_hex NOT NULL,
    on_behalf_of text,
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (statement_id),
    FOREIGN KEY (statement_id, statement_digest) REFERENCES statement_releases (statement_id, statement_digest)
);
COMMENT ON TABLE statement_acknowledgements IS 'Released statements that the partner holds for right.';
COMMENT ON COLUMN statement_acknowledgements.statement_id IS 'The statement.';
COMMENT ON COLUMN statement_acknowledgements.statement_digest IS 'The statement''s digest, as the person saw it.';
COMMENT ON COLUMN statement_acknowledgements.on_behalf_of IS 'The partner for whom finance says it; null: the partner itself.';
COMMENT ON COLUMN statement_acknowledgements.reason IS 'Why it was decided.';
COMMENT ON COLUMN statement_acknowledgements.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN statement_acknowledgements.recorded_at IS 'When it was recorded, by the ledger''s one clock.';

CREATE TABLE statement_disputes (
    statement_id uuid NOT NULL,
    line_id uuid NOT NULL,
    statement_digest sha256_hex NOT NULL,
    stated amount,
    claimed amount NOT NULL,
    on_behalf_of text,
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (statement_id, line_id),
    FOREIGN KEY (statement_id, statement_digest) REFERENCES statement_releases (statement_id, statement_digest)
);
COMMENT ON TABLE statement_disputes IS 'Lines of released statements that the partner holds for wrong. A line is disputed once per statement.';
COMMENT ON COLUMN statement_disputes.statement_id IS 'The statement.';
COMMENT ON COLUMN statement_disputes.line_id IS 'The line, or the entry.';
COMMENT ON COLUMN statement_disputes.statement_digest IS 'The statement''s digest, as the person saw it.';
COMMENT ON COLUMN statement_disputes.stated IS 'What the statement says of it; null: it says that it is not known.';
COMMENT ON COLUMN statement_disputes.claimed IS 'What the partner holds for right.';
COMMENT ON COLUMN statement_disputes.on_behalf_of IS 'The partner for whom finance says it; null: the partner itself.';
COMMENT ON COLUMN statement_disputes.reason IS 'Why it was decided.';
COMMENT ON COLUMN statement_disputes.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN statement_disputes.recorded_at IS 'When it was recorded, by the ledger''s one clock.';

CREATE TABLE statement_dispute_answers (
    statement_id uuid NOT NULL,
    line_id uuid NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('ACCEPTED', 'REJECTED')),
    settled_by text,
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (statement_id, line_id),
    CHECK ((verdict = 'ACCEPTED') = (settled_by IS NOT NULL)),
    FOREIGN KEY (statement_id, line_id) REFERENCES statement_disputes (statement_id, line_id)
);
COMMENT ON TABLE statement_dispute_answers IS 'What finance answers to disputes; before that a dispute is open.';
COMMENT ON COLUMN statement_dispute_answers.statement_id IS 'The statement.';
COMMENT ON COLUMN statement_dispute_answers.line_id IS 'The line, or the entry.';
COMMENT ON COLUMN statement_dispute_answers.verdict IS 'ACCEPTED or REJECTED.';
COMMENT ON COLUMN statement_dispute_answers.settled_by IS 'The decision that settles it, as lineages name it; null: rejected.';
COMMENT ON COLUMN statement_dispute_answers.reason IS 'Why it was decided.';
COMMENT ON COLUMN statement_dispute_answers.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN statement_dispute_answers.recorded_at IS 'When it was recorded, by the ledger''s one clock.';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON snapshots FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON snapshot_reports FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON attestations FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON publications FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_rows FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON users FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON users DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON staging_bodies FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON staging_file_bodies FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON staging_payloads FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON staging_fetches FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON observations FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ingestion_runs FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON canonical_periods FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON canonical_validator_identities FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON canonical_validator_identities DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON operator_wallets FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON operator_wallets DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON cost_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON cost_entries DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON layers.canonical_validator_fees FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON layers.canonical_validator_mev FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON layers.canonical_stake_rewards FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON layers.canonical_validator_meta FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON layers.canonical_stake_positions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON layers.canonical_validator_costs FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON layers.canonical_stake_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON layers.canonical_completeness FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON layers.cross_check_differences FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON layers.validator_pnl FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON partners FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON partners DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON partner_series FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON partner_series DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON partner_minimum_payouts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON partner_minimum_payouts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON partner_wallets FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON partner_wallets DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON agreements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON agreements DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON agreement_versions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON agreement_versions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON agreement_rules FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON agreement_rules DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON agreement_rule_tiers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON agreement_rule_tiers DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON agreement_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON agreement_events DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON commission_overrides FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON commission_overrides DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON layers.partner_commission_lines FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON layers.commission_rule_results FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON layers.revenue_allocation FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON layers.partner_commission_statements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON layers.monthly_statements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON layers.monthly_statement_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON layers.epoch_payables FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON layers.epoch_payable_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON statement_openings FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON statement_openings DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON statement_submissions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON statement_submissions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON statement_rejections FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON statement_rejections DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON statement_approvals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON statement_approvals DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON statement_balances FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON statement_balances DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON statement_releases FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON statement_releases DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON statement_payments FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON statement_payments DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON statement_acknowledgements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON statement_acknowledgements DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON statement_disputes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON statement_disputes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON statement_dispute_answers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON statement_dispute_answers DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE VIEW in_force AS
    SELECT DISTINCT ON (p.asset, p.chain_id, p.period)
           p.asset, p.chain_id, p.period, p.epoch, p.snapshot_id, p.sequence, p.published_at,
           s.content_digest, s.lineage_digest, s.layer_version, s.row_count, s.completeness, s.dagster_run
    FROM publications p JOIN snapshots s USING (snapshot_id)
    ORDER BY p.asset, p.chain_id, p.period, p.sequence DESC;
COMMENT ON VIEW in_force IS 'The published snapshot of each asset and period or month, as of now.';

CREATE FUNCTION in_force_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_epoch bigint DEFAULT NULL, to_epoch bigint DEFAULT NULL,
    of_asset text DEFAULT NULL, of_period text DEFAULT NULL
) RETURNS SETOF in_force LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);
    RETURN QUERY
        SELECT DISTINCT ON (p.asset, p.chain_id, p.period)
               p.asset, p.chain_id, p.period, p.epoch, p.snapshot_id, p.sequence, p.published_at,
               s.content_digest, s.lineage_digest, s.layer_version, s.row_count, s.completeness, s.dagster_run
        FROM publications p JOIN snapshots s USING (snapshot_id)
        WHERE p.published_at <= moment AND (of_asset IS NULL OR p.asset = of_asset)
          AND (of_chain IS NULL OR p.chain_id = of_chain)
          AND (from_epoch IS NULL OR p.epoch >= from_epoch) AND (to_epoch IS NULL OR p.epoch <= to_epoch)
          AND (of_period IS NULL OR p.period = of_period)
        ORDER BY p.asset, p.chain_id, p.period, p.sequence DESC;
END $$;
COMMENT ON FUNCTION in_force_as_of IS
    'What was in force at a past moment; of one chain, from and to an epoch, of one asset or period, where given.';

CREATE VIEW snapshot_states AS
    SELECT s.snapshot_id, s.asset, s.chain_id, s.period, s.epoch, s.written_at, s.completeness, s.row_count,
           s.content_digest,
           CASE WHEN f.snapshot_id IS NOT NULL THEN 'in force'
                WHEN EXISTS (SELECT FROM publications p WHERE p.snapshot_id = s.snapshot_id) THEN 'superseded'
                ELSE 'rejected' END AS standing
    FROM snapshots s LEFT JOIN in_force f USING (snapshot_id);
COMMENT ON VIEW snapshot_states IS 'Every snapshot ever written and whether it is in force, superseded or rejected.';

CREATE VIEW staging_payloads_json AS
    SELECT p.*, as_json(b.body) AS body_json
    FROM staging_payloads p LEFT JOIN staging_bodies b USING (chain_id, epoch, response_hash);
COMMENT ON VIEW staging_payloads_json IS 'Payloads with their bodies as JSON; NULL where a body is none.';

CREATE VIEW period_months AS
    SELECT chain_id, epoch, started_at AS period_started_at, ended_at AS period_ended_at,
           to_char((ended_at - interval '1 microsecond') AT TIME ZONE 'UTC', 'YYYY-MM') AS month
    FROM canonical_periods;
COMMENT ON VIEW period_months IS 'The calendar month in UTC of each finalized period: that of its last instant.';

CREATE VIEW validator_names AS
    SELECT DISTINCT ON (chain_id, validator_key) chain_id, validator_key, name AS validator_name
    FROM canonical_validator_identities
    ORDER BY chain_id, validator_key, revision DESC, valid_from DESC;
COMMENT ON VIEW validator_names IS 'The newest name of each validator in the operator''s list.';

CREATE VIEW partner_names AS
    SELECT DISTINCT ON (partner_id) partner_id, name AS partner_name
    FROM partners
    ORDER BY partner_id, revision DESC;
COMMENT ON VIEW partner_names IS 'The newest name of each partner.';

COMMENT ON COLUMN in_force.asset IS 'The layer table whose rows these are.';
COMMENT ON COLUMN in_force.chain_id IS 'The chain.';
COMMENT ON COLUMN in_force.period IS 'The epoch with leading zeros, or the month, like 2026-08.';
COMMENT ON COLUMN in_force.epoch IS 'The epoch as a number; null: the snapshot is of a month.';
COMMENT ON COLUMN in_force.snapshot_id IS 'The snapshot''s number.';
COMMENT ON COLUMN in_force.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN in_force.row_count IS 'How many rows the snapshot has.';
COMMENT ON COLUMN in_force.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN in_force.sequence IS 'The publication''s place in the order of all publications.';
COMMENT ON COLUMN in_force.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN in_force.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN in_force.layer_version IS 'The layer''s version number when this was computed.';
COMMENT ON COLUMN in_force.dagster_run IS 'The run that computed it; null outside Dagster.';
COMMENT ON COLUMN snapshot_states.asset IS 'The layer table whose rows these are.';
COMMENT ON COLUMN snapshot_states.chain_id IS 'The chain.';
COMMENT ON COLUMN snapshot_states.period IS 'The epoch with leading zeros, or the month, like 2026-08.';
COMMENT ON COLUMN snapshot_states.epoch IS 'The epoch as a number; null: the snapshot is of a month.';
COMMENT ON COLUMN snapshot_states.snapshot_id IS 'The snapshot''s number.';
COMMENT ON COLUMN snapshot_states.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN snapshot_states.row_count IS 'How many rows the snapshot has.';
COMMENT ON COLUMN snapshot_states.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN snapshot_states.written_at IS 'When the snapshot was written.';
COMMENT ON COLUMN snapshot_states.standing IS 'Whether it is in force, was superseded, or was rejected: never published.';
COMMENT ON COLUMN period_months.chain_id IS 'The chain.';
COMMENT ON COLUMN period_months.epoch IS 'The epoch.';
COMMENT ON COLUMN period_months.period_started_at IS 'When the period started.';
COMMENT ON COLUMN period_months.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN period_months.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN validator_names.chain_id IS 'The chain.';
COMMENT ON COLUMN validator_names.validator_key IS 'The validator''s key on its chain.';
COMMENT ON COLUMN validator_names.validator_name IS 'The newest name in the operator''s list.';
COMMENT ON COLUMN partner_names.partner_id IS 'The partner.';
COMMENT ON COLUMN partner_names.partner_name IS 'The partner''s newest name.';
COMMENT ON COLUMN staging_payloads_json.payload_id IS 'The payload''s number.';
COMMENT ON COLUMN staging_payloads_json.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN staging_payloads_json.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN staging_payloads_json.data_type IS 'fees, mev, rewards, meta, positions, costs; period for what defines a period; fees@NAME for what NAME says as a cross-check.';
COMMENT ON COLUMN staging_payloads_json.provider IS 'The provider''s name in providers.yaml.';
COMMENT ON COLUMN staging_payloads_json.request_key IS 'What was asked, in words that never hold a secret; equal questions have equal keys.';
COMMENT ON COLUMN staging_payloads_json.question IS 'What kind of question that is, where answers are told apart by it; else empty.';
COMMENT ON COLUMN staging_payloads_json.request IS 'The request: verb, path, parameters or body; no host credentials, no keys.';
COMMENT ON COLUMN staging_payloads_json.status IS 'The HTTP status.';
COMMENT ON COLUMN staging_payloads_json.headers IS 'Response headers worth keeping (type, date, rate limits).';
COMMENT ON COLUMN staging_payloads_json.response_hash IS 'SHA-256 of the body.';
COMMENT ON COLUMN staging_payloads_json.fetched_at IS 'When the answer was complete.';
COMMENT ON COLUMN staging_payloads_json.written_at IS 'When the row was written.';
COMMENT ON COLUMN staging_payloads_json.body_json IS 'The body as JSON; null: it is none, or is kept elsewhere.';

CREATE VIEW canonical_validator_fees AS SELECT t.chain_id, t.epoch, t.validator_key, t.identity_key, t.leader_slots, t.blocks_produced, t.slots_skipped, t.fees, t.base_fees, t.priority_fees, t.state, t.reason, t.source_fetch, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id FROM layers.canonical_validator_fees t JOIN in_force f ON f.snapshot_id = t.snapshot_id AND f.asset = 'canonical_validator_fees';
COMMENT ON VIEW canonical_validator_fees IS 'Block fees per validator: the Fee rewards of the blocks in the slots it led. What is in force now.';
COMMENT ON COLUMN canonical_validator_fees.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_validator_fees.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_validator_fees.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_validator_fees.identity_key IS 'The key that signs blocks and pays vote fees; null: not known.';
COMMENT ON COLUMN canonical_validator_fees.leader_slots IS 'Slots the leader schedule gave it. Null where not known.';
COMMENT ON COLUMN canonical_validator_fees.blocks_produced IS 'Led slots with a block. Null where not known.';
COMMENT ON COLUMN canonical_validator_fees.slots_skipped IS 'Led slots confirmed to have none. Null where not known.';
COMMENT ON COLUMN canonical_validator_fees.fees IS 'Fee rewards: all priority fees and half of the base fees.';
COMMENT ON COLUMN canonical_validator_fees.base_fees IS 'The part of `fees` from signatures, after half of them was burned; null where blocks were asked for without transactions (split_fees in chains.yaml).';
COMMENT ON COLUMN canonical_validator_fees.priority_fees IS 'The rest of `fees`; null where base_fees is.';
COMMENT ON COLUMN canonical_validator_fees.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN canonical_validator_fees.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_validator_fees.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_validator_fees.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_validator_fees.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN canonical_validator_fees.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN canonical_validator_fees.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN canonical_validator_fees.snapshot_id IS 'The snapshot the row is from.';

CREATE FUNCTION canonical_validator_fees_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_epoch bigint DEFAULT NULL, to_epoch bigint DEFAULT NULL
) RETURNS SETOF canonical_validator_fees LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);
    RETURN QUERY
        SELECT t.chain_id, t.epoch, t.validator_key, t.identity_key, t.leader_slots, t.blocks_produced, t.slots_skipped, t.fees, t.base_fees, t.priority_fees, t.state, t.reason, t.source_fetch, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id
        FROM (
            SELECT DISTINCT ON (p.chain_id, p.epoch) p.snapshot_id, p.published_at,
                   s.completeness, s.content_digest, s.lineage_digest
            FROM publications p JOIN snapshots s USING (snapshot_id)
            WHERE p.asset = 'canonical_validator_fees' AND p.published_at <= moment AND (of_chain IS NULL OR p.chain_id = of_chain)
              AND (from_epoch IS NULL OR p.epoch >= from_epoch) AND (to_epoch IS NULL OR p.epoch <= to_epoch)
            ORDER BY p.chain_id, p.epoch, p.sequence DESC
        ) f JOIN layers.canonical_validator_fees t ON t.snapshot_id = f.snapshot_id;
END $$;

CREATE VIEW canonical_validator_fees_named AS SELECT t.chain_id, t.epoch, t.validator_key, t.identity_key, t.leader_slots, t.blocks_produced, t.slots_skipped, t.fees, t.base_fees, t.priority_fees, t.state, t.reason, t.source_fetch, period_ended_at, month, validator_name, t.completeness, t.published_at, t.content_digest, t.lineage_digest, t.snapshot_id FROM canonical_validator_fees t LEFT JOIN period_months m ON m.chain_id = t.chain_id AND m.epoch = t.epoch LEFT JOIN validator_names v ON v.chain_id = t.chain_id AND v.validator_key = t.validator_key;
COMMENT ON VIEW canonical_validator_fees_named IS 'Block fees per validator: the Fee rewards of the blocks in the slots it led. In force now, with month and names.';
COMMENT ON COLUMN canonical_validator_fees_named.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_validator_fees_named.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_validator_fees_named.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_validator_fees_named.identity_key IS 'The key that signs blocks and pays vote fees; null: not known.';
COMMENT ON COLUMN canonical_validator_fees_named.leader_slots IS 'Slots the leader schedule gave it. Null where not known.';
COMMENT ON COLUMN canonical_validator_fees_named.blocks_produced IS 'Led slots with a block. Null where not known.';
COMMENT ON COLUMN canonical_validator_fees_named.slots_skipped IS 'Led slots confirmed to have none. Null where not known.';
COMMENT ON COLUMN canonical_validator_fees_named.fees IS 'Fee rewards: all priority fees and half of the base fees.';
COMMENT ON COLUMN canonical_validator_fees_named.base_fees IS 'The part of `fees` from signatures, after half of them was burned; null where blocks were asked for without transactions (split_fees in chains.yaml).';
COMMENT ON COLUMN canonical_validator_fees_named.priority_fees IS 'The rest of `fees`; null where base_fees is.';
COMMENT ON COLUMN canonical_validator_fees_named.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN canonical_validator_fees_named.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_validator_fees_named.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_validator_fees_named.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN canonical_validator_fees_named.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN canonical_validator_fees_named.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN canonical_validator_fees_named.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_validator_fees_named.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN canonical_validator_fees_named.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN canonical_validator_fees_named.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN canonical_validator_fees_named.snapshot_id IS 'The snapshot the row is from.';
CREATE VIEW canonical_validator_fees_in_coins AS SELECT t.chain_id, t.epoch, t.validator_key, t.identity_key, t.leader_slots, t.blocks_produced, t.slots_skipped, (t.fees * c.coin) AS fees, (t.base_fees * c.coin) AS base_fees, (t.priority_fees * c.coin) AS priority_fees, t.state, t.reason, t.source_fetch, t.period_ended_at, t.month, t.validator_name, t.completeness, t.published_at FROM canonical_validator_fees_named t JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;
COMMENT ON VIEW canonical_validator_fees_in_coins IS 'The same in whole coins, for display only.';
COMMENT ON COLUMN canonical_validator_fees_in_coins.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_validator_fees_in_coins.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_validator_fees_in_coins.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_validator_fees_in_coins.identity_key IS 'The key that signs blocks and pays vote fees; null: not known.';
COMMENT ON COLUMN canonical_validator_fees_in_coins.leader_slots IS 'Slots the leader schedule gave it. Null where not known.';
COMMENT ON COLUMN canonical_validator_fees_in_coins.blocks_produced IS 'Led slots with a block. Null where not known.';
COMMENT ON COLUMN canonical_validator_fees_in_coins.slots_skipped IS 'Led slots confirmed to have none. Null where not known.';
COMMENT ON COLUMN canonical_validator_fees_in_coins.fees IS 'Fee rewards: all priority fees and half of the base fees. In whole coins.';
COMMENT ON COLUMN canonical_validator_fees_in_coins.base_fees IS 'The part of `fees` from signatures, after half of them was burned; null where blocks were asked for without transactions (split_fees in chains.yaml). In whole coins.';
COMMENT ON COLUMN canonical_validator_fees_in_coins.priority_fees IS 'The rest of `fees`; null where base_fees is. In whole coins.';
COMMENT ON COLUMN canonical_validator_fees_in_coins.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN canonical_validator_fees_in_coins.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_validator_fees_in_coins.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_validator_fees_in_coins.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN canonical_validator_fees_in_coins.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN canonical_validator_fees_in_coins.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN canonical_validator_fees_in_coins.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_validator_fees_in_coins.published_at IS 'When the snapshot came into force.';

CREATE VIEW canonical_validator_mev AS SELECT t.chain_id, t.epoch, t.validator_key, t.total_tips, t.mev_commission_bps, t.validator_tips, t.protocol_tips, t.staker_tips, t.method, t.state, t.reason, t.source_fetch, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id FROM layers.canonical_validator_mev t JOIN in_force f ON f.snapshot_id = t.snapshot_id AND f.asset = 'canonical_validator_mev';
COMMENT ON VIEW canonical_validator_mev IS 'MEV tips per validator: the whole tip tree and who gets which part of it. What is in force now.';
COMMENT ON COLUMN canonical_validator_mev.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_validator_mev.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_validator_mev.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_validator_mev.total_tips IS 'The tip tree''s total.';
COMMENT ON COLUMN canonical_validator_mev.mev_commission_bps IS 'The validator''s MEV commission of the period.';
COMMENT ON COLUMN canonical_validator_mev.validator_tips IS 'The validator''s part.';
COMMENT ON COLUMN canonical_validator_mev.protocol_tips IS 'The protocol''s part.';
COMMENT ON COLUMN canonical_validator_mev.staker_tips IS 'What is left for stakers.';
COMMENT ON COLUMN canonical_validator_mev.method IS 'NODE: the validator''s own node in the tip tree; FORMULA: computed, because the node was not to be had; NOT_PARTICIPATING: no MEV client, nothing earned.';
COMMENT ON COLUMN canonical_validator_mev.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN canonical_validator_mev.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_validator_mev.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_validator_mev.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_validator_mev.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN canonical_validator_mev.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN canonical_validator_mev.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN canonical_validator_mev.snapshot_id IS 'The snapshot the row is from.';

CREATE FUNCTION canonical_validator_mev_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_epoch bigint DEFAULT NULL, to_epoch bigint DEFAULT NULL
) RETURNS SETOF canonical_validator_mev LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);
    RETURN QUERY
        SELECT t.chain_id, t.epoch, t.validator_key, t.total_tips, t.mev_commission_bps, t.validator_tips, t.protocol_tips, t.staker_tips, t.method, t.state, t.reason, t.source_fetch, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id
        FROM (
            SELECT DISTINCT ON (p.chain_id, p.epoch) p.snapshot_id, p.published_at,
                   s.completeness, s.content_digest, s.lineage_digest
            FROM publications p JOIN snapshots s USING (snapshot_id)
            WHERE p.asset = 'canonical_validator_mev' AND p.published_at <= moment AND (of_chain IS NULL OR p.chain_id = of_chain)
              AND (from_epoch IS NULL OR p.epoch >= from_epoch) AND (to_epoch IS NULL OR p.epoch <= to_epoch)
            ORDER BY p.chain_id, p.epoch, p.sequence DESC
        ) f JOIN layers.canonical_validator_mev t ON t.snapshot_id = f.snapshot_id;
END $$;

CREATE VIEW canonical_validator_mev_named AS SELECT t.chain_id, t.epoch, t.validator_key, t.total_tips, t.mev_commission_bps, t.validator_tips, t.protocol_tips, t.staker_tips, t.method, t.state, t.reason, t.source_fetch, period_ended_at, month, validator_name, t.completeness, t.published_at, t.content_digest, t.lineage_digest, t.snapshot_id FROM canonical_validator_mev t LEFT JOIN period_months m ON m.chain_id = t.chain_id AND m.epoch = t.epoch LEFT JOIN validator_names v ON v.chain_id = t.chain_id AND v.validator_key = t.validator_key;
COMMENT ON VIEW canonical_validator_mev_named IS 'MEV tips per validator: the whole tip tree and who gets which part of it. In force now, with month and names.';
COMMENT ON COLUMN canonical_validator_mev_named.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_validator_mev_named.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_validator_mev_named.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_validator_mev_named.total_tips IS 'The tip tree''s total.';
COMMENT ON COLUMN canonical_validator_mev_named.mev_commission_bps IS 'The validator''s MEV commission of the period.';
COMMENT ON COLUMN canonical_validator_mev_named.validator_tips IS 'The validator''s part.';
COMMENT ON COLUMN canonical_validator_mev_named.protocol_tips IS 'The protocol''s part.';
COMMENT ON COLUMN canonical_validator_mev_named.staker_tips IS 'What is left for stakers.';
COMMENT ON COLUMN canonical_validator_mev_named.method IS 'NODE: the validator''s own node in the tip tree; FORMULA: computed, because the node was not to be had; NOT_PARTICIPATING: no MEV client, nothing earned.';
COMMENT ON COLUMN canonical_validator_mev_named.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN canonical_validator_mev_named.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_validator_mev_named.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_validator_mev_named.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN canonical_validator_mev_named.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN canonical_validator_mev_named.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN canonical_validator_mev_named.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_validator_mev_named.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN canonical_validator_mev_named.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN canonical_validator_mev_named.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN canonical_validator_mev_named.snapshot_id IS 'The snapshot the row is from.';
CREATE VIEW canonical_validator_mev_in_coins AS SELECT t.chain_id, t.epoch, t.validator_key, (t.total_tips * c.coin) AS total_tips, t.mev_commission_bps, (t.validator_tips * c.coin) AS validator_tips, (t.protocol_tips * c.coin) AS protocol_tips, (t.staker_tips * c.coin) AS staker_tips, t.method, t.state, t.reason, t.source_fetch, t.period_ended_at, t.month, t.validator_name, t.completeness, t.published_at FROM canonical_validator_mev_named t JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;
COMMENT ON VIEW canonical_validator_mev_in_coins IS 'The same in whole coins, for display only.';
COMMENT ON COLUMN canonical_validator_mev_in_coins.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_validator_mev_in_coins.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_validator_mev_in_coins.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_validator_mev_in_coins.total_tips IS 'The tip tree''s total. In whole coins.';
COMMENT ON COLUMN canonical_validator_mev_in_coins.mev_commission_bps IS 'The validator''s MEV commission of the period.';
COMMENT ON COLUMN canonical_validator_mev_in_coins.validator_tips IS 'The validator''s part. In whole coins.';
COMMENT ON COLUMN canonical_validator_mev_in_coins.protocol_tips IS 'The protocol''s part. In whole coins.';
COMMENT ON COLUMN canonical_validator_mev_in_coins.staker_tips IS 'What is left for stakers. In whole coins.';
COMMENT ON COLUMN canonical_validator_mev_in_coins.method IS 'NODE: the validator''s own node in the tip tree; FORMULA: computed, because the node was not to be had; NOT_PARTICIPATING: no MEV client, nothing earned.';
COMMENT ON COLUMN canonical_validator_mev_in_coins.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN canonical_validator_mev_in_coins.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_validator_mev_in_coins.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_validator_mev_in_coins.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN canonical_validator_mev_in_coins.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN canonical_validator_mev_in_coins.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN canonical_validator_mev_in_coins.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_validator_mev_in_coins.published_at IS 'When the snapshot came into force.';

CREATE VIEW canonical_stake_rewards AS SELECT t.chain_id, t.epoch, t.validator_key, t.row_kind, t.account_key, t.commission, t.staker_rewards, t.gross_rewards, t.recipient_key, t.commission_bps, t.commission_source, t.applied_commission_bps, t.method, t.state, t.reason, t.stakers_state, t.stakers_reason, t.source_fetch, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id FROM layers.canonical_stake_rewards t JOIN in_force f ON f.snapshot_id = t.snapshot_id AND f.asset = 'canonical_stake_rewards';
COMMENT ON VIEW canonical_stake_rewards IS 'Inflation rewards of a period, per validator (its commission) and per stake account (its part). What is in force now.';
COMMENT ON COLUMN canonical_stake_rewards.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_stake_rewards.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_stake_rewards.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_stake_rewards.row_kind IS 'VALIDATOR: commission received; ACCOUNT: a stake account''s part.';
COMMENT ON COLUMN canonical_stake_rewards.account_key IS 'The stake account; the validator''s own key on VALIDATOR rows.';
COMMENT ON COLUMN canonical_stake_rewards.commission IS 'Commission the validator received (VALIDATOR rows).';
COMMENT ON COLUMN canonical_stake_rewards.staker_rewards IS 'What the stake account received (ACCOUNT rows) or all of them together (VALIDATOR rows).';
COMMENT ON COLUMN canonical_stake_rewards.gross_rewards IS 'VALIDATOR rows: commission and stakers'' parts together; what the protocol lost by flooring, at most one unit per stake account, is in neither. ACCOUNT rows: the least gross reward from which its part follows at the applied commission; null where that is not known or 100 %.';
COMMENT ON COLUMN canonical_stake_rewards.recipient_key IS 'The account that received the commission (VALIDATOR rows).';
COMMENT ON COLUMN canonical_stake_rewards.commission_bps IS 'Commission as observed in the period (VALIDATOR rows).';
COMMENT ON COLUMN canonical_stake_rewards.commission_source IS 'How the node told commission_bps: in basis points or whole percents; ROW: the reward row itself says so.';
COMMENT ON COLUMN canonical_stake_rewards.applied_commission_bps IS 'The commission the rewards were split by, as the amounts imply (VALIDATOR rows); the chain applies it about two epochs late (SIMD-0249). Null where the amounts do not tell.';
COMMENT ON COLUMN canonical_stake_rewards.method IS 'RPC: the node''s answer about the address; FIRST_BLOCKS: the reward rows of the blocks after the epoch; RECOMPUTED: the collector''s row is shared by several validators, and its split is computed from their stakers'' parts.';
COMMENT ON COLUMN canonical_stake_rewards.state IS 'How much is known of the commission (VALIDATOR rows) or of the account''s rewards.';
COMMENT ON COLUMN canonical_stake_rewards.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_stake_rewards.stakers_state IS 'How much is known of staker_rewards on VALIDATOR rows; null on others.';
COMMENT ON COLUMN canonical_stake_rewards.stakers_reason IS 'The reason of stakers_state.';
COMMENT ON COLUMN canonical_stake_rewards.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_stake_rewards.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_stake_rewards.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN canonical_stake_rewards.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN canonical_stake_rewards.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN canonical_stake_rewards.snapshot_id IS 'The snapshot the row is from.';

CREATE FUNCTION canonical_stake_rewards_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_epoch bigint DEFAULT NULL, to_epoch bigint DEFAULT NULL
) RETURNS SETOF canonical_stake_rewards LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);
    RETURN QUERY
        SELECT t.chain_id, t.epoch, t.validator_key, t.row_kind, t.account_key, t.commission, t.staker_rewards, t.gross_rewards, t.recipient_key, t.commission_bps, t.commission_source, t.applied_commission_bps, t.method, t.state, t.reason, t.stakers_state, t.stakers_reason, t.source_fetch, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id
        FROM (
            SELECT DISTINCT ON (p.chain_id, p.epoch) p.snapshot_id, p.published_at,
                   s.completeness, s.content_digest, s.lineage_digest
            FROM publications p JOIN snapshots s USING (snapshot_id)
            WHERE p.asset = 'canonical_stake_rewards' AND p.published_at <= moment AND (of_chain IS NULL OR p.chain_id = of_chain)
              AND (from_epoch IS NULL OR p.epoch >= from_epoch) AND (to_epoch IS NULL OR p.epoch <= to_epoch)
            ORDER BY p.chain_id, p.epoch, p.sequence DESC
        ) f JOIN layers.canonical_stake_rewards t ON t.snapshot_id = f.snapshot_id;
END $$;

CREATE VIEW canonical_stake_rewards_named AS SELECT t.chain_id, t.epoch, t.validator_key, t.row_kind, t.account_key, t.commission, t.staker_rewards, t.gross_rewards, t.recipient_key, t.commission_bps, t.commission_source, t.applied_commission_bps, t.method, t.state, t.reason, t.stakers_state, t.stakers_reason, t.source_fetch, period_ended_at, month, validator_name, t.completeness, t.published_at, t.content_digest, t.lineage_digest, t.snapshot_id FROM canonical_stake_rewards t LEFT JOIN period_months m ON m.chain_id = t.chain_id AND m.epoch = t.epoch LEFT JOIN validator_names v ON v.chain_id = t.chain_id AND v.validator_key = t.validator_key;
COMMENT ON VIEW canonical_stake_rewards_named IS 'Inflation rewards of a period, per validator (its commission) and per stake account (its part). In force now, with month and names.';
COMMENT ON COLUMN canonical_stake_rewards_named.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_stake_rewards_named.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_stake_rewards_named.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_stake_rewards_named.row_kind IS 'VALIDATOR: commission received; ACCOUNT: a stake account''s part.';
COMMENT ON COLUMN canonical_stake_rewards_named.account_key IS 'The stake account; the validator''s own key on VALIDATOR rows.';
COMMENT ON COLUMN canonical_stake_rewards_named.commission IS 'Commission the validator received (VALIDATOR rows).';
COMMENT ON COLUMN canonical_stake_rewards_named.staker_rewards IS 'What the stake account received (ACCOUNT rows) or all of them together (VALIDATOR rows).';
COMMENT ON COLUMN canonical_stake_rewards_named.gross_rewards IS 'VALIDATOR rows: commission and stakers'' parts together; what the protocol lost by flooring, at most one unit per stake account, is in neither. ACCOUNT rows: the least gross reward from which its part follows at the applied commission; null where that is not known or 100 %.';
COMMENT ON COLUMN canonical_stake_rewards_named.recipient_key IS 'The account that received the commission (VALIDATOR rows).';
COMMENT ON COLUMN canonical_stake_rewards_named.commission_bps IS 'Commission as observed in the period (VALIDATOR rows).';
COMMENT ON COLUMN canonical_stake_rewards_named.commission_source IS 'How the node told commission_bps: in basis points or whole percents; ROW: the reward row itself says so.';
COMMENT ON COLUMN canonical_stake_rewards_named.applied_commission_bps IS 'The commission the rewards were split by, as the amounts imply (VALIDATOR rows); the chain applies it about two epochs late (SIMD-0249). Null where the amounts do not tell.';
COMMENT ON COLUMN canonical_stake_rewards_named.method IS 'RPC: the node''s answer about the address; FIRST_BLOCKS: the reward rows of the blocks after the epoch; RECOMPUTED: the collector''s row is shared by several validators, and its split is computed from their stakers'' parts.';
COMMENT ON COLUMN canonical_stake_rewards_named.state IS 'How much is known of the commission (VALIDATOR rows) or of the account''s rewards.';
COMMENT ON COLUMN canonical_stake_rewards_named.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_stake_rewards_named.stakers_state IS 'How much is known of staker_rewards on VALIDATOR rows; null on others.';
COMMENT ON COLUMN canonical_stake_rewards_named.stakers_reason IS 'The reason of stakers_state.';
COMMENT ON COLUMN canonical_stake_rewards_named.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_stake_rewards_named.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN canonical_stake_rewards_named.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN canonical_stake_rewards_named.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN canonical_stake_rewards_named.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_stake_rewards_named.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN canonical_stake_rewards_named.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN canonical_stake_rewards_named.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN canonical_stake_rewards_named.snapshot_id IS 'The snapshot the row is from.';
CREATE VIEW canonical_stake_rewards_in_coins AS SELECT t.chain_id, t.epoch, t.validator_key, t.row_kind, t.account_key, (t.commission * c.coin) AS commission, (t.staker_rewards * c.coin) AS staker_rewards, (t.gross_rewards * c.coin) AS gross_rewards, t.recipient_key, t.commission_bps, t.commission_source, t.applied_commission_bps, t.method, t.state, t.reason, t.stakers_state, t.stakers_reason, t.source_fetch, t.period_ended_at, t.month, t.validator_name, t.completeness, t.published_at FROM canonical_stake_rewards_named t JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;
COMMENT ON VIEW canonical_stake_rewards_in_coins IS 'The same in whole coins, for display only.';
COMMENT ON COLUMN canonical_stake_rewards_in_coins.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_stake_rewards_in_coins.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_stake_rewards_in_coins.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_stake_rewards_in_coins.row_kind IS 'VALIDATOR: commission received; ACCOUNT: a stake account''s part.';
COMMENT ON COLUMN canonical_stake_rewards_in_coins.account_key IS 'The stake account; the validator''s own key on VALIDATOR rows.';
COMMENT ON COLUMN canonical_stake_rewards_in_coins.commission IS 'Commission the validator received (VALIDATOR rows). In whole coins.';
COMMENT ON COLUMN canonical_stake_rewards_in_coins.staker_rewards IS 'What the stake account received (ACCOUNT rows) or all of them together (VALIDATOR rows). In whole coins.';
COMMENT ON COLUMN canonical_stake_rewards_in_coins.gross_rewards IS 'VALIDATOR rows: commission and stakers'' parts together; what the protocol lost by flooring, at most one unit per stake account, is in neither. ACCOUNT rows: the least gross reward from which its part follows at the applied commission; null where that is not known or 100 %. In whole coins.';
COMMENT ON COLUMN canonical_stake_rewards_in_coins.recipient_key IS 'The account that received the commission (VALIDATOR rows).';
COMMENT ON COLUMN canonical_stake_rewards_in_coins.commission_bps IS 'Commission as observed in the period (VALIDATOR rows).';
COMMENT ON COLUMN canonical_stake_rewards_in_coins.commission_source IS 'How the node told commission_bps: in basis points or whole percents; ROW: the reward row itself says so.';
COMMENT ON COLUMN canonical_stake_rewards_in_coins.applied_commission_bps IS 'The commission the rewards were split by, as the amounts imply (VALIDATOR rows); the chain applies it about two epochs late (SIMD-0249). Null where the amounts do not tell.';
COMMENT ON COLUMN canonical_stake_rewards_in_coins.method IS 'RPC: the node''s answer about the address; FIRST_BLOCKS: the reward rows of the blocks after the epoch; RECOMPUTED: the collector''s row is shared by several validators, and its split is computed from their stakers'' parts.';
COMMENT ON COLUMN canonical_stake_rewards_in_coins.state IS 'How much is known of the commission (VALIDATOR rows) or of the account''s rewards.';
COMMENT ON COLUMN canonical_stake_rewards_in_coins.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_stake_rewards_in_coins.stakers_state IS 'How much is known of staker_rewards on VALIDATOR rows; null on others.';
COMMENT ON COLUMN canonical_stake_rewards_in_coins.stakers_reason IS 'The reason of stakers_state.';
COMMENT ON COLUMN canonical_stake_rewards_in_coins.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_stake_rewards_in_coins.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN canonical_stake_rewards_in_coins.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN canonical_stake_rewards_in_coins.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN canonical_stake_rewards_in_coins.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_stake_rewards_in_coins.published_at IS 'When the snapshot came into force.';

CREATE VIEW canonical_validator_meta AS SELECT t.chain_id, t.epoch, t.validator_key, t.identity_key, t.name, t.commission_bps, t.commission_source, t.mev_commission_bps, t.active_stake, t.delinquent, t.state, t.reason, t.source_fetch, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id FROM layers.canonical_validator_meta t JOIN in_force f ON f.snapshot_id = t.snapshot_id AND f.asset = 'canonical_validator_meta';
COMMENT ON VIEW canonical_validator_meta IS 'What a validator was during the period: identity, commission, stake, as observed. What is in force now.';
COMMENT ON COLUMN canonical_validator_meta.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_validator_meta.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_validator_meta.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_validator_meta.identity_key IS 'The key that signs blocks and pays vote fees; null: not known.';
COMMENT ON COLUMN canonical_validator_meta.name IS 'The validator''s name as published.';
COMMENT ON COLUMN canonical_validator_meta.commission_bps IS 'Inflation commission as observed.';
COMMENT ON COLUMN canonical_validator_meta.commission_source IS 'How it was told: in basis points or in whole percents (which hide up to 99 bps).';
COMMENT ON COLUMN canonical_validator_meta.mev_commission_bps IS 'MEV commission as observed.';
COMMENT ON COLUMN canonical_validator_meta.active_stake IS 'Active stake as observed.';
COMMENT ON COLUMN canonical_validator_meta.delinquent IS 'Whether it was delinquent when observed.';
COMMENT ON COLUMN canonical_validator_meta.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN canonical_validator_meta.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_validator_meta.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_validator_meta.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_validator_meta.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN canonical_validator_meta.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN canonical_validator_meta.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN canonical_validator_meta.snapshot_id IS 'The snapshot the row is from.';

CREATE FUNCTION canonical_validator_meta_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_epoch bigint DEFAULT NULL, to_epoch bigint DEFAULT NULL
) RETURNS SETOF canonical_validator_meta LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);
    RETURN QUERY
        SELECT t.chain_id, t.epoch, t.validator_key, t.identity_key, t.name, t.commission_bps, t.commission_source, t.mev_commission_bps, t.active_stake, t.delinquent, t.state, t.reason, t.source_fetch, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id
        FROM (
            SELECT DISTINCT ON (p.chain_id, p.epoch) p.snapshot_id, p.published_at,
                   s.completeness, s.content_digest, s.lineage_digest
            FROM publications p JOIN snapshots s USING (snapshot_id)
            WHERE p.asset = 'canonical_validator_meta' AND p.published_at <= moment AND (of_chain IS NULL OR p.chain_id = of_chain)
              AND (from_epoch IS NULL OR p.epoch >= from_epoch) AND (to_epoch IS NULL OR p.epoch <= to_epoch)
            ORDER BY p.chain_id, p.epoch, p.sequence DESC
        ) f JOIN layers.canonical_validator_meta t ON t.snapshot_id = f.snapshot_id;
END $$;

CREATE VIEW canonical_validator_meta_named AS SELECT t.chain_id, t.epoch, t.validator_key, t.identity_key, t.name, t.commission_bps, t.commission_source, t.mev_commission_bps, t.active_stake, t.delinquent, t.state, t.reason, t.source_fetch, period_ended_at, month, validator_name, t.completeness, t.published_at, t.content_digest, t.lineage_digest, t.snapshot_id FROM canonical_validator_meta t LEFT JOIN period_months m ON m.chain_id = t.chain_id AND m.epoch = t.epoch LEFT JOIN validator_names v ON v.chain_id = t.chain_id AND v.validator_key = t.validator_key;
COMMENT ON VIEW canonical_validator_meta_named IS 'What a validator was during the period: identity, commission, stake, as observed. In force now, with month and names.';
COMMENT ON COLUMN canonical_validator_meta_named.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_validator_meta_named.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_validator_meta_named.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_validator_meta_named.identity_key IS 'The key that signs blocks and pays vote fees; null: not known.';
COMMENT ON COLUMN canonical_validator_meta_named.name IS 'The validator''s name as published.';
COMMENT ON COLUMN canonical_validator_meta_named.commission_bps IS 'Inflation commission as observed.';
COMMENT ON COLUMN canonical_validator_meta_named.commission_source IS 'How it was told: in basis points or in whole percents (which hide up to 99 bps).';
COMMENT ON COLUMN canonical_validator_meta_named.mev_commission_bps IS 'MEV commission as observed.';
COMMENT ON COLUMN canonical_validator_meta_named.active_stake IS 'Active stake as observed.';
COMMENT ON COLUMN canonical_validator_meta_named.delinquent IS 'Whether it was delinquent when observed.';
COMMENT ON COLUMN canonical_validator_meta_named.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN canonical_validator_meta_named.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_validator_meta_named.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_validator_meta_named.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN canonical_validator_meta_named.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN canonical_validator_meta_named.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN canonical_validator_meta_named.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_validator_meta_named.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN canonical_validator_meta_named.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN canonical_validator_meta_named.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN canonical_validator_meta_named.snapshot_id IS 'The snapshot the row is from.';
CREATE VIEW canonical_validator_meta_in_coins AS SELECT t.chain_id, t.epoch, t.validator_key, t.identity_key, t.name, t.commission_bps, t.commission_source, t.mev_commission_bps, (t.active_stake * c.coin) AS active_stake, t.delinquent, t.state, t.reason, t.source_fetch, t.period_ended_at, t.month, t.validator_name, t.completeness, t.published_at FROM canonical_validator_meta_named t JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;
COMMENT ON VIEW canonical_validator_meta_in_coins IS 'The same in whole coins, for display only.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_validator_meta_in_coins.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.identity_key IS 'The key that signs blocks and pays vote fees; null: not known.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.name IS 'The validator''s name as published.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.commission_bps IS 'Inflation commission as observed.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.commission_source IS 'How it was told: in basis points or in whole percents (which hide up to 99 bps).';
COMMENT ON COLUMN canonical_validator_meta_in_coins.mev_commission_bps IS 'MEV commission as observed.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.active_stake IS 'Active stake as observed. In whole coins.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.delinquent IS 'Whether it was delinquent when observed.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN canonical_validator_meta_in_coins.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.published_at IS 'When the snapshot came into force.';

CREATE VIEW canonical_stake_positions AS SELECT t.chain_id, t.epoch, t.validator_key, t.row_kind, t.account_key, t.staker_key, t.withdrawer_key, t.active_stake, t.activating_stake, t.deactivating_stake, t.state, t.reason, t.source_fetch, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id FROM layers.canonical_stake_positions t JOIN in_force f ON f.snapshot_id = t.snapshot_id AND f.asset = 'canonical_stake_positions';
COMMENT ON VIEW canonical_stake_positions IS 'Stake on each validator during the period: one row per stake account, one with the validator''s total. What is in force now.';
COMMENT ON COLUMN canonical_stake_positions.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_stake_positions.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_stake_positions.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_stake_positions.row_kind IS 'VALIDATOR: its active stake as the chain says it; ACCOUNT: one account.';
COMMENT ON COLUMN canonical_stake_positions.account_key IS 'The stake account; the validator''s own key on VALIDATOR rows.';
COMMENT ON COLUMN canonical_stake_positions.staker_key IS 'Who may delegate it (ACCOUNT rows).';
COMMENT ON COLUMN canonical_stake_positions.withdrawer_key IS 'Who may withdraw it: the economic beneficiary (ACCOUNT rows).';
COMMENT ON COLUMN canonical_stake_positions.active_stake IS 'Stake that counts in this period.';
COMMENT ON COLUMN canonical_stake_positions.activating_stake IS 'Stake on its way to count: from the next period on, or later where the cluster''s warm-up limit bites.';
COMMENT ON COLUMN canonical_stake_positions.deactivating_stake IS 'Part of the active stake that is leaving: at the period''s end, or later where the cool-down limit bites.';
COMMENT ON COLUMN canonical_stake_positions.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN canonical_stake_positions.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_stake_positions.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_stake_positions.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_stake_positions.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN canonical_stake_positions.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN canonical_stake_positions.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN canonical_stake_positions.snapshot_id IS 'The snapshot the row is from.';

CREATE FUNCTION canonical_stake_positions_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_epoch bigint DEFAULT NULL, to_epoch bigint DEFAULT NULL
) RETURNS SETOF canonical_stake_positions LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);
    RETURN QUERY
        SELECT t.chain_id, t.epoch, t.validator_key, t.row_kind, t.account_key, t.staker_key, t.withdrawer_key, t.active_stake, t.activating_stake, t.deactivating_stake, t.state, t.reason, t.source_fetch, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id
        FROM (
            SELECT DISTINCT ON (p.chain_id, p.epoch) p.snapshot_id, p.published_at,
                   s.completeness, s.content_digest, s.lineage_digest
            FROM publications p JOIN snapshots s USING (snapshot_id)
            WHERE p.asset = 'canonical_stake_positions' AND p.published_at <= moment AND (of_chain IS NULL OR p.chain_id = of_chain)
              AND (from_epoch IS NULL OR p.epoch >= from_epoch) AND (to_epoch IS NULL OR p.epoch <= to_epoch)
            ORDER BY p.chain_id, p.epoch, p.sequence DESC
        ) f JOIN layers.canonical_stake_positions t ON t.snapshot_id = f.snapshot_id;
END $$;

CREATE VIEW canonical_stake_positions_named AS SELECT t.chain_id, t.epoch, t.validator_key, t.row_kind, t.account_key, t.staker_key, t.withdrawer_key, t.active_stake, t.activating_stake, t.deactivating_stake, t.state, t.reason, t.source_fetch, period_ended_at, month, validator_name, t.completeness, t.published_at, t.content_digest, t.lineage_digest, t.snapshot_id FROM canonical_stake_positions t LEFT JOIN period_months m ON m.chain_id = t.chain_id AND m.epoch = t.epoch LEFT JOIN validator_names v ON v.chain_id = t.chain_id AND v.validator_key = t.validator_key;
COMMENT ON VIEW canonical_stake_positions_named IS 'Stake on each validator during the period: one row per stake account, one with the validator''s total. In force now, with month and names.';
COMMENT ON COLUMN canonical_stake_positions_named.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_stake_positions_named.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_stake_positions_named.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_stake_positions_named.row_kind IS 'VALIDATOR: its active stake as the chain says it; ACCOUNT: one account.';
COMMENT ON COLUMN canonical_stake_positions_named.account_key IS 'The stake account; the validator''s own key on VALIDATOR rows.';
COMMENT ON COLUMN canonical_stake_positions_named.staker_key IS 'Who may delegate it (ACCOUNT rows).';
COMMENT ON COLUMN canonical_stake_positions_named.withdrawer_key IS 'Who may withdraw it: the economic beneficiary (ACCOUNT rows).';
COMMENT ON COLUMN canonical_stake_positions_named.active_stake IS 'Stake that counts in this period.';
COMMENT ON COLUMN canonical_stake_positions_named.activating_stake IS 'Stake on its way to count: from the next period on, or later where the cluster''s warm-up limit bites.';
COMMENT ON COLUMN canonical_stake_positions_named.deactivating_stake IS 'Part of the active stake that is leaving: at the period''s end, or later where the cool-down limit bites.';
COMMENT ON COLUMN canonical_stake_positions_named.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN canonical_stake_positions_named.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_stake_positions_named.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_stake_positions_named.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN canonical_stake_positions_named.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN canonical_stake_positions_named.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN canonical_stake_positions_named.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_stake_positions_named.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN canonical_stake_positions_named.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN canonical_stake_positions_named.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN canonical_stake_positions_named.snapshot_id IS 'The snapshot the row is from.';
CREATE VIEW canonical_stake_positions_in_coins AS SELECT t.chain_id, t.epoch, t.validator_key, t.row_kind, t.account_key, t.staker_key, t.withdrawer_key, (t.active_stake * c.coin) AS active_stake, (t.activating_stake * c.coin) AS activating_stake, (t.deactivating_stake * c.coin) AS deactivating_stake, t.state, t.reason, t.source_fetch, t.period_ended_at, t.month, t.validator_name, t.completeness, t.published_at FROM canonical_stake_positions_named t JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;
COMMENT ON VIEW canonical_stake_positions_in_coins IS 'The same in whole coins, for display only.';
COMMENT ON COLUMN canonical_stake_positions_in_coins.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_stake_positions_in_coins.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_stake_positions_in_coins.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_stake_positions_in_coins.row_kind IS 'VALIDATOR: its active stake as the chain says it; ACCOUNT: one account.';
COMMENT ON COLUMN canonical_stake_positions_in_coins.account_key IS 'The stake account; the validator''s own key on VALIDATOR rows.';
COMMENT ON COLUMN canonical_stake_positions_in_coins.staker_key IS 'Who may delegate it (ACCOUNT rows).';
COMMENT ON COLUMN canonical_stake_positions_in_coins.withdrawer_key IS 'Who may withdraw it: the economic beneficiary (ACCOUNT rows).';
COMMENT ON COLUMN canonical_stake_positions_in_coins.active_stake IS 'Stake that counts in this period. In whole coins.';
COMMENT ON COLUMN canonical_stake_positions_in_coins.activating_stake IS 'Stake on its way to count: from the next period on, or later where the cluster''s warm-up limit bites. In whole coins.';
COMMENT ON COLUMN canonical_stake_positions_in_coins.deactivating_stake IS 'Part of the active stake that is leaving: at the period''s end, or later where the cool-down limit bites. In whole coins.';
COMMENT ON COLUMN canonical_stake_positions_in_coins.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN canonical_stake_positions_in_coins.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_stake_positions_in_coins.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_stake_positions_in_coins.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN canonical_stake_positions_in_coins.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN canonical_stake_positions_in_coins.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN canonical_stake_positions_in_coins.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_stake_positions_in_coins.published_at IS 'When the snapshot came into force.';

CREATE VIEW canonical_validator_costs AS SELECT t.chain_id, t.epoch, t.validator_key, t.entry_type, t.amount, t.origin, t.method, t.state, t.reason, t.source_fetch, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id FROM layers.canonical_validator_costs t JOIN in_force f ON f.snapshot_id = t.snapshot_id AND f.asset = 'canonical_validator_costs';
COMMENT ON VIEW canonical_validator_costs IS 'Typed costs and other income per validator, never negative. A cost that is due, or that a configured source should tell, and is unknown is a row too. What is in force now.';
COMMENT ON COLUMN canonical_validator_costs.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_validator_costs.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_validator_costs.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_validator_costs.entry_type IS 'The type of cost, or OTHER_INCOME.';
COMMENT ON COLUMN canonical_validator_costs.amount IS 'What it cost.';
COMMENT ON COLUMN canonical_validator_costs.origin IS 'CHAIN: from the chain or the tip trees; PROVIDER: as another''s program has it; FILE: from a file the operator has; OPERATOR: entered.';
COMMENT ON COLUMN canonical_validator_costs.method IS 'EXACT: every payment was seen; ESTIMATE: computed from vote credits, as the reason says; null: as entered or as the file has it.';
COMMENT ON COLUMN canonical_validator_costs.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN canonical_validator_costs.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_validator_costs.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_validator_costs.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_validator_costs.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN canonical_validator_costs.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN canonical_validator_costs.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN canonical_validator_costs.snapshot_id IS 'The snapshot the row is from.';

CREATE FUNCTION canonical_validator_costs_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_epoch bigint DEFAULT NULL, to_epoch bigint DEFAULT NULL
) RETURNS SETOF canonical_validator_costs LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);
    RETURN QUERY
        SELECT t.chain_id, t.epoch, t.validator_key, t.entry_type, t.amount, t.origin, t.method, t.state, t.reason, t.source_fetch, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id
        FROM (
            SELECT DISTINCT ON (p.chain_id, p.epoch) p.snapshot_id, p.published_at,
                   s.completeness, s.content_digest, s.lineage_digest
            FROM publications p JOIN snapshots s USING (snapshot_id)
            WHERE p.asset = 'canonical_validator_costs' AND p.published_at <= moment AND (of_chain IS NULL OR p.chain_id = of_chain)
              AND (from_epoch IS NULL OR p.epoch >= from_epoch) AND (to_epoch IS NULL OR p.epoch <= to_epoch)
            ORDER BY p.chain_id, p.epoch, p.sequence DESC
        ) f JOIN layers.canonical_validator_costs t ON t.snapshot_id = f.snapshot_id;
END $$;

CREATE VIEW canonical_validator_costs_named AS SELECT t.chain_id, t.epoch, t.validator_key, t.entry_type, t.amount, t.origin, t.method, t.state, t.reason, t.source_fetch, period_ended_at, month, validator_name, t.completeness, t.published_at, t.content_digest, t.lineage_digest, t.snapshot_id FROM canonical_validator_costs t LEFT JOIN period_months m ON m.chain_id = t.chain_id AND m.epoch = t.epoch LEFT JOIN validator_names v ON v.chain_id = t.chain_id AND v.validator_key = t.validator_key;
COMMENT ON VIEW canonical_validator_costs_named IS 'Typed costs and other income per validator, never negative. A cost that is due, or that a configured source should tell, and is unknown is a row too. In force now, with month and names.';
COMMENT ON COLUMN canonical_validator_costs_named.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_validator_costs_named.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_validator_costs_named.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_validator_costs_named.entry_type IS 'The type of cost, or OTHER_INCOME.';
COMMENT ON COLUMN canonical_validator_costs_named.amount IS 'What it cost.';
COMMENT ON COLUMN canonical_validator_costs_named.origin IS 'CHAIN: from the chain or the tip trees; PROVIDER: as another''s program has it; FILE: from a file the operator has; OPERATOR: entered.';
COMMENT ON COLUMN canonical_validator_costs_named.method IS 'EXACT: every payment was seen; ESTIMATE: computed from vote credits, as the reason says; null: as entered or as the file has it.';
COMMENT ON COLUMN canonical_validator_costs_named.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN canonical_validator_costs_named.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_validator_costs_named.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_validator_costs_named.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN canonical_validator_costs_named.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN canonical_validator_costs_named.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN canonical_validator_costs_named.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_validator_costs_named.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN canonical_validator_costs_named.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN canonical_validator_costs_named.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN canonical_validator_costs_named.snapshot_id IS 'The snapshot the row is from.';
CREATE VIEW canonical_validator_costs_in_coins AS SELECT t.chain_id, t.epoch, t.validator_key, t.entry_type, (t.amount * c.coin) AS amount, t.origin, t.method, t.state, t.reason, t.source_fetch, t.period_ended_at, t.month, t.validator_name, t.completeness, t.published_at FROM canonical_validator_costs_named t JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;
COMMENT ON VIEW canonical_validator_costs_in_coins IS 'The same in whole coins, for display only.';
COMMENT ON COLUMN canonical_validator_costs_in_coins.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_validator_costs_in_coins.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_validator_costs_in_coins.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_validator_costs_in_coins.entry_type IS 'The type of cost, or OTHER_INCOME.';
COMMENT ON COLUMN canonical_validator_costs_in_coins.amount IS 'What it cost. In whole coins.';
COMMENT ON COLUMN canonical_validator_costs_in_coins.origin IS 'CHAIN: from the chain or the tip trees; PROVIDER: as another''s program has it; FILE: from a file the operator has; OPERATOR: entered.';
COMMENT ON COLUMN canonical_validator_costs_in_coins.method IS 'EXACT: every payment was seen; ESTIMATE: computed from vote credits, as the reason says; null: as entered or as the file has it.';
COMMENT ON COLUMN canonical_validator_costs_in_coins.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN canonical_validator_costs_in_coins.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_validator_costs_in_coins.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_validator_costs_in_coins.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN canonical_validator_costs_in_coins.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN canonical_validator_costs_in_coins.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN canonical_validator_costs_in_coins.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_validator_costs_in_coins.published_at IS 'When the snapshot came into force.';

CREATE VIEW canonical_stake_events AS SELECT t.chain_id, t.epoch, t.validator_key, t.event_type, t.account_key, t.withdrawer_key, t.other_key, t.amount, t.state, t.reason, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id FROM layers.canonical_stake_events t JOIN in_force f ON f.snapshot_id = t.snapshot_id AND f.asset = 'canonical_stake_events';
COMMENT ON VIEW canonical_stake_events IS 'What changed in the stake on each validator since the period before; derived from both positions. What is in force now.';
COMMENT ON COLUMN canonical_stake_events.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_stake_events.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_stake_events.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_stake_events.event_type IS 'STAKE: new stake; UNSTAKE: stake begins to leave, or was split away; MOVE_IN and MOVE_OUT: a stake account now on another operated validator; WITHDRAW: an account that had left is gone; OWNER: another withdrawer; SUMMARY: one row per validator that says how far the events are known.';
COMMENT ON COLUMN canonical_stake_events.account_key IS 'The stake account; the validator''s own key on SUMMARY rows.';
COMMENT ON COLUMN canonical_stake_events.withdrawer_key IS 'Who may withdraw it (after the event, where it still is).';
COMMENT ON COLUMN canonical_stake_events.other_key IS 'The other validator of a move, or the former withdrawer of OWNER.';
COMMENT ON COLUMN canonical_stake_events.amount IS 'The stake it is about; null where not known.';
COMMENT ON COLUMN canonical_stake_events.state IS 'How much is known of the event, or of all events of the validator (SUMMARY).';
COMMENT ON COLUMN canonical_stake_events.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_stake_events.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_stake_events.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN canonical_stake_events.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN canonical_stake_events.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN canonical_stake_events.snapshot_id IS 'The snapshot the row is from.';

CREATE FUNCTION canonical_stake_events_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_epoch bigint DEFAULT NULL, to_epoch bigint DEFAULT NULL
) RETURNS SETOF canonical_stake_events LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);
    RETURN QUERY
        SELECT t.chain_id, t.epoch, t.validator_key, t.event_type, t.account_key, t.withdrawer_key, t.other_key, t.amount, t.state, t.reason, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id
        FROM (
            SELECT DISTINCT ON (p.chain_id, p.epoch) p.snapshot_id, p.published_at,
                   s.completeness, s.content_digest, s.lineage_digest
            FROM publications p JOIN snapshots s USING (snapshot_id)
            WHERE p.asset = 'canonical_stake_events' AND p.published_at <= moment AND (of_chain IS NULL OR p.chain_id = of_chain)
              AND (from_epoch IS NULL OR p.epoch >= from_epoch) AND (to_epoch IS NULL OR p.epoch <= to_epoch)
            ORDER BY p.chain_id, p.epoch, p.sequence DESC
        ) f JOIN layers.canonical_stake_events t ON t.snapshot_id = f.snapshot_id;
END $$;

CREATE VIEW canonical_stake_events_named AS SELECT t.chain_id, t.epoch, t.validator_key, t.event_type, t.account_key, t.withdrawer_key, t.other_key, t.amount, t.state, t.reason, period_ended_at, month, validator_name, t.completeness, t.published_at, t.content_digest, t.lineage_digest, t.snapshot_id FROM canonical_stake_events t LEFT JOIN period_months m ON m.chain_id = t.chain_id AND m.epoch = t.epoch LEFT JOIN validator_names v ON v.chain_id = t.chain_id AND v.validator_key = t.validator_key;
COMMENT ON VIEW canonical_stake_events_named IS 'What changed in the stake on each validator since the period before; derived from both positions. In force now, with month and names.';
COMMENT ON COLUMN canonical_stake_events_named.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_stake_events_named.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_stake_events_named.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_stake_events_named.event_type IS 'STAKE: new stake; UNSTAKE: stake begins to leave, or was split away; MOVE_IN and MOVE_OUT: a stake account now on another operated validator; WITHDRAW: an account that had left is gone; OWNER: another withdrawer; SUMMARY: one row per validator that says how far the events are known.';
COMMENT ON COLUMN canonical_stake_events_named.account_key IS 'The stake account; the validator''s own key on SUMMARY rows.';
COMMENT ON COLUMN canonical_stake_events_named.withdrawer_key IS 'Who may withdraw it (after the event, where it still is).';
COMMENT ON COLUMN canonical_stake_events_named.other_key IS 'The other validator of a move, or the former withdrawer of OWNER.';
COMMENT ON COLUMN canonical_stake_events_named.amount IS 'The stake it is about; null where not known.';
COMMENT ON COLUMN canonical_stake_events_named.state IS 'How much is known of the event, or of all events of the validator (SUMMARY).';
COMMENT ON COLUMN canonical_stake_events_named.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_stake_events_named.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN canonical_stake_events_named.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN canonical_stake_events_named.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN canonical_stake_events_named.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_stake_events_named.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN canonical_stake_events_named.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN canonical_stake_events_named.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN canonical_stake_events_named.snapshot_id IS 'The snapshot the row is from.';
CREATE VIEW canonical_stake_events_in_coins AS SELECT t.chain_id, t.epoch, t.validator_key, t.event_type, t.account_key, t.withdrawer_key, t.other_key, (t.amount * c.coin) AS amount, t.state, t.reason, t.period_ended_at, t.month, t.validator_name, t.completeness, t.published_at FROM canonical_stake_events_named t JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;
COMMENT ON VIEW canonical_stake_events_in_coins IS 'The same in whole coins, for display only.';
COMMENT ON COLUMN canonical_stake_events_in_coins.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_stake_events_in_coins.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_stake_events_in_coins.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_stake_events_in_coins.event_type IS 'STAKE: new stake; UNSTAKE: stake begins to leave, or was split away; MOVE_IN and MOVE_OUT: a stake account now on another operated validator; WITHDRAW: an account that had left is gone; OWNER: another withdrawer; SUMMARY: one row per validator that says how far the events are known.';
COMMENT ON COLUMN canonical_stake_events_in_coins.account_key IS 'The stake account; the validator''s own key on SUMMARY rows.';
COMMENT ON COLUMN canonical_stake_events_in_coins.withdrawer_key IS 'Who may withdraw it (after the event, where it still is).';
COMMENT ON COLUMN canonical_stake_events_in_coins.other_key IS 'The other validator of a move, or the former withdrawer of OWNER.';
COMMENT ON COLUMN canonical_stake_events_in_coins.amount IS 'The stake it is about; null where not known. In whole coins.';
COMMENT ON COLUMN canonical_stake_events_in_coins.state IS 'How much is known of the event, or of all events of the validator (SUMMARY).';
COMMENT ON COLUMN canonical_stake_events_in_coins.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_stake_events_in_coins.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN canonical_stake_events_in_coins.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN canonical_stake_events_in_coins.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN canonical_stake_events_in_coins.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_stake_events_in_coins.published_at IS 'When the snapshot came into force.';

CREATE VIEW canonical_completeness AS SELECT t.chain_id, t.epoch, t.validator_key, t.data_type, t.state, t.reason, t.leader_slots, t.blocks_produced, t.slots_skipped, t.active_stake, t.accounts_stake, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id FROM layers.canonical_completeness t JOIN in_force f ON f.snapshot_id = t.snapshot_id AND f.asset = 'canonical_completeness';
COMMENT ON VIEW canonical_completeness IS 'How much is known of each data type of each validator, why, and the facts that were checked. What is in force now.';
COMMENT ON COLUMN canonical_completeness.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_completeness.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_completeness.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_completeness.data_type IS 'fees, mev, rewards, meta, positions or costs.';
COMMENT ON COLUMN canonical_completeness.state IS 'How much is known of the data type; pending: waiting will help.';
COMMENT ON COLUMN canonical_completeness.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_completeness.leader_slots IS 'Slots the leader schedule gave it (fees).';
COMMENT ON COLUMN canonical_completeness.blocks_produced IS 'Led slots with a block that was read (fees).';
COMMENT ON COLUMN canonical_completeness.slots_skipped IS 'Led slots proven to have no block (fees).';
COMMENT ON COLUMN canonical_completeness.active_stake IS 'The validator''s active stake (positions).';
COMMENT ON COLUMN canonical_completeness.accounts_stake IS 'What its stake accounts hold of it together (positions).';
COMMENT ON COLUMN canonical_completeness.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_completeness.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN canonical_completeness.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN canonical_completeness.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN canonical_completeness.snapshot_id IS 'The snapshot the row is from.';

CREATE FUNCTION canonical_completeness_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_epoch bigint DEFAULT NULL, to_epoch bigint DEFAULT NULL
) RETURNS SETOF canonical_completeness LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);
    RETURN QUERY
        SELECT t.chain_id, t.epoch, t.validator_key, t.data_type, t.state, t.reason, t.leader_slots, t.blocks_produced, t.slots_skipped, t.active_stake, t.accounts_stake, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id
        FROM (
            SELECT DISTINCT ON (p.chain_id, p.epoch) p.snapshot_id, p.published_at,
                   s.completeness, s.content_digest, s.lineage_digest
            FROM publications p JOIN snapshots s USING (snapshot_id)
            WHERE p.asset = 'canonical_completeness' AND p.published_at <= moment AND (of_chain IS NULL OR p.chain_id = of_chain)
              AND (from_epoch IS NULL OR p.epoch >= from_epoch) AND (to_epoch IS NULL OR p.epoch <= to_epoch)
            ORDER BY p.chain_id, p.epoch, p.sequence DESC
        ) f JOIN layers.canonical_completeness t ON t.snapshot_id = f.snapshot_id;
END $$;

CREATE VIEW canonical_completeness_named AS SELECT t.chain_id, t.epoch, t.validator_key, t.data_type, t.state, t.reason, t.leader_slots, t.blocks_produced, t.slots_skipped, t.active_stake, t.accounts_stake, period_ended_at, month, validator_name, t.completeness, t.published_at, t.content_digest, t.lineage_digest, t.snapshot_id FROM canonical_completeness t LEFT JOIN period_months m ON m.chain_id = t.chain_id AND m.epoch = t.epoch LEFT JOIN validator_names v ON v.chain_id = t.chain_id AND v.validator_key = t.validator_key;
COMMENT ON VIEW canonical_completeness_named IS 'How much is known of each data type of each validator, why, and the facts that were checked. In force now, with month and names.';
COMMENT ON COLUMN canonical_completeness_named.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_completeness_named.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_completeness_named.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_completeness_named.data_type IS 'fees, mev, rewards, meta, positions or costs.';
COMMENT ON COLUMN canonical_completeness_named.state IS 'How much is known of the data type; pending: waiting will help.';
COMMENT ON COLUMN canonical_completeness_named.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_completeness_named.leader_slots IS 'Slots the leader schedule gave it (fees).';
COMMENT ON COLUMN canonical_completeness_named.blocks_produced IS 'Led slots with a block that was read (fees).';
COMMENT ON COLUMN canonical_completeness_named.slots_skipped IS 'Led slots proven to have no block (fees).';
COMMENT ON COLUMN canonical_completeness_named.active_stake IS 'The validator''s active stake (positions).';
COMMENT ON COLUMN canonical_completeness_named.accounts_stake IS 'What its stake accounts hold of it together (positions).';
COMMENT ON COLUMN canonical_completeness_named.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN canonical_completeness_named.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN canonical_completeness_named.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN canonical_completeness_named.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_completeness_named.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN canonical_completeness_named.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN canonical_completeness_named.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN canonical_completeness_named.snapshot_id IS 'The snapshot the row is from.';
CREATE VIEW canonical_completeness_in_coins AS SELECT t.chain_id, t.epoch, t.validator_key, t.data_type, t.state, t.reason, t.leader_slots, t.blocks_produced, t.slots_skipped, (t.active_stake * c.coin) AS active_stake, (t.accounts_stake * c.coin) AS accounts_stake, t.period_ended_at, t.month, t.validator_name, t.completeness, t.published_at FROM canonical_completeness_named t JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;
COMMENT ON VIEW canonical_completeness_in_coins IS 'The same in whole coins, for display only.';
COMMENT ON COLUMN canonical_completeness_in_coins.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_completeness_in_coins.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_completeness_in_coins.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_completeness_in_coins.data_type IS 'fees, mev, rewards, meta, positions or costs.';
COMMENT ON COLUMN canonical_completeness_in_coins.state IS 'How much is known of the data type; pending: waiting will help.';
COMMENT ON COLUMN canonical_completeness_in_coins.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_completeness_in_coins.leader_slots IS 'Slots the leader schedule gave it (fees).';
COMMENT ON COLUMN canonical_completeness_in_coins.blocks_produced IS 'Led slots with a block that was read (fees).';
COMMENT ON COLUMN canonical_completeness_in_coins.slots_skipped IS 'Led slots proven to have no block (fees).';
COMMENT ON COLUMN canonical_completeness_in_coins.active_stake IS 'The validator''s active stake (positions). In whole coins.';
COMMENT ON COLUMN canonical_completeness_in_coins.accounts_stake IS 'What its stake accounts hold of it together (positions). In whole coins.';
COMMENT ON COLUMN canonical_completeness_in_coins.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN canonical_completeness_in_coins.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN canonical_completeness_in_coins.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN canonical_completeness_in_coins.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_completeness_in_coins.published_at IS 'When the snapshot came into force.';

CREATE VIEW cross_check_differences AS SELECT t.chain_id, t.epoch, t.validator_key, t.data_type, t.subject, t.figure, t.provider, t.other_provider, t.stated, t.other_stated, t.difference, t.known_as, t.fetch_digest, t.other_fetch_digest, t.source_fetch, t.other_fetch, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id FROM layers.cross_check_differences t JOIN in_force f ON f.snapshot_id = t.snapshot_id AND f.asset = 'cross_check_differences';
COMMENT ON VIEW cross_check_differences IS 'Figures of which a second provider says something else. Equal figures have no row; nothing is rounded away. What is in force now.';
COMMENT ON COLUMN cross_check_differences.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN cross_check_differences.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN cross_check_differences.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN cross_check_differences.data_type IS 'fees, mev, rewards, meta, positions or costs.';
COMMENT ON COLUMN cross_check_differences.subject IS 'What the figure is about: the validator''s key, a stake account, or a type of cost.';
COMMENT ON COLUMN cross_check_differences.figure IS 'The column of the canonical table.';
COMMENT ON COLUMN cross_check_differences.provider IS 'The provider whose figure counts.';
COMMENT ON COLUMN cross_check_differences.other_provider IS 'The provider it was compared with.';
COMMENT ON COLUMN cross_check_differences.stated IS 'The figure that counts; null: not known, or no such row.';
COMMENT ON COLUMN cross_check_differences.other_stated IS 'The other provider''s figure; null: no such row.';
COMMENT ON COLUMN cross_check_differences.difference IS 'The other figure less the one that counts, where both are amounts.';
COMMENT ON COLUMN cross_check_differences.known_as IS 'The named systematic difference it is (docs/cross-checks.md); null: none.';
COMMENT ON COLUMN cross_check_differences.fetch_digest IS 'Commits to the hashes of the payloads that count.';
COMMENT ON COLUMN cross_check_differences.other_fetch_digest IS 'Commits to the hashes of the other payloads.';
COMMENT ON COLUMN cross_check_differences.source_fetch IS 'The staging fetch that counts.';
COMMENT ON COLUMN cross_check_differences.other_fetch IS 'The staging fetch of the other provider.';
COMMENT ON COLUMN cross_check_differences.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN cross_check_differences.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN cross_check_differences.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN cross_check_differences.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN cross_check_differences.snapshot_id IS 'The snapshot the row is from.';

CREATE FUNCTION cross_check_differences_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_epoch bigint DEFAULT NULL, to_epoch bigint DEFAULT NULL
) RETURNS SETOF cross_check_differences LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);
    RETURN QUERY
        SELECT t.chain_id, t.epoch, t.validator_key, t.data_type, t.subject, t.figure, t.provider, t.other_provider, t.stated, t.other_stated, t.difference, t.known_as, t.fetch_digest, t.other_fetch_digest, t.source_fetch, t.other_fetch, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id
        FROM (
            SELECT DISTINCT ON (p.chain_id, p.epoch) p.snapshot_id, p.published_at,
                   s.completeness, s.content_digest, s.lineage_digest
            FROM publications p JOIN snapshots s USING (snapshot_id)
            WHERE p.asset = 'cross_check_differences' AND p.published_at <= moment AND (of_chain IS NULL OR p.chain_id = of_chain)
              AND (from_epoch IS NULL OR p.epoch >= from_epoch) AND (to_epoch IS NULL OR p.epoch <= to_epoch)
            ORDER BY p.chain_id, p.epoch, p.sequence DESC
        ) f JOIN layers.cross_check_differences t ON t.snapshot_id = f.snapshot_id;
END $$;

CREATE VIEW cross_check_differences_named AS SELECT t.chain_id, t.epoch, t.validator_key, t.data_type, t.subject, t.figure, t.provider, t.other_provider, t.stated, t.other_stated, t.difference, t.known_as, t.fetch_digest, t.other_fetch_digest, t.source_fetch, t.other_fetch, period_ended_at, month, validator_name, t.completeness, t.published_at, t.content_digest, t.lineage_digest, t.snapshot_id FROM cross_check_differences t LEFT JOIN period_months m ON m.chain_id = t.chain_id AND m.epoch = t.epoch LEFT JOIN validator_names v ON v.chain_id = t.chain_id AND v.validator_key = t.validator_key;
COMMENT ON VIEW cross_check_differences_named IS 'Figures of which a second provider says something else. Equal figures have no row; nothing is rounded away. In force now, with month and names.';
COMMENT ON COLUMN cross_check_differences_named.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN cross_check_differences_named.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN cross_check_differences_named.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN cross_check_differences_named.data_type IS 'fees, mev, rewards, meta, positions or costs.';
COMMENT ON COLUMN cross_check_differences_named.subject IS 'What the figure is about: the validator''s key, a stake account, or a type of cost.';
COMMENT ON COLUMN cross_check_differences_named.figure IS 'The column of the canonical table.';
COMMENT ON COLUMN cross_check_differences_named.provider IS 'The provider whose figure counts.';
COMMENT ON COLUMN cross_check_differences_named.other_provider IS 'The provider it was compared with.';
COMMENT ON COLUMN cross_check_differences_named.stated IS 'The figure that counts; null: not known, or no such row.';
COMMENT ON COLUMN cross_check_differences_named.other_stated IS 'The other provider''s figure; null: no such row.';
COMMENT ON COLUMN cross_check_differences_named.difference IS 'The other figure less the one that counts, where both are amounts.';
COMMENT ON COLUMN cross_check_differences_named.known_as IS 'The named systematic difference it is (docs/cross-checks.md); null: none.';
COMMENT ON COLUMN cross_check_differences_named.fetch_digest IS 'Commits to the hashes of the payloads that count.';
COMMENT ON COLUMN cross_check_differences_named.other_fetch_digest IS 'Commits to the hashes of the other payloads.';
COMMENT ON COLUMN cross_check_differences_named.source_fetch IS 'The staging fetch that counts.';
COMMENT ON COLUMN cross_check_differences_named.other_fetch IS 'The staging fetch of the other provider.';
COMMENT ON COLUMN cross_check_differences_named.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN cross_check_differences_named.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN cross_check_differences_named.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN cross_check_differences_named.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN cross_check_differences_named.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN cross_check_differences_named.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN cross_check_differences_named.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN cross_check_differences_named.snapshot_id IS 'The snapshot the row is from.';
CREATE VIEW cross_check_differences_in_coins AS SELECT t.chain_id, t.epoch, t.validator_key, t.data_type, t.subject, t.figure, t.provider, t.other_provider, t.stated, t.other_stated, (t.difference * c.coin) AS difference, t.known_as, t.fetch_digest, t.other_fetch_digest, t.source_fetch, t.other_fetch, t.period_ended_at, t.month, t.validator_name, t.completeness, t.published_at FROM cross_check_differences_named t JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;
COMMENT ON VIEW cross_check_differences_in_coins IS 'The same in whole coins, for display only.';
COMMENT ON COLUMN cross_check_differences_in_coins.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN cross_check_differences_in_coins.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN cross_check_differences_in_coins.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN cross_check_differences_in_coins.data_type IS 'fees, mev, rewards, meta, positions or costs.';
COMMENT ON COLUMN cross_check_differences_in_coins.subject IS 'What the figure is about: the validator''s key, a stake account, or a type of cost.';
COMMENT ON COLUMN cross_check_differences_in_coins.figure IS 'The column of the canonical table.';
COMMENT ON COLUMN cross_check_differences_in_coins.provider IS 'The provider whose figure counts.';
COMMENT ON COLUMN cross_check_differences_in_coins.other_provider IS 'The provider it was compared with.';
COMMENT ON COLUMN cross_check_differences_in_coins.stated IS 'The figure that counts; null: not known, or no such row.';
COMMENT ON COLUMN cross_check_differences_in_coins.other_stated IS 'The other provider''s figure; null: no such row.';
COMMENT ON COLUMN cross_check_differences_in_coins.difference IS 'The other figure less the one that counts, where both are amounts. In whole coins.';
COMMENT ON COLUMN cross_check_differences_in_coins.known_as IS 'The named systematic difference it is (docs/cross-checks.md); null: none.';
COMMENT ON COLUMN cross_check_differences_in_coins.fetch_digest IS 'Commits to the hashes of the payloads that count.';
COMMENT ON COLUMN cross_check_differences_in_coins.other_fetch_digest IS 'Commits to the hashes of the other payloads.';
COMMENT ON COLUMN cross_check_differences_in_coins.source_fetch IS 'The staging fetch that counts.';
COMMENT ON COLUMN cross_check_differences_in_coins.other_fetch IS 'The staging fetch of the other provider.';
COMMENT ON COLUMN cross_check_differences_in_coins.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN cross_check_differences_in_coins.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN cross_check_differences_in_coins.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN cross_check_differences_in_coins.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN cross_check_differences_in_coins.published_at IS 'When the snapshot came into force.';

CREATE VIEW validator_pnl AS SELECT t.chain_id, t.epoch, t.validator_key, t.name, t.exec_fees, t.exec_fees_state, t.exec_fees_reason, t.mev_tips, t.mev_tips_state, t.mev_tips_reason, t.vote_rewards, t.vote_rewards_state, t.vote_rewards_reason, t.commission, t.commission_state, t.commission_reason, t.network_fee, t.network_fee_state, t.priority_fee_sharing, t.priority_fee_sharing_state, t.block_revenue_sharing, t.block_revenue_sharing_state, t.vote_fees, t.vote_fees_state, t.admission_ticket, t.admission_ticket_state, t.consensus_penalty, t.consensus_penalty_state, t.infrastructure, t.infrastructure_state, t.other_income, t.other_income_state, t.total_revenue, t.known_revenue, t.total_costs, t.known_costs, t.net, t.known_net, t.state, t.reason, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id FROM layers.validator_pnl t JOIN in_force f ON f.snapshot_id = t.snapshot_id AND f.asset = 'validator_pnl';
COMMENT ON VIEW validator_pnl IS 'What each validator earned and cost in a period, in base units, with what is missing. What is in force now.';
COMMENT ON COLUMN validator_pnl.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN validator_pnl.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN validator_pnl.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN validator_pnl.name IS 'The validator''s name, as the operator registered it.';
COMMENT ON COLUMN validator_pnl.exec_fees IS 'EXEC_FEES: Fee rewards of the blocks it led; null where not known.';
COMMENT ON COLUMN validator_pnl.exec_fees_state IS 'How much is known of EXEC_FEES.';
COMMENT ON COLUMN validator_pnl.exec_fees_reason IS 'The reason of exec_fees_state; null where there is nothing to explain.';
COMMENT ON COLUMN validator_pnl.mev_tips IS 'MEV_TIPS: its own part of the MEV tips; null where not known.';
COMMENT ON COLUMN validator_pnl.mev_tips_state IS 'How much is known of MEV_TIPS.';
COMMENT ON COLUMN validator_pnl.mev_tips_reason IS 'The reason of mev_tips_state; null where there is nothing to explain.';
COMMENT ON COLUMN validator_pnl.vote_rewards IS 'VOTE_REWARDS: staking rewards of the operator''s own stake after commission; null where not known.';
COMMENT ON COLUMN validator_pnl.vote_rewards_state IS 'How much is known of VOTE_REWARDS.';
COMMENT ON COLUMN validator_pnl.vote_rewards_reason IS 'The reason of vote_rewards_state; null where there is nothing to explain.';
COMMENT ON COLUMN validator_pnl.commission IS 'COMMISSION: inflation commission received; null where not known.';
COMMENT ON COLUMN validator_pnl.commission_state IS 'How much is known of COMMISSION.';
COMMENT ON COLUMN validator_pnl.commission_reason IS 'The reason of commission_state; null where there is nothing to explain.';
COMMENT ON COLUMN validator_pnl.network_fee IS 'Cost NETWORK_FEE; reduces EXEC_FEES; null: none known.';
COMMENT ON COLUMN validator_pnl.network_fee_state IS 'How much is known of NETWORK_FEE; null: nothing is due and nothing was said.';
COMMENT ON COLUMN validator_pnl.priority_fee_sharing IS 'Cost PRIORITY_FEE_SHARING; reduces EXEC_FEES; null: none known.';
COMMENT ON COLUMN validator_pnl.priority_fee_sharing_state IS 'How much is known of PRIORITY_FEE_SHARING; null: nothing is due and nothing was said.';
COMMENT ON COLUMN validator_pnl.block_revenue_sharing IS 'Cost BLOCK_REVENUE_SHARING; reduces EXEC_FEES; null: none known.';
COMMENT ON COLUMN validator_pnl.block_revenue_sharing_state IS 'How much is known of BLOCK_REVENUE_SHARING; null: nothing is due and nothing was said.';
COMMENT ON COLUMN validator_pnl.vote_fees IS 'Cost VOTE_FEES; reduces COMMISSION; null: none known.';
COMMENT ON COLUMN validator_pnl.vote_fees_state IS 'How much is known of VOTE_FEES; null: nothing is due and nothing was said.';
COMMENT ON COLUMN validator_pnl.admission_ticket IS 'Cost ADMISSION_TICKET; reduces COMMISSION; null: none known.';
COMMENT ON COLUMN validator_pnl.admission_ticket_state IS 'How much is known of ADMISSION_TICKET; null: nothing is due and nothing was said.';
COMMENT ON COLUMN validator_pnl.consensus_penalty IS 'Cost CONSENSUS_PENALTY; reduces VOTE_REWARDS; null: none known.';
COMMENT ON COLUMN validator_pnl.consensus_penalty_state IS 'How much is known of CONSENSUS_PENALTY; null: nothing is due and nothing was said.';
COMMENT ON COLUMN validator_pnl.infrastructure IS 'Cost INFRASTRUCTURE; reduces no component; null: none known.';
COMMENT ON COLUMN validator_pnl.infrastructure_state IS 'How much is known of INFRASTRUCTURE; null: nothing is due and nothing was said.';
COMMENT ON COLUMN validator_pnl.other_income IS 'OTHER_INCOME: shown, and no component; null: none known.';
COMMENT ON COLUMN validator_pnl.other_income_state IS 'How much is known of OTHER_INCOME; null: nothing is due and nothing was said.';
COMMENT ON COLUMN validator_pnl.total_revenue IS 'Sum of the four components; null when one is missing.';
COMMENT ON COLUMN validator_pnl.known_revenue IS 'Sum of the components that are known.';
COMMENT ON COLUMN validator_pnl.total_costs IS 'Sum of all costs; null when a due one is missing.';
COMMENT ON COLUMN validator_pnl.known_costs IS 'Sum of the costs that are known.';
COMMENT ON COLUMN validator_pnl.net IS 'total_revenue + other_income - total_costs; null when a part is missing.';
COMMENT ON COLUMN validator_pnl.known_net IS 'known_revenue + other_income - known_costs.';
COMMENT ON COLUMN validator_pnl.state IS 'How much is known of the whole line.';
COMMENT ON COLUMN validator_pnl.reason IS 'The reason of the state: every missing figure by name; null where there is nothing to explain.';
COMMENT ON COLUMN validator_pnl.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN validator_pnl.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN validator_pnl.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN validator_pnl.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN validator_pnl.snapshot_id IS 'The snapshot the row is from.';

CREATE FUNCTION validator_pnl_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_epoch bigint DEFAULT NULL, to_epoch bigint DEFAULT NULL
) RETURNS SETOF validator_pnl LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);
    RETURN QUERY
        SELECT t.chain_id, t.epoch, t.validator_key, t.name, t.exec_fees, t.exec_fees_state, t.exec_fees_reason, t.mev_tips, t.mev_tips_state, t.mev_tips_reason, t.vote_rewards, t.vote_rewards_state, t.vote_rewards_reason, t.commission, t.commission_state, t.commission_reason, t.network_fee, t.network_fee_state, t.priority_fee_sharing, t.priority_fee_sharing_state, t.block_revenue_sharing, t.block_revenue_sharing_state, t.vote_fees, t.vote_fees_state, t.admission_ticket, t.admission_ticket_state, t.consensus_penalty, t.consensus_penalty_state, t.infrastructure, t.infrastructure_state, t.other_income, t.other_income_state, t.total_revenue, t.known_revenue, t.total_costs, t.known_costs, t.net, t.known_net, t.state, t.reason, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id
        FROM (
            SELECT DISTINCT ON (p.chain_id, p.epoch) p.snapshot_id, p.published_at,
                   s.completeness, s.content_digest, s.lineage_digest
            FROM publications p JOIN snapshots s USING (snapshot_id)
            WHERE p.asset = 'validator_pnl' AND p.published_at <= moment AND (of_chain IS NULL OR p.chain_id = of_chain)
              AND (from_epoch IS NULL OR p.epoch >= from_epoch) AND (to_epoch IS NULL OR p.epoch <= to_epoch)
            ORDER BY p.chain_id, p.epoch, p.sequence DESC
        ) f JOIN layers.validator_pnl t ON t.snapshot_id = f.snapshot_id;
END $$;

CREATE VIEW validator_pnl_named AS SELECT t.chain_id, t.epoch, t.validator_key, t.name, t.exec_fees, t.exec_fees_state, t.exec_fees_reason, t.mev_tips, t.mev_tips_state, t.mev_tips_reason, t.vote_rewards, t.vote_rewards_state, t.vote_rewards_reason, t.commission, t.commission_state, t.commission_reason, t.network_fee, t.network_fee_state, t.priority_fee_sharing, t.priority_fee_sharing_state, t.block_revenue_sharing, t.block_revenue_sharing_state, t.vote_fees, t.vote_fees_state, t.admission_ticket, t.admission_ticket_state, t.consensus_penalty, t.consensus_penalty_state, t.infrastructure, t.infrastructure_state, t.other_income, t.other_income_state, t.total_revenue, t.known_revenue, t.total_costs, t.known_costs, t.net, t.known_net, t.state, t.reason, period_ended_at, month, validator_name, t.completeness, t.published_at, t.content_digest, t.lineage_digest, t.snapshot_id FROM validator_pnl t LEFT JOIN period_months m ON m.chain_id = t.chain_id AND m.epoch = t.epoch LEFT JOIN validator_names v ON v.chain_id = t.chain_id AND v.validator_key = t.validator_key;
COMMENT ON VIEW validator_pnl_named IS 'What each validator earned and cost in a period, in base units, with what is missing. In force now, with month and names.';
COMMENT ON COLUMN validator_pnl_named.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN validator_pnl_named.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN validator_pnl_named.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN validator_pnl_named.name IS 'The validator''s name, as the operator registered it.';
COMMENT ON COLUMN validator_pnl_named.exec_fees IS 'EXEC_FEES: Fee rewards of the blocks it led; null where not known.';
COMMENT ON COLUMN validator_pnl_named.exec_fees_state IS 'How much is known of EXEC_FEES.';
COMMENT ON COLUMN validator_pnl_named.exec_fees_reason IS 'The reason of exec_fees_state; null where there is nothing to explain.';
COMMENT ON COLUMN validator_pnl_named.mev_tips IS 'MEV_TIPS: its own part of the MEV tips; null where not known.';
COMMENT ON COLUMN validator_pnl_named.mev_tips_state IS 'How much is known of MEV_TIPS.';
COMMENT ON COLUMN validator_pnl_named.mev_tips_reason IS 'The reason of mev_tips_state; null where there is nothing to explain.';
COMMENT ON COLUMN validator_pnl_named.vote_rewards IS 'VOTE_REWARDS: staking rewards of the operator''s own stake after commission; null where not known.';
COMMENT ON COLUMN validator_pnl_named.vote_rewards_state IS 'How much is known of VOTE_REWARDS.';
COMMENT ON COLUMN validator_pnl_named.vote_rewards_reason IS 'The reason of vote_rewards_state; null where there is nothing to explain.';
COMMENT ON COLUMN validator_pnl_named.commission IS 'COMMISSION: inflation commission received; null where not known.';
COMMENT ON COLUMN validator_pnl_named.commission_state IS 'How much is known of COMMISSION.';
COMMENT ON COLUMN validator_pnl_named.commission_reason IS 'The reason of commission_state; null where there is nothing to explain.';
COMMENT ON COLUMN validator_pnl_named.network_fee IS 'Cost NETWORK_FEE; reduces EXEC_FEES; null: none known.';
COMMENT ON COLUMN validator_pnl_named.network_fee_state IS 'How much is known of NETWORK_FEE; null: nothing is due and nothing was said.';
COMMENT ON COLUMN validator_pnl_named.priority_fee_sharing IS 'Cost PRIORITY_FEE_SHARING; reduces EXEC_FEES; null: none known.';
COMMENT ON COLUMN validator_pnl_named.priority_fee_sharing_state IS 'How much is known of PRIORITY_FEE_SHARING; null: nothing is due and nothing was said.';
COMMENT ON COLUMN validator_pnl_named.block_revenue_sharing IS 'Cost BLOCK_REVENUE_SHARING; reduces EXEC_FEES; null: none known.';
COMMENT ON COLUMN validator_pnl_named.block_revenue_sharing_state IS 'How much is known of BLOCK_REVENUE_SHARING; null: nothing is due and nothing was said.';
COMMENT ON COLUMN validator_pnl_named.vote_fees IS 'Cost VOTE_FEES; reduces COMMISSION; null: none known.';
COMMENT ON COLUMN validator_pnl_named.vote_fees_state IS 'How much is known of VOTE_FEES; null: nothing is due and nothing was said.';
COMMENT ON COLUMN validator_pnl_named.admission_ticket IS 'Cost ADMISSION_TICKET; reduces COMMISSION; null: none known.';
COMMENT ON COLUMN validator_pnl_named.admission_ticket_state IS 'How much is known of ADMISSION_TICKET; null: nothing is due and nothing was said.';
COMMENT ON COLUMN validator_pnl_named.consensus_penalty IS 'Cost CONSENSUS_PENALTY; reduces VOTE_REWARDS; null: none known.';
COMMENT ON COLUMN validator_pnl_named.consensus_penalty_state IS 'How much is known of CONSENSUS_PENALTY; null: nothing is due and nothing was said.';
COMMENT ON COLUMN validator_pnl_named.infrastructure IS 'Cost INFRASTRUCTURE; reduces no component; null: none known.';
COMMENT ON COLUMN validator_pnl_named.infrastructure_state IS 'How much is known of INFRASTRUCTURE; null: nothing is due and nothing was said.';
COMMENT ON COLUMN validator_pnl_named.other_income IS 'OTHER_INCOME: shown, and no component; null: none known.';
COMMENT ON COLUMN validator_pnl_named.other_income_state IS 'How much is known of OTHER_INCOME; null: nothing is due and nothing was said.';
COMMENT ON COLUMN validator_pnl_named.total_revenue IS 'Sum of the four components; null when one is missing.';
COMMENT ON COLUMN validator_pnl_named.known_revenue IS 'Sum of the components that are known.';
COMMENT ON COLUMN validator_pnl_named.total_costs IS 'Sum of all costs; null when a due one is missing.';
COMMENT ON COLUMN validator_pnl_named.known_costs IS 'Sum of the costs that are known.';
COMMENT ON COLUMN validator_pnl_named.net IS 'total_revenue + other_income - total_costs; null when a part is missing.';
COMMENT ON COLUMN validator_pnl_named.known_net IS 'known_revenue + other_income - known_costs.';
COMMENT ON COLUMN validator_pnl_named.state IS 'How much is known of the whole line.';
COMMENT ON COLUMN validator_pnl_named.reason IS 'The reason of the state: every missing figure by name; null where there is nothing to explain.';
COMMENT ON COLUMN validator_pnl_named.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN validator_pnl_named.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN validator_pnl_named.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN validator_pnl_named.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN validator_pnl_named.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN validator_pnl_named.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN validator_pnl_named.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN validator_pnl_named.snapshot_id IS 'The snapshot the row is from.';
CREATE VIEW validator_pnl_in_coins AS SELECT t.chain_id, t.epoch, t.validator_key, t.name, (t.exec_fees * c.coin) AS exec_fees, t.exec_fees_state, t.exec_fees_reason, (t.mev_tips * c.coin) AS mev_tips, t.mev_tips_state, t.mev_tips_reason, (t.vote_rewards * c.coin) AS vote_rewards, t.vote_rewards_state, t.vote_rewards_reason, (t.commission * c.coin) AS commission, t.commission_state, t.commission_reason, (t.network_fee * c.coin) AS network_fee, t.network_fee_state, (t.priority_fee_sharing * c.coin) AS priority_fee_sharing, t.priority_fee_sharing_state, (t.block_revenue_sharing * c.coin) AS block_revenue_sharing, t.block_revenue_sharing_state, (t.vote_fees * c.coin) AS vote_fees, t.vote_fees_state, (t.admission_ticket * c.coin) AS admission_ticket, t.admission_ticket_state, (t.consensus_penalty * c.coin) AS consensus_penalty, t.consensus_penalty_state, (t.infrastructure * c.coin) AS infrastructure, t.infrastructure_state, (t.other_income * c.coin) AS other_income, t.other_income_state, (t.total_revenue * c.coin) AS total_revenue, (t.known_revenue * c.coin) AS known_revenue, (t.total_costs * c.coin) AS total_costs, (t.known_costs * c.coin) AS known_costs, (t.net * c.coin) AS net, (t.known_net * c.coin) AS known_net, t.state, t.reason, t.period_ended_at, t.month, t.validator_name, t.completeness, t.published_at FROM validator_pnl_named t JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;
COMMENT ON VIEW validator_pnl_in_coins IS 'The same in whole coins, for display only.';
COMMENT ON COLUMN validator_pnl_in_coins.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN validator_pnl_in_coins.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN validator_pnl_in_coins.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN validator_pnl_in_coins.name IS 'The validator''s name, as the operator registered it.';
COMMENT ON COLUMN validator_pnl_in_coins.exec_fees IS 'EXEC_FEES: Fee rewards of the blocks it led; null where not known. In whole coins.';
COMMENT ON COLUMN validator_pnl_in_coins.exec_fees_state IS 'How much is known of EXEC_FEES.';
COMMENT ON COLUMN validator_pnl_in_coins.exec_fees_reason IS 'The reason of exec_fees_state; null where there is nothing to explain.';
COMMENT ON COLUMN validator_pnl_in_coins.mev_tips IS 'MEV_TIPS: its own part of the MEV tips; null where not known. In whole coins.';
COMMENT ON COLUMN validator_pnl_in_coins.mev_tips_state IS 'How much is known of MEV_TIPS.';
COMMENT ON COLUMN validator_pnl_in_coins.mev_tips_reason IS 'The reason of mev_tips_state; null where there is nothing to explain.';
COMMENT ON COLUMN validator_pnl_in_coins.vote_rewards IS 'VOTE_REWARDS: staking rewards of the operator''s own stake after commission; null where not known. In whole coins.';
COMMENT ON COLUMN validator_pnl_in_coins.vote_rewards_state IS 'How much is known of VOTE_REWARDS.';
COMMENT ON COLUMN validator_pnl_in_coins.vote_rewards_reason IS 'The reason of vote_rewards_state; null where there is nothing to explain.';
COMMENT ON COLUMN validator_pnl_in_coins.commission IS 'COMMISSION: inflation commission received; null where not known. In whole coins.';
COMMENT ON COLUMN validator_pnl_in_coins.commission_state IS 'How much is known of COMMISSION.';
COMMENT ON COLUMN validator_pnl_in_coins.commission_reason IS 'The reason of commission_state; null where there is nothing to explain.';
COMMENT ON COLUMN validator_pnl_in_coins.network_fee IS 'Cost NETWORK_FEE; reduces EXEC_FEES; null: none known. In whole coins.';
COMMENT ON COLUMN validator_pnl_in_coins.network_fee_state IS 'How much is known of NETWORK_FEE; null: nothing is due and nothing was said.';
COMMENT ON COLUMN validator_pnl_in_coins.priority_fee_sharing IS 'Cost PRIORITY_FEE_SHARING; reduces EXEC_FEES; null: none known. In whole coins.';
COMMENT ON COLUMN validator_pnl_in_coins.priority_fee_sharing_state IS 'How much is known of PRIORITY_FEE_SHARING; null: nothing is due and nothing was said.';
COMMENT ON COLUMN validator_pnl_in_coins.block_revenue_sharing IS 'Cost BLOCK_REVENUE_SHARING; reduces EXEC_FEES; null: none known. In whole coins.';
COMMENT ON COLUMN validator_pnl_in_coins.block_revenue_sharing_state IS 'How much is known of BLOCK_REVENUE_SHARING; null: nothing is due and nothing was said.';
COMMENT ON COLUMN validator_pnl_in_coins.vote_fees IS 'Cost VOTE_FEES; reduces COMMISSION; null: none known. In whole coins.';
COMMENT ON COLUMN validator_pnl_in_coins.vote_fees_state IS 'How much is known of VOTE_FEES; null: nothing is due and nothing was said.';
COMMENT ON COLUMN validator_pnl_in_coins.admission_ticket IS 'Cost ADMISSION_TICKET; reduces COMMISSION; null: none known. In whole coins.';
COMMENT ON COLUMN validator_pnl_in_coins.admission_ticket_state IS 'How much is known of ADMISSION_TICKET; null: nothing is due and nothing was said.';
COMMENT ON COLUMN validator_pnl_in_coins.consensus_penalty IS 'Cost CONSENSUS_PENALTY; reduces VOTE_REWARDS; null: none known. In whole coins.';
COMMENT ON COLUMN validator_pnl_in_coins.consensus_penalty_state IS 'How much is known of CONSENSUS_PENALTY; null: nothing is due and nothing was said.';
COMMENT ON COLUMN validator_pnl_in_coins.infrastructure IS 'Cost INFRASTRUCTURE; reduces no component; null: none known. In whole coins.';
COMMENT ON COLUMN validator_pnl_in_coins.infrastructure_state IS 'How much is known of INFRASTRUCTURE; null: nothing is due and nothing was said.';
COMMENT ON COLUMN validator_pnl_in_coins.other_income IS 'OTHER_INCOME: shown, and no component; null: none known. In whole coins.';
COMMENT ON COLUMN validator_pnl_in_coins.other_income_state IS 'How much is known of OTHER_INCOME; null: nothing is due and nothing was said.';
COMMENT ON COLUMN validator_pnl_in_coins.total_revenue IS 'Sum of the four components; null when one is missing. In whole coins.';
COMMENT ON COLUMN validator_pnl_in_coins.known_revenue IS 'Sum of the components that are known. In whole coins.';
COMMENT ON COLUMN validator_pnl_in_coins.total_costs IS 'Sum of all costs; null when a due one is missing. In whole coins.';
COMMENT ON COLUMN validator_pnl_in_coins.known_costs IS 'Sum of the costs that are known. In whole coins.';
COMMENT ON COLUMN validator_pnl_in_coins.net IS 'total_revenue + other_income - total_costs; null when a part is missing. In whole coins.';
COMMENT ON COLUMN validator_pnl_in_coins.known_net IS 'known_revenue + other_income - known_costs. In whole coins.';
COMMENT ON COLUMN validator_pnl_in_coins.state IS 'How much is known of the whole line.';
COMMENT ON COLUMN validator_pnl_in_coins.reason IS 'The reason of the state: every missing figure by name; null where there is nothing to explain.';
COMMENT ON COLUMN validator_pnl_in_coins.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN validator_pnl_in_coins.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN validator_pnl_in_coins.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN validator_pnl_in_coins.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN validator_pnl_in_coins.published_at IS 'When the snapshot came into force.';

CREATE VIEW partner_commission_lines AS SELECT t.chain_id, t.epoch, t.line_id, t.partner_id, t.agreement_id, t.agreement_version, t.rule_key, t.rule_order, t.kind, t.validator_key, t.wallet_address, t.component, t.funded_by, t.attribution_method, t.basis, t.rate_bps, t.revenue, t.costs, t.loss_before, t.loss_after, t.weighted_by, t.weight, t.weight_whole, t.base, t.rule_base, t.rule_amount, t.rule_trace, t.validator_amount, t.wallet_weight, t.computed, t.override, t.final, t.held, t.state, t.reason, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id FROM layers.partner_commission_lines t JOIN in_force f ON f.snapshot_id = t.snapshot_id AND f.asset = 'partner_commission_lines';
COMMENT ON VIEW partner_commission_lines IS 'What each rule of each agreement pays for each validator in a period, with what it was computed from. What is in force now.';
COMMENT ON COLUMN partner_commission_lines.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN partner_commission_lines.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN partner_commission_lines.line_id IS 'UUIDv5 over agreement, rule, validator, wallet, chain, period and kind.';
COMMENT ON COLUMN partner_commission_lines.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN partner_commission_lines.agreement_id IS 'The agreement''s stable key.';
COMMENT ON COLUMN partner_commission_lines.agreement_version IS 'The version of the terms that was in force.';
COMMENT ON COLUMN partner_commission_lines.rule_key IS 'The rule''s key, stable across versions.';
COMMENT ON COLUMN partner_commission_lines.rule_order IS 'The rule''s place among its agreement''s rules, from 1.';
COMMENT ON COLUMN partner_commission_lines.kind IS 'LINE: what a rule pays for a validator or wallet; CAP_REDUCTION: what its cap takes off that; FLOOR_TOP_UP: what its floor adds to all its lines.';
COMMENT ON COLUMN partner_commission_lines.validator_key IS 'The validator''s stable key; empty: all of the rule''s lines (FLOOR_TOP_UP).';
COMMENT ON COLUMN partner_commission_lines.wallet_address IS 'The wallet the line is about; empty: the whole validator.';
COMMENT ON COLUMN partner_commission_lines.component IS 'The revenue component the rule looks at.';
COMMENT ON COLUMN partner_commission_lines.funded_by IS 'What pays the line: a component, or the operator''s guarantee.';
COMMENT ON COLUMN partner_commission_lines.attribution_method IS 'How much of the component is the base.';
COMMENT ON COLUMN partner_commission_lines.basis IS 'What of the component is the base.';
COMMENT ON COLUMN partner_commission_lines.rate_bps IS 'The flat rate in hundredths of a percent; null: tiers.';
COMMENT ON COLUMN partner_commission_lines.revenue IS 'The component''s amount; null: not known, or not looked at.';
COMMENT ON COLUMN partner_commission_lines.costs IS 'What NET takes off it: the costs that reduce it; null on GROSS.';
COMMENT ON COLUMN partner_commission_lines.loss_before IS 'The loss carried into the period; null: none are carried.';
COMMENT ON COLUMN partner_commission_lines.loss_after IS 'The loss carried out of the period; null: none are carried.';
COMMENT ON COLUMN partner_commission_lines.weighted_by IS 'What `weight` counts; null: no weight.';
COMMENT ON COLUMN partner_commission_lines.weight IS 'What the partner''s wallets have on the validator.';
COMMENT ON COLUMN partner_commission_lines.weight_whole IS 'What all wallets have; null: the weight is the base.';
COMMENT ON COLUMN partner_commission_lines.base IS 'What the rate applies to; on cuts, what is cut; null: not known.';
COMMENT ON COLUMN partner_commission_lines.rule_base IS 'The bases of all the rule''s validators; on cuts, what is cut.';
COMMENT ON COLUMN partner_commission_lines.rule_amount IS 'What the rule''s validators share by their bases.';
COMMENT ON COLUMN partner_commission_lines.rule_trace IS 'The arithmetic of rule_amount; null on flat rates.';
COMMENT ON COLUMN partner_commission_lines.validator_amount IS 'What the validator''s wallets share; null: no wallet.';
COMMENT ON COLUMN partner_commission_lines.wallet_weight IS 'What of it is the wallet''s, as its share is weighted.';
COMMENT ON COLUMN partner_commission_lines.computed IS 'What the terms give: the base at its rate, or a share; null without a base.';
COMMENT ON COLUMN partner_commission_lines.override IS 'What is paid instead of the computed amount; null: nothing else.';
COMMENT ON COLUMN partner_commission_lines.final IS 'The override if there is one, else the computed amount. Counts 0 while held.';
COMMENT ON COLUMN partner_commission_lines.held IS 'Whether it waits because lines claim more than the component holds.';
COMMENT ON COLUMN partner_commission_lines.state IS 'How much is known of the line''s amounts.';
COMMENT ON COLUMN partner_commission_lines.reason IS 'The reason of the state, or of being held; null where there is nothing to explain.';
COMMENT ON COLUMN partner_commission_lines.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN partner_commission_lines.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN partner_commission_lines.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN partner_commission_lines.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN partner_commission_lines.snapshot_id IS 'The snapshot the row is from.';

CREATE FUNCTION partner_commission_lines_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_epoch bigint DEFAULT NULL, to_epoch bigint DEFAULT NULL
) RETURNS SETOF partner_commission_lines LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);
    RETURN QUERY
        SELECT t.chain_id, t.epoch, t.line_id, t.partner_id, t.agreement_id, t.agreement_version, t.rule_key, t.rule_order, t.kind, t.validator_key, t.wallet_address, t.component, t.funded_by, t.attribution_method, t.basis, t.rate_bps, t.revenue, t.costs, t.loss_before, t.loss_after, t.weighted_by, t.weight, t.weight_whole, t.base, t.rule_base, t.rule_amount, t.rule_trace, t.validator_amount, t.wallet_weight, t.computed, t.override, t.final, t.held, t.state, t.reason, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id
        FROM (
            SELECT DISTINCT ON (p.chain_id, p.epoch) p.snapshot_id, p.published_at,
                   s.completeness, s.content_digest, s.lineage_digest
            FROM publications p JOIN snapshots s USING (snapshot_id)
            WHERE p.asset = 'partner_commission_lines' AND p.published_at <= moment AND (of_chain IS NULL OR p.chain_id = of_chain)
              AND (from_epoch IS NULL OR p.epoch >= from_epoch) AND (to_epoch IS NULL OR p.epoch <= to_epoch)
            ORDER BY p.chain_id, p.epoch, p.sequence DESC
        ) f JOIN layers.partner_commission_lines t ON t.snapshot_id = f.snapshot_id;
END $$;

CREATE VIEW partner_commission_lines_named AS SELECT t.chain_id, t.epoch, t.line_id, t.partner_id, t.agreement_id, t.agreement_version, t.rule_key, t.rule_order, t.kind, t.validator_key, t.wallet_address, t.component, t.funded_by, t.attribution_method, t.basis, t.rate_bps, t.revenue, t.costs, t.loss_before, t.loss_after, t.weighted_by, t.weight, t.weight_whole, t.base, t.rule_base, t.rule_amount, t.rule_trace, t.validator_amount, t.wallet_weight, t.computed, t.override, t.final, t.held, t.state, t.reason, period_ended_at, month, validator_name, partner_name, t.completeness, t.published_at, t.content_digest, t.lineage_digest, t.snapshot_id FROM partner_commission_lines t LEFT JOIN period_months m ON m.chain_id = t.chain_id AND m.epoch = t.epoch LEFT JOIN validator_names v ON v.chain_id = t.chain_id AND v.validator_key = t.validator_key LEFT JOIN partner_names n ON n.partner_id = t.partner_id;
COMMENT ON VIEW partner_commission_lines_named IS 'What each rule of each agreement pays for each validator in a period, with what it was computed from. In force now, with month and names.';
COMMENT ON COLUMN partner_commission_lines_named.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN partner_commission_lines_named.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN partner_commission_lines_named.line_id IS 'UUIDv5 over agreement, rule, validator, wallet, chain, period and kind.';
COMMENT ON COLUMN partner_commission_lines_named.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN partner_commission_lines_named.agreement_id IS 'The agreement''s stable key.';
COMMENT ON COLUMN partner_commission_lines_named.agreement_version IS 'The version of the terms that was in force.';
COMMENT ON COLUMN partner_commission_lines_named.rule_key IS 'The rule''s key, stable across versions.';
COMMENT ON COLUMN partner_commission_lines_named.rule_order IS 'The rule''s place among its agreement''s rules, from 1.';
COMMENT ON COLUMN partner_commission_lines_named.kind IS 'LINE: what a rule pays for a validator or wallet; CAP_REDUCTION: what its cap takes off that; FLOOR_TOP_UP: what its floor adds to all its lines.';
COMMENT ON COLUMN partner_commission_lines_named.validator_key IS 'The validator''s stable key; empty: all of the rule''s lines (FLOOR_TOP_UP).';
COMMENT ON COLUMN partner_commission_lines_named.wallet_address IS 'The wallet the line is about; empty: the whole validator.';
COMMENT ON COLUMN partner_commission_lines_named.component IS 'The revenue component the rule looks at.';
COMMENT ON COLUMN partner_commission_lines_named.funded_by IS 'What pays the line: a component, or the operator''s guarantee.';
COMMENT ON COLUMN partner_commission_lines_named.attribution_method IS 'How much of the component is the base.';
COMMENT ON COLUMN partner_commission_lines_named.basis IS 'What of the component is the base.';
COMMENT ON COLUMN partner_commission_lines_named.rate_bps IS 'The flat rate in hundredths of a percent; null: tiers.';
COMMENT ON COLUMN partner_commission_lines_named.revenue IS 'The component''s amount; null: not known, or not looked at.';
COMMENT ON COLUMN partner_commission_lines_named.costs IS 'What NET takes off it: the costs that reduce it; null on GROSS.';
COMMENT ON COLUMN partner_commission_lines_named.loss_before IS 'The loss carried into the period; null: none are carried.';
COMMENT ON COLUMN partner_commission_lines_named.loss_after IS 'The loss carried out of the period; null: none are carried.';
COMMENT ON COLUMN partner_commission_lines_named.weighted_by IS 'What `weight` counts; null: no weight.';
COMMENT ON COLUMN partner_commission_lines_named.weight IS 'What the partner''s wallets have on the validator.';
COMMENT ON COLUMN partner_commission_lines_named.weight_whole IS 'What all wallets have; null: the weight is the base.';
COMMENT ON COLUMN partner_commission_lines_named.base IS 'What the rate applies to; on cuts, what is cut; null: not known.';
COMMENT ON COLUMN partner_commission_lines_named.rule_base IS 'The bases of all the rule''s validators; on cuts, what is cut.';
COMMENT ON COLUMN partner_commission_lines_named.rule_amount IS 'What the rule''s validators share by their bases.';
COMMENT ON COLUMN partner_commission_lines_named.rule_trace IS 'The arithmetic of rule_amount; null on flat rates.';
COMMENT ON COLUMN partner_commission_lines_named.validator_amount IS 'What the validator''s wallets share; null: no wallet.';
COMMENT ON COLUMN partner_commission_lines_named.wallet_weight IS 'What of it is the wallet''s, as its share is weighted.';
COMMENT ON COLUMN partner_commission_lines_named.computed IS 'What the terms give: the base at its rate, or a share; null without a base.';
COMMENT ON COLUMN partner_commission_lines_named.override IS 'What is paid instead of the computed amount; null: nothing else.';
COMMENT ON COLUMN partner_commission_lines_named.final IS 'The override if there is one, else the computed amount. Counts 0 while held.';
COMMENT ON COLUMN partner_commission_lines_named.held IS 'Whether it waits because lines claim more than the component holds.';
COMMENT ON COLUMN partner_commission_lines_named.state IS 'How much is known of the line''s amounts.';
COMMENT ON COLUMN partner_commission_lines_named.reason IS 'The reason of the state, or of being held; null where there is nothing to explain.';
COMMENT ON COLUMN partner_commission_lines_named.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN partner_commission_lines_named.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN partner_commission_lines_named.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN partner_commission_lines_named.partner_name IS 'The partner''s newest name; null: the row is about none.';
COMMENT ON COLUMN partner_commission_lines_named.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN partner_commission_lines_named.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN partner_commission_lines_named.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN partner_commission_lines_named.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN partner_commission_lines_named.snapshot_id IS 'The snapshot the row is from.';
CREATE VIEW partner_commission_lines_in_coins AS SELECT t.chain_id, t.epoch, t.line_id, t.partner_id, t.agreement_id, t.agreement_version, t.rule_key, t.rule_order, t.kind, t.validator_key, t.wallet_address, t.component, t.funded_by, t.attribution_method, t.basis, t.rate_bps, (t.revenue * c.coin) AS revenue, (t.costs * c.coin) AS costs, (t.loss_before * c.coin) AS loss_before, (t.loss_after * c.coin) AS loss_after, t.weighted_by, (t.weight * c.coin) AS weight, (t.weight_whole * c.coin) AS weight_whole, (t.base * c.coin) AS base, (t.rule_base * c.coin) AS rule_base, (t.rule_amount * c.coin) AS rule_amount, t.rule_trace, (t.validator_amount * c.coin) AS validator_amount, (t.wallet_weight * c.coin) AS wallet_weight, (t.computed * c.coin) AS computed, (t.override * c.coin) AS override, (t.final * c.coin) AS final, t.held, t.state, t.reason, t.period_ended_at, t.month, t.validator_name, t.partner_name, t.completeness, t.published_at FROM partner_commission_lines_named t JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;
COMMENT ON VIEW partner_commission_lines_in_coins IS 'The same in whole coins, for display only.';
COMMENT ON COLUMN partner_commission_lines_in_coins.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN partner_commission_lines_in_coins.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN partner_commission_lines_in_coins.line_id IS 'UUIDv5 over agreement, rule, validator, wallet, chain, period and kind.';
COMMENT ON COLUMN partner_commission_lines_in_coins.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN partner_commission_lines_in_coins.agreement_id IS 'The agreement''s stable key.';
COMMENT ON COLUMN partner_commission_lines_in_coins.agreement_version IS 'The version of the terms that was in force.';
COMMENT ON COLUMN partner_commission_lines_in_coins.rule_key IS 'The rule''s key, stable across versions.';
COMMENT ON COLUMN partner_commission_lines_in_coins.rule_order IS 'The rule''s place among its agreement''s rules, from 1.';
COMMENT ON COLUMN partner_commission_lines_in_coins.kind IS 'LINE: what a rule pays for a validator or wallet; CAP_REDUCTION: what its cap takes off that; FLOOR_TOP_UP: what its floor adds to all its lines.';
COMMENT ON COLUMN partner_commission_lines_in_coins.validator_key IS 'The validator''s stable key; empty: all of the rule''s lines (FLOOR_TOP_UP).';
COMMENT ON COLUMN partner_commission_lines_in_coins.wallet_address IS 'The wallet the line is about; empty: the whole validator.';
COMMENT ON COLUMN partner_commission_lines_in_coins.component IS 'The revenue component the rule looks at.';
COMMENT ON COLUMN partner_commission_lines_in_coins.funded_by IS 'What pays the line: a component, or the operator''s guarantee.';
COMMENT ON COLUMN partner_commission_lines_in_coins.attribution_method IS 'How much of the component is the base.';
COMMENT ON COLUMN partner_commission_lines_in_coins.basis IS 'What of the component is the base.';
COMMENT ON COLUMN partner_commission_lines_in_coins.rate_bps IS 'The flat rate in hundredths of a percent; null: tiers.';
COMMENT ON COLUMN partner_commission_lines_in_coins.revenue IS 'The component''s amount; null: not known, or not looked at. In whole coins.';
COMMENT ON COLUMN partner_commission_lines_in_coins.costs IS 'What NET takes off it: the costs that reduce it; null on GROSS. In whole coins.';
COMMENT ON COLUMN partner_commission_lines_in_coins.loss_before IS 'The loss carried into the period; null: none are carried. In whole coins.';
COMMENT ON COLUMN partner_commission_lines_in_coins.loss_after IS 'The loss carried out of the period; null: none are carried. In whole coins.';
COMMENT ON COLUMN partner_commission_lines_in_coins.weighted_by IS 'What `weight` counts; null: no weight.';
COMMENT ON COLUMN partner_commission_lines_in_coins.weight IS 'What the partner''s wallets have on the validator. In whole coins.';
COMMENT ON COLUMN partner_commission_lines_in_coins.weight_whole IS 'What all wallets have; null: the weight is the base. In whole coins.';
COMMENT ON COLUMN partner_commission_lines_in_coins.base IS 'What the rate applies to; on cuts, what is cut; null: not known. In whole coins.';
COMMENT ON COLUMN partner_commission_lines_in_coins.rule_base IS 'The bases of all the rule''s validators; on cuts, what is cut. In whole coins.';
COMMENT ON COLUMN partner_commission_lines_in_coins.rule_amount IS 'What the rule''s validators share by their bases. In whole coins.';
COMMENT ON COLUMN partner_commission_lines_in_coins.rule_trace IS 'The arithmetic of rule_amount; null on flat rates.';
COMMENT ON COLUMN partner_commission_lines_in_coins.validator_amount IS 'What the validator''s wallets share; null: no wallet. In whole coins.';
COMMENT ON COLUMN partner_commission_lines_in_coins.wallet_weight IS 'What of it is the wallet''s, as its share is weighted. In whole coins.';
COMMENT ON COLUMN partner_commission_lines_in_coins.computed IS 'What the terms give: the base at its rate, or a share; null without a base. In whole coins.';
COMMENT ON COLUMN partner_commission_lines_in_coins.override IS 'What is paid instead of the computed amount; null: nothing else. In whole coins.';
COMMENT ON COLUMN partner_commission_lines_in_coins.final IS 'The override if there is one, else the computed amount. Counts 0 while held. In whole coins.';
COMMENT ON COLUMN partner_commission_lines_in_coins.held IS 'Whether it waits because lines claim more than the component holds.';
COMMENT ON COLUMN partner_commission_lines_in_coins.state IS 'How much is known of the line''s amounts.';
COMMENT ON COLUMN partner_commission_lines_in_coins.reason IS 'The reason of the state, or of being held; null where there is nothing to explain.';
COMMENT ON COLUMN partner_commission_lines_in_coins.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN partner_commission_lines_in_coins.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN partner_commission_lines_in_coins.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN partner_commission_lines_in_coins.partner_name IS 'The partner''s newest name; null: the row is about none.';
COMMENT ON COLUMN partner_commission_lines_in_coins.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN partner_commission_lines_in_coins.published_at IS 'When the snapshot came into force.';

CREATE VIEW commission_rule_results AS SELECT t.chain_id, t.epoch, t.partner_id, t.agreement_id, t.agreement_version, t.rule_key, t.validator_count, t.missing_count, t.base, t.metric, t.metric_start, t.metric_end, t.computed, t.cap, t.cap_start, t.cap_reduction, t.floor, t.floor_top_up, t.override, t.final, t.state, t.reason, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id FROM layers.commission_rule_results t JOIN in_force f ON f.snapshot_id = t.snapshot_id AND f.asset = 'commission_rule_results';
COMMENT ON VIEW commission_rule_results IS 'What each rule came to in a period: its totals, and what later periods of its windows start from. What is in force now.';
COMMENT ON COLUMN commission_rule_results.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN commission_rule_results.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN commission_rule_results.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN commission_rule_results.agreement_id IS 'The agreement''s stable key.';
COMMENT ON COLUMN commission_rule_results.agreement_version IS 'The version of the terms that was in force.';
COMMENT ON COLUMN commission_rule_results.rule_key IS 'The rule''s key, stable across versions.';
COMMENT ON COLUMN commission_rule_results.validator_count IS 'How many validators it pays for.';
COMMENT ON COLUMN commission_rule_results.missing_count IS 'How many of their bases are not known; they count 0 in base.';
COMMENT ON COLUMN commission_rule_results.base IS 'The sum of its known bases.';
COMMENT ON COLUMN commission_rule_results.metric IS 'What its tiers run over; null: a flat rate.';
COMMENT ON COLUMN commission_rule_results.metric_start IS 'The metric before the period, where it is cumulative.';
COMMENT ON COLUMN commission_rule_results.metric_end IS 'The metric that decided the tier; null: a flat rate.';
COMMENT ON COLUMN commission_rule_results.computed IS 'The sum of its lines before floor and cap, as far as known.';
COMMENT ON COLUMN commission_rule_results.cap IS 'Its cap; null: none.';
COMMENT ON COLUMN commission_rule_results.cap_start IS 'What the month''s earlier periods computed, where the cap is monthly.';
COMMENT ON COLUMN commission_rule_results.cap_reduction IS 'What the cap takes off: 0 or below.';
COMMENT ON COLUMN commission_rule_results.floor IS 'Its floor; null: none.';
COMMENT ON COLUMN commission_rule_results.floor_top_up IS 'What a floor per period adds; null: not known yet.';
COMMENT ON COLUMN commission_rule_results.override IS 'What is paid in all instead; null: nothing else.';
COMMENT ON COLUMN commission_rule_results.final IS 'The sum of what is paid, held lines included; null where one is not known.';
COMMENT ON COLUMN commission_rule_results.state IS 'How much is known of the rule''s totals and the metric it started from.';
COMMENT ON COLUMN commission_rule_results.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN commission_rule_results.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN commission_rule_results.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN commission_rule_results.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN commission_rule_results.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN commission_rule_results.snapshot_id IS 'The snapshot the row is from.';

CREATE FUNCTION commission_rule_results_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_epoch bigint DEFAULT NULL, to_epoch bigint DEFAULT NULL
) RETURNS SETOF commission_rule_results LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);
    RETURN QUERY
        SELECT t.chain_id, t.epoch, t.partner_id, t.agreement_id, t.agreement_version, t.rule_key, t.validator_count, t.missing_count, t.base, t.metric, t.metric_start, t.metric_end, t.computed, t.cap, t.cap_start, t.cap_reduction, t.floor, t.floor_top_up, t.override, t.final, t.state, t.reason, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id
        FROM (
            SELECT DISTINCT ON (p.chain_id, p.epoch) p.snapshot_id, p.published_at,
                   s.completeness, s.content_digest, s.lineage_digest
            FROM publications p JOIN snapshots s USING (snapshot_id)
            WHERE p.asset = 'commission_rule_results' AND p.published_at <= moment AND (of_chain IS NULL OR p.chain_id = of_chain)
              AND (from_epoch IS NULL OR p.epoch >= from_epoch) AND (to_epoch IS NULL OR p.epoch <= to_epoch)
            ORDER BY p.chain_id, p.epoch, p.sequence DESC
        ) f JOIN layers.commission_rule_results t ON t.snapshot_id = f.snapshot_id;
END $$;

CREATE VIEW commission_rule_results_named AS SELECT t.chain_id, t.epoch, t.partner_id, t.agreement_id, t.agreement_version, t.rule_key, t.validator_count, t.missing_count, t.base, t.metric, t.metric_start, t.metric_end, t.computed, t.cap, t.cap_start, t.cap_reduction, t.floor, t.floor_top_up, t.override, t.final, t.state, t.reason, period_ended_at, month, partner_name, t.completeness, t.published_at, t.content_digest, t.lineage_digest, t.snapshot_id FROM commission_rule_results t LEFT JOIN period_months m ON m.chain_id = t.chain_id AND m.epoch = t.epoch LEFT JOIN partner_names n ON n.partner_id = t.partner_id;
COMMENT ON VIEW commission_rule_results_named IS 'What each rule came to in a period: its totals, and what later periods of its windows start from. In force now, with month and names.';
COMMENT ON COLUMN commission_rule_results_named.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN commission_rule_results_named.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN commission_rule_results_named.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN commission_rule_results_named.agreement_id IS 'The agreement''s stable key.';
COMMENT ON COLUMN commission_rule_results_named.agreement_version IS 'The version of the terms that was in force.';
COMMENT ON COLUMN commission_rule_results_named.rule_key IS 'The rule''s key, stable across versions.';
COMMENT ON COLUMN commission_rule_results_named.validator_count IS 'How many validators it pays for.';
COMMENT ON COLUMN commission_rule_results_named.missing_count IS 'How many of their bases are not known; they count 0 in base.';
COMMENT ON COLUMN commission_rule_results_named.base IS 'The sum of its known bases.';
COMMENT ON COLUMN commission_rule_results_named.metric IS 'What its tiers run over; null: a flat rate.';
COMMENT ON COLUMN commission_rule_results_named.metric_start IS 'The metric before the period, where it is cumulative.';
COMMENT ON COLUMN commission_rule_results_named.metric_end IS 'The metric that decided the tier; null: a flat rate.';
COMMENT ON COLUMN commission_rule_results_named.computed IS 'The sum of its lines before floor and cap, as far as known.';
COMMENT ON COLUMN commission_rule_results_named.cap IS 'Its cap; null: none.';
COMMENT ON COLUMN commission_rule_results_named.cap_start IS 'What the month''s earlier periods computed, where the cap is monthly.';
COMMENT ON COLUMN commission_rule_results_named.cap_reduction IS 'What the cap takes off: 0 or below.';
COMMENT ON COLUMN commission_rule_results_named.floor IS 'Its floor; null: none.';
COMMENT ON COLUMN commission_rule_results_named.floor_top_up IS 'What a floor per period adds; null: not known yet.';
COMMENT ON COLUMN commission_rule_results_named.override IS 'What is paid in all instead; null: nothing else.';
COMMENT ON COLUMN commission_rule_results_named.final IS 'The sum of what is paid, held lines included; null where one is not known.';
COMMENT ON COLUMN commission_rule_results_named.state IS 'How much is known of the rule''s totals and the metric it started from.';
COMMENT ON COLUMN commission_rule_results_named.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN commission_rule_results_named.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN commission_rule_results_named.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN commission_rule_results_named.partner_name IS 'The partner''s newest name; null: the row is about none.';
COMMENT ON COLUMN commission_rule_results_named.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN commission_rule_results_named.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN commission_rule_results_named.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN commission_rule_results_named.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN commission_rule_results_named.snapshot_id IS 'The snapshot the row is from.';
CREATE VIEW commission_rule_results_in_coins AS SELECT t.chain_id, t.epoch, t.partner_id, t.agreement_id, t.agreement_version, t.rule_key, t.validator_count, t.missing_count, (t.base * c.coin) AS base, t.metric, (t.metric_start * c.coin) AS metric_start, (t.metric_end * c.coin) AS metric_end, (t.computed * c.coin) AS computed, (t.cap * c.coin) AS cap, (t.cap_start * c.coin) AS cap_start, (t.cap_reduction * c.coin) AS cap_reduction, (t.floor * c.coin) AS floor, (t.floor_top_up * c.coin) AS floor_top_up, (t.override * c.coin) AS override, (t.final * c.coin) AS final, t.state, t.reason, t.period_ended_at, t.month, t.partner_name, t.completeness, t.published_at FROM commission_rule_results_named t JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;
COMMENT ON VIEW commission_rule_results_in_coins IS 'The same in whole coins, for display only.';
COMMENT ON COLUMN commission_rule_results_in_coins.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN commission_rule_results_in_coins.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN commission_rule_results_in_coins.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN commission_rule_results_in_coins.agreement_id IS 'The agreement''s stable key.';
COMMENT ON COLUMN commission_rule_results_in_coins.agreement_version IS 'The version of the terms that was in force.';
COMMENT ON COLUMN commission_rule_results_in_coins.rule_key IS 'The rule''s key, stable across versions.';
COMMENT ON COLUMN commission_rule_results_in_coins.validator_count IS 'How many validators it pays for.';
COMMENT ON COLUMN commission_rule_results_in_coins.missing_count IS 'How many of their bases are not known; they count 0 in base.';
COMMENT ON COLUMN commission_rule_results_in_coins.base IS 'The sum of its known bases. In whole coins.';
COMMENT ON COLUMN commission_rule_results_in_coins.metric IS 'What its tiers run over; null: a flat rate.';
COMMENT ON COLUMN commission_rule_results_in_coins.metric_start IS 'The metric before the period, where it is cumulative. In whole coins.';
COMMENT ON COLUMN commission_rule_results_in_coins.metric_end IS 'The metric that decided the tier; null: a flat rate. In whole coins.';
COMMENT ON COLUMN commission_rule_results_in_coins.computed IS 'The sum of its lines before floor and cap, as far as known. In whole coins.';
COMMENT ON COLUMN commission_rule_results_in_coins.cap IS 'Its cap; null: none. In whole coins.';
COMMENT ON COLUMN commission_rule_results_in_coins.cap_start IS 'What the month''s earlier periods computed, where the cap is monthly. In whole coins.';
COMMENT ON COLUMN commission_rule_results_in_coins.cap_reduction IS 'What the cap takes off: 0 or below. In whole coins.';
COMMENT ON COLUMN commission_rule_results_in_coins.floor IS 'Its floor; null: none. In whole coins.';
COMMENT ON COLUMN commission_rule_results_in_coins.floor_top_up IS 'What a floor per period adds; null: not known yet. In whole coins.';
COMMENT ON COLUMN commission_rule_results_in_coins.override IS 'What is paid in all instead; null: nothing else. In whole coins.';
COMMENT ON COLUMN commission_rule_results_in_coins.final IS 'The sum of what is paid, held lines included; null where one is not known. In whole coins.';
COMMENT ON COLUMN commission_rule_results_in_coins.state IS 'How much is known of the rule''s totals and the metric it started from.';
COMMENT ON COLUMN commission_rule_results_in_coins.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN commission_rule_results_in_coins.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN commission_rule_results_in_coins.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN commission_rule_results_in_coins.partner_name IS 'The partner''s newest name; null: the row is about none.';
COMMENT ON COLUMN commission_rule_results_in_coins.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN commission_rule_results_in_coins.published_at IS 'When the snapshot came into force.';

CREATE VIEW revenue_allocation AS SELECT t.chain_id, t.epoch, t.validator_key, t.component, t.part_id, t.party, t.partner_id, t.amount, t.state, t.reason, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id FROM layers.revenue_allocation t JOIN in_force f ON f.snapshot_id = t.snapshot_id AND f.asset = 'revenue_allocation';
COMMENT ON VIEW revenue_allocation IS 'Who gets every unit of every component of every validator: the parts sum to the component, exactly. What is in force now.';
COMMENT ON COLUMN revenue_allocation.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN revenue_allocation.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN revenue_allocation.validator_key IS 'The validator''s stable key; empty: a rule''s top-up, which is about no single one.';
COMMENT ON COLUMN revenue_allocation.component IS 'The revenue component that is divided, or the operator''s guarantee.';
COMMENT ON COLUMN revenue_allocation.part_id IS 'On LINE parts the id of the validator''s line; else over the part''s key.';
COMMENT ON COLUMN revenue_allocation.party IS 'Who the part goes to.';
COMMENT ON COLUMN revenue_allocation.partner_id IS 'The partner on LINE parts, else null.';
COMMENT ON COLUMN revenue_allocation.amount IS 'The part; null where the component is not known.';
COMMENT ON COLUMN revenue_allocation.state IS 'How much is known of the component.';
COMMENT ON COLUMN revenue_allocation.reason IS 'The reason of the state, or of being held; null where there is nothing to explain.';
COMMENT ON COLUMN revenue_allocation.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN revenue_allocation.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN revenue_allocation.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN revenue_allocation.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN revenue_allocation.snapshot_id IS 'The snapshot the row is from.';

CREATE FUNCTION revenue_allocation_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_epoch bigint DEFAULT NULL, to_epoch bigint DEFAULT NULL
) RETURNS SETOF revenue_allocation LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);
    RETURN QUERY
        SELECT t.chain_id, t.epoch, t.validator_key, t.component, t.part_id, t.party, t.partner_id, t.amount, t.state, t.reason, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id
        FROM (
            SELECT DISTINCT ON (p.chain_id, p.epoch) p.snapshot_id, p.published_at,
                   s.completeness, s.content_digest, s.lineage_digest
            FROM publications p JOIN snapshots s USING (snapshot_id)
            WHERE p.asset = 'revenue_allocation' AND p.published_at <= moment AND (of_chain IS NULL OR p.chain_id = of_chain)
              AND (from_epoch IS NULL OR p.epoch >= from_epoch) AND (to_epoch IS NULL OR p.epoch <= to_epoch)
            ORDER BY p.chain_id, p.epoch, p.sequence DESC
        ) f JOIN layers.revenue_allocation t ON t.snapshot_id = f.snapshot_id;
END $$;

CREATE VIEW revenue_allocation_named AS SELECT t.chain_id, t.epoch, t.validator_key, t.component, t.part_id, t.party, t.partner_id, t.amount, t.state, t.reason, period_ended_at, month, validator_name, partner_name, t.completeness, t.published_at, t.content_digest, t.lineage_digest, t.snapshot_id FROM revenue_allocation t LEFT JOIN period_months m ON m.chain_id = t.chain_id AND m.epoch = t.epoch LEFT JOIN validator_names v ON v.chain_id = t.chain_id AND v.validator_key = t.validator_key LEFT JOIN partner_names n ON n.partner_id = t.partner_id;
COMMENT ON VIEW revenue_allocation_named IS 'Who gets every unit of every component of every validator: the parts sum to the component, exactly. In force now, with month and names.';
COMMENT ON COLUMN revenue_allocation_named.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN revenue_allocation_named.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN revenue_allocation_named.validator_key IS 'The validator''s stable key; empty: a rule''s top-up, which is about no single one.';
COMMENT ON COLUMN revenue_allocation_named.component IS 'The revenue component that is divided, or the operator''s guarantee.';
COMMENT ON COLUMN revenue_allocation_named.part_id IS 'On LINE parts the id of the validator''s line; else over the part''s key.';
COMMENT ON COLUMN revenue_allocation_named.party IS 'Who the part goes to.';
COMMENT ON COLUMN revenue_allocation_named.partner_id IS 'The partner on LINE parts, else null.';
COMMENT ON COLUMN revenue_allocation_named.amount IS 'The part; null where the component is not known.';
COMMENT ON COLUMN revenue_allocation_named.state IS 'How much is known of the component.';
COMMENT ON COLUMN revenue_allocation_named.reason IS 'The reason of the state, or of being held; null where there is nothing to explain.';
COMMENT ON COLUMN revenue_allocation_named.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN revenue_allocation_named.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN revenue_allocation_named.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN revenue_allocation_named.partner_name IS 'The partner''s newest name; null: the row is about none.';
COMMENT ON COLUMN revenue_allocation_named.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN revenue_allocation_named.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN revenue_allocation_named.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN revenue_allocation_named.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN revenue_allocation_named.snapshot_id IS 'The snapshot the row is from.';
CREATE VIEW revenue_allocation_in_coins AS SELECT t.chain_id, t.epoch, t.validator_key, t.component, t.part_id, t.party, t.partner_id, (t.amount * c.coin) AS amount, t.state, t.reason, t.period_ended_at, t.month, t.validator_name, t.partner_name, t.completeness, t.published_at FROM revenue_allocation_named t JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;
COMMENT ON VIEW revenue_allocation_in_coins IS 'The same in whole coins, for display only.';
COMMENT ON COLUMN revenue_allocation_in_coins.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN revenue_allocation_in_coins.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN revenue_allocation_in_coins.validator_key IS 'The validator''s stable key; empty: a rule''s top-up, which is about no single one.';
COMMENT ON COLUMN revenue_allocation_in_coins.component IS 'The revenue component that is divided, or the operator''s guarantee.';
COMMENT ON COLUMN revenue_allocation_in_coins.part_id IS 'On LINE parts the id of the validator''s line; else over the part''s key.';
COMMENT ON COLUMN revenue_allocation_in_coins.party IS 'Who the part goes to.';
COMMENT ON COLUMN revenue_allocation_in_coins.partner_id IS 'The partner on LINE parts, else null.';
COMMENT ON COLUMN revenue_allocation_in_coins.amount IS 'The part; null where the component is not known. In whole coins.';
COMMENT ON COLUMN revenue_allocation_in_coins.state IS 'How much is known of the component.';
COMMENT ON COLUMN revenue_allocation_in_coins.reason IS 'The reason of the state, or of being held; null where there is nothing to explain.';
COMMENT ON COLUMN revenue_allocation_in_coins.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN revenue_allocation_in_coins.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN revenue_allocation_in_coins.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN revenue_allocation_in_coins.partner_name IS 'The partner''s newest name; null: the row is about none.';
COMMENT ON COLUMN revenue_allocation_in_coins.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN revenue_allocation_in_coins.published_at IS 'When the snapshot came into force.';

CREATE VIEW partner_commission_statements AS SELECT t.chain_id, t.epoch, t.statement_id, t.partner_id, t.partner_name, t.started_at, t.ended_at, t.line_count, t.held_count, t.missing_count, t.blocked_count, t.lines_total, t.known_total, t.held_total, t.lines_digest, t.state, t.reason, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id FROM layers.partner_commission_statements t JOIN in_force f ON f.snapshot_id = t.snapshot_id AND f.asset = 'partner_commission_statements';
COMMENT ON VIEW partner_commission_statements IS 'What each partner is owed for an epoch: the sum of its lines, with what is held, missing or blocked. What is in force now.';
COMMENT ON COLUMN partner_commission_statements.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN partner_commission_statements.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN partner_commission_statements.statement_id IS 'UUIDv5 over partner, chain and epoch.';
COMMENT ON COLUMN partner_commission_statements.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN partner_commission_statements.partner_name IS 'The partner''s name when it was computed.';
COMMENT ON COLUMN partner_commission_statements.started_at IS 'When the period started (included).';
COMMENT ON COLUMN partner_commission_statements.ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN partner_commission_statements.line_count IS 'How many lines it has, held and missing ones included.';
COMMENT ON COLUMN partner_commission_statements.held_count IS 'How many of them are held.';
COMMENT ON COLUMN partner_commission_statements.missing_count IS 'How many of them have no amount yet.';
COMMENT ON COLUMN partner_commission_statements.blocked_count IS 'How many overrides have no target; each blocks it.';
COMMENT ON COLUMN partner_commission_statements.lines_total IS 'What is owed: the lines'' sum, held ones at 0; null when one is missing, or an override blocks it.';
COMMENT ON COLUMN partner_commission_statements.known_total IS 'The sum of the lines that have an amount and are not held.';
COMMENT ON COLUMN partner_commission_statements.held_total IS 'The sum of the held lines, which is not owed until the terms are settled.';
COMMENT ON COLUMN partner_commission_statements.lines_digest IS 'Merkle root over its lines'' leaves, in the order of their keys.';
COMMENT ON COLUMN partner_commission_statements.state IS 'How much is known of lines_total.';
COMMENT ON COLUMN partner_commission_statements.reason IS 'The reason of the state, every held line, and what overrides changed; null where there is nothing to explain.';
COMMENT ON COLUMN partner_commission_statements.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN partner_commission_statements.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN partner_commission_statements.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN partner_commission_statements.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN partner_commission_statements.snapshot_id IS 'The snapshot the row is from.';

CREATE FUNCTION partner_commission_statements_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_epoch bigint DEFAULT NULL, to_epoch bigint DEFAULT NULL
) RETURNS SETOF partner_commission_statements LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);
    RETURN QUERY
        SELECT t.chain_id, t.epoch, t.statement_id, t.partner_id, t.partner_name, t.started_at, t.ended_at, t.line_count, t.held_count, t.missing_count, t.blocked_count, t.lines_total, t.known_total, t.held_total, t.lines_digest, t.state, t.reason, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id
        FROM (
            SELECT DISTINCT ON (p.chain_id, p.epoch) p.snapshot_id, p.published_at,
                   s.completeness, s.content_digest, s.lineage_digest
            FROM publications p JOIN snapshots s USING (snapshot_id)
            WHERE p.asset = 'partner_commission_statements' AND p.published_at <= moment AND (of_chain IS NULL OR p.chain_id = of_chain)
              AND (from_epoch IS NULL OR p.epoch >= from_epoch) AND (to_epoch IS NULL OR p.epoch <= to_epoch)
            ORDER BY p.chain_id, p.epoch, p.sequence DESC
        ) f JOIN layers.partner_commission_statements t ON t.snapshot_id = f.snapshot_id;
END $$;

CREATE VIEW partner_commission_statements_named AS SELECT t.chain_id, t.epoch, t.statement_id, t.partner_id, t.partner_name, t.started_at, t.ended_at, t.line_count, t.held_count, t.missing_count, t.blocked_count, t.lines_total, t.known_total, t.held_total, t.lines_digest, t.state, t.reason, period_ended_at, month, t.completeness, t.published_at, t.content_digest, t.lineage_digest, t.snapshot_id FROM partner_commission_statements t LEFT JOIN period_months m ON m.chain_id = t.chain_id AND m.epoch = t.epoch;
COMMENT ON VIEW partner_commission_statements_named IS 'What each partner is owed for an epoch: the sum of its lines, with what is held, missing or blocked. In force now, with month and names.';
COMMENT ON COLUMN partner_commission_statements_named.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN partner_commission_statements_named.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN partner_commission_statements_named.statement_id IS 'UUIDv5 over partner, chain and epoch.';
COMMENT ON COLUMN partner_commission_statements_named.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN partner_commission_statements_named.partner_name IS 'The partner''s name when it was computed.';
COMMENT ON COLUMN partner_commission_statements_named.started_at IS 'When the period started (included).';
COMMENT ON COLUMN partner_commission_statements_named.ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN partner_commission_statements_named.line_count IS 'How many lines it has, held and missing ones included.';
COMMENT ON COLUMN partner_commission_statements_named.held_count IS 'How many of them are held.';
COMMENT ON COLUMN partner_commission_statements_named.missing_count IS 'How many of them have no amount yet.';
COMMENT ON COLUMN partner_commission_statements_named.blocked_count IS 'How many overrides have no target; each blocks it.';
COMMENT ON COLUMN partner_commission_statements_named.lines_total IS 'What is owed: the lines'' sum, held ones at 0; null when one is missing, or an override blocks it.';
COMMENT ON COLUMN partner_commission_statements_named.known_total IS 'The sum of the lines that have an amount and are not held.';
COMMENT ON COLUMN partner_commission_statements_named.held_total IS 'The sum of the held lines, which is not owed until the terms are settled.';
COMMENT ON COLUMN partner_commission_statements_named.lines_digest IS 'Merkle root over its lines'' leaves, in the order of their keys.';
COMMENT ON COLUMN partner_commission_statements_named.state IS 'How much is known of lines_total.';
COMMENT ON COLUMN partner_commission_statements_named.reason IS 'The reason of the state, every held line, and what overrides changed; null where there is nothing to explain.';
COMMENT ON COLUMN partner_commission_statements_named.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN partner_commission_statements_named.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN partner_commission_statements_named.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN partner_commission_statements_named.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN partner_commission_statements_named.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN partner_commission_statements_named.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN partner_commission_statements_named.snapshot_id IS 'The snapshot the row is from.';
CREATE VIEW partner_commission_statements_in_coins AS SELECT t.chain_id, t.epoch, t.statement_id, t.partner_id, t.partner_name, t.started_at, t.ended_at, t.line_count, t.held_count, t.missing_count, t.blocked_count, (t.lines_total * c.coin) AS lines_total, (t.known_total * c.coin) AS known_total, (t.held_total * c.coin) AS held_total, t.lines_digest, t.state, t.reason, t.period_ended_at, t.month, t.completeness, t.published_at FROM partner_commission_statements_named t JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;
COMMENT ON VIEW partner_commission_statements_in_coins IS 'The same in whole coins, for display only.';
COMMENT ON COLUMN partner_commission_statements_in_coins.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN partner_commission_statements_in_coins.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN partner_commission_statements_in_coins.statement_id IS 'UUIDv5 over partner, chain and epoch.';
COMMENT ON COLUMN partner_commission_statements_in_coins.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN partner_commission_statements_in_coins.partner_name IS 'The partner''s name when it was computed.';
COMMENT ON COLUMN partner_commission_statements_in_coins.started_at IS 'When the period started (included).';
COMMENT ON COLUMN partner_commission_statements_in_coins.ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN partner_commission_statements_in_coins.line_count IS 'How many lines it has, held and missing ones included.';
COMMENT ON COLUMN partner_commission_statements_in_coins.held_count IS 'How many of them are held.';
COMMENT ON COLUMN partner_commission_statements_in_coins.missing_count IS 'How many of them have no amount yet.';
COMMENT ON COLUMN partner_commission_statements_in_coins.blocked_count IS 'How many overrides have no target; each blocks it.';
COMMENT ON COLUMN partner_commission_statements_in_coins.lines_total IS 'What is owed: the lines'' sum, held ones at 0; null when one is missing, or an override blocks it. In whole coins.';
COMMENT ON COLUMN partner_commission_statements_in_coins.known_total IS 'The sum of the lines that have an amount and are not held. In whole coins.';
COMMENT ON COLUMN partner_commission_statements_in_coins.held_total IS 'The sum of the held lines, which is not owed until the terms are settled. In whole coins.';
COMMENT ON COLUMN partner_commission_statements_in_coins.lines_digest IS 'Merkle root over its lines'' leaves, in the order of their keys.';
COMMENT ON COLUMN partner_commission_statements_in_coins.state IS 'How much is known of lines_total.';
COMMENT ON COLUMN partner_commission_statements_in_coins.reason IS 'The reason of the state, every held line, and what overrides changed; null where there is nothing to explain.';
COMMENT ON COLUMN partner_commission_statements_in_coins.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN partner_commission_statements_in_coins.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN partner_commission_statements_in_coins.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN partner_commission_statements_in_coins.published_at IS 'When the snapshot came into force.';

CREATE VIEW monthly_statements AS SELECT t.chain_id, t.month, t.statement_id, t.partner_id, t.partner_name, t.payable_series, t.number, t.started_at, t.ended_at, t.line_count, t.held_count, t.missing_count, t.unsettled_count, t.blocked_count, t.opening, t.lines, t.top_ups, t.adjustments, t.total, t.known_total, t.held_total, t.minimum_payout, t.payable, t.closing, t.lines_digest, t.entries_digest, t.state, t.reason, t.statement_digest, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id FROM layers.monthly_statements t JOIN in_force f ON f.snapshot_id = t.snapshot_id AND f.asset = 'monthly_statements';
COMMENT ON VIEW monthly_statements IS 'What each partner is owed for a calendar month, from the opening to the closing balance. Approved ones are repeated byte for byte. What is in force now.';
COMMENT ON COLUMN monthly_statements.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN monthly_statements.month IS 'The calendar month in UTC, like 2026-08.';
COMMENT ON COLUMN monthly_statements.statement_id IS 'UUIDv5 over partner, chain, period and series.';
COMMENT ON COLUMN monthly_statements.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN monthly_statements.partner_name IS 'The partner''s name when it was computed.';
COMMENT ON COLUMN monthly_statements.payable_series IS 'The series by which the partner is paid in this month; of another one, it is for information only.';
COMMENT ON COLUMN monthly_statements.number IS 'Its place in the chain of the partner''s balances, from 1; null: for information only.';
COMMENT ON COLUMN monthly_statements.started_at IS 'When its first period started; the month''s start without one.';
COMMENT ON COLUMN monthly_statements.ended_at IS 'When its last period ended; the month''s end without one.';
COMMENT ON COLUMN monthly_statements.line_count IS 'How many lines its periods have, held and missing ones included.';
COMMENT ON COLUMN monthly_statements.held_count IS 'How many of them are held.';
COMMENT ON COLUMN monthly_statements.missing_count IS 'How many of them, and of its top-ups, have no amount yet.';
COMMENT ON COLUMN monthly_statements.unsettled_count IS 'How many are not final or held: each is accepted by name, or it is not submitted.';
COMMENT ON COLUMN monthly_statements.blocked_count IS 'How many overrides have no target; each blocks it.';
COMMENT ON COLUMN monthly_statements.opening IS 'The closing balance of the statement before; null: for information.';
COMMENT ON COLUMN monthly_statements.lines IS 'The sum of its periods'' lines that have an amount and are not held.';
COMMENT ON COLUMN monthly_statements.top_ups IS 'What floors per MONTH add, as far as it is known.';
COMMENT ON COLUMN monthly_statements.adjustments IS 'The sum of its adjustments of what was stated before.';
COMMENT ON COLUMN monthly_statements.total IS 'opening + lines + top_ups + adjustments; null while a figure is missing.';
COMMENT ON COLUMN monthly_statements.known_total IS 'The same with missing figures at 0, as it is paid where they are accepted.';
COMMENT ON COLUMN monthly_statements.held_total IS 'The sum of the held lines, which is not owed until the terms are settled.';
COMMENT ON COLUMN monthly_statements.minimum_payout IS 'The least that is paid; null: for information.';
COMMENT ON COLUMN monthly_statements.payable IS 'known_total where it reaches the minimum, else 0; null: information.';
COMMENT ON COLUMN monthly_statements.closing IS 'known_total - payable, which opens the next; null: for information.';
COMMENT ON COLUMN monthly_statements.lines_digest IS 'Merkle root over its lines'' leaves, period by period, by their keys.';
COMMENT ON COLUMN monthly_statements.entries_digest IS 'Merkle root over its top-ups and adjustments, by their keys.';
COMMENT ON COLUMN monthly_statements.state IS 'How much is known of the total.';
COMMENT ON COLUMN monthly_statements.reason IS 'The reason of the state, every held line, and what overrides changed; null where there is nothing to explain.';
COMMENT ON COLUMN monthly_statements.statement_digest IS 'Commits to all the other columns: what is approved and paid.';
COMMENT ON COLUMN monthly_statements.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN monthly_statements.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN monthly_statements.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN monthly_statements.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN monthly_statements.snapshot_id IS 'The snapshot the row is from.';

CREATE FUNCTION monthly_statements_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_month text DEFAULT NULL, to_month text DEFAULT NULL
) RETURNS SETOF monthly_statements LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);
    RETURN QUERY
        SELECT t.chain_id, t.month, t.statement_id, t.partner_id, t.partner_name, t.payable_series, t.number, t.started_at, t.ended_at, t.line_count, t.held_count, t.missing_count, t.unsettled_count, t.blocked_count, t.opening, t.lines, t.top_ups, t.adjustments, t.total, t.known_total, t.held_total, t.minimum_payout, t.payable, t.closing, t.lines_digest, t.entries_digest, t.state, t.reason, t.statement_digest, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id
        FROM (
            SELECT DISTINCT ON (p.chain_id, p.period) p.snapshot_id, p.published_at,
                   s.completeness, s.content_digest, s.lineage_digest
            FROM publications p JOIN snapshots s USING (snapshot_id)
            WHERE p.asset = 'monthly_statements' AND p.published_at <= moment AND (of_chain IS NULL OR p.chain_id = of_chain)
              AND (from_month IS NULL OR p.period >= from_month) AND (to_month IS NULL OR p.period <= to_month)
            ORDER BY p.chain_id, p.period, p.sequence DESC
        ) f JOIN layers.monthly_statements t ON t.snapshot_id = f.snapshot_id;
END $$;

CREATE VIEW monthly_statements_named AS SELECT t.chain_id, t.month, t.statement_id, t.partner_id, t.partner_name, t.payable_series, t.number, t.started_at, t.ended_at, t.line_count, t.held_count, t.missing_count, t.unsettled_count, t.blocked_count, t.opening, t.lines, t.top_ups, t.adjustments, t.total, t.known_total, t.held_total, t.minimum_payout, t.payable, t.closing, t.lines_digest, t.entries_digest, t.state, t.reason, t.statement_digest, t.completeness, t.published_at, t.content_digest, t.lineage_digest, t.snapshot_id FROM monthly_statements t;
COMMENT ON VIEW monthly_statements_named IS 'What each partner is owed for a calendar month, from the opening to the closing balance. Approved ones are repeated byte for byte. In force now, with month and names.';
COMMENT ON COLUMN monthly_statements_named.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN monthly_statements_named.month IS 'The calendar month in UTC, like 2026-08.';
COMMENT ON COLUMN monthly_statements_named.statement_id IS 'UUIDv5 over partner, chain, period and series.';
COMMENT ON COLUMN monthly_statements_named.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN monthly_statements_named.partner_name IS 'The partner''s name when it was computed.';
COMMENT ON COLUMN monthly_statements_named.payable_series IS 'The series by which the partner is paid in this month; of another one, it is for information only.';
COMMENT ON COLUMN monthly_statements_named.number IS 'Its place in the chain of the partner''s balances, from 1; null: for information only.';
COMMENT ON COLUMN monthly_statements_named.started_at IS 'When its first period started; the month''s start without one.';
COMMENT ON COLUMN monthly_statements_named.ended_at IS 'When its last period ended; the month''s end without one.';
COMMENT ON COLUMN monthly_statements_named.line_count IS 'How many lines its periods have, held and missing ones included.';
COMMENT ON COLUMN monthly_statements_named.held_count IS 'How many of them are held.';
COMMENT ON COLUMN monthly_statements_named.missing_count IS 'How many of them, and of its top-ups, have no amount yet.';
COMMENT ON COLUMN monthly_statements_named.unsettled_count IS 'How many are not final or held: each is accepted by name, or it is not submitted.';
COMMENT ON COLUMN monthly_statements_named.blocked_count IS 'How many overrides have no target; each blocks it.';
COMMENT ON COLUMN monthly_statements_named.opening IS 'The closing balance of the statement before; null: for information.';
COMMENT ON COLUMN monthly_statements_named.lines IS 'The sum of its periods'' lines that have an amount and are not held.';
COMMENT ON COLUMN monthly_statements_named.top_ups IS 'What floors per MONTH add, as far as it is known.';
COMMENT ON COLUMN monthly_statements_named.adjustments IS 'The sum of its adjustments of what was stated before.';
COMMENT ON COLUMN monthly_statements_named.total IS 'opening + lines + top_ups + adjustments; null while a figure is missing.';
COMMENT ON COLUMN monthly_statements_named.known_total IS 'The same with missing figures at 0, as it is paid where they are accepted.';
COMMENT ON COLUMN monthly_statements_named.held_total IS 'The sum of the held lines, which is not owed until the terms are settled.';
COMMENT ON COLUMN monthly_statements_named.minimum_payout IS 'The least that is paid; null: for information.';
COMMENT ON COLUMN monthly_statements_named.payable IS 'known_total where it reaches the minimum, else 0; null: information.';
COMMENT ON COLUMN monthly_statements_named.closing IS 'known_total - payable, which opens the next; null: for information.';
COMMENT ON COLUMN monthly_statements_named.lines_digest IS 'Merkle root over its lines'' leaves, period by period, by their keys.';
COMMENT ON COLUMN monthly_statements_named.entries_digest IS 'Merkle root over its top-ups and adjustments, by their keys.';
COMMENT ON COLUMN monthly_statements_named.state IS 'How much is known of the total.';
COMMENT ON COLUMN monthly_statements_named.reason IS 'The reason of the state, every held line, and what overrides changed; null where there is nothing to explain.';
COMMENT ON COLUMN monthly_statements_named.statement_digest IS 'Commits to all the other columns: what is approved and paid.';
COMMENT ON COLUMN monthly_statements_named.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN monthly_statements_named.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN monthly_statements_named.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN monthly_statements_named.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN monthly_statements_named.snapshot_id IS 'The snapshot the row is from.';
CREATE VIEW monthly_statements_in_coins AS SELECT t.chain_id, t.month, t.statement_id, t.partner_id, t.partner_name, t.payable_series, t.number, t.started_at, t.ended_at, t.line_count, t.held_count, t.missing_count, t.unsettled_count, t.blocked_count, (t.opening * c.coin) AS opening, (t.lines * c.coin) AS lines, (t.top_ups * c.coin) AS top_ups, (t.adjustments * c.coin) AS adjustments, (t.total * c.coin) AS total, (t.known_total * c.coin) AS known_total, (t.held_total * c.coin) AS held_total, (t.minimum_payout * c.coin) AS minimum_payout, (t.payable * c.coin) AS payable, (t.closing * c.coin) AS closing, t.lines_digest, t.entries_digest, t.state, t.reason, t.statement_digest, t.completeness, t.published_at FROM monthly_statements_named t JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;
COMMENT ON VIEW monthly_statements_in_coins IS 'The same in whole coins, for display only.';
COMMENT ON COLUMN monthly_statements_in_coins.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN monthly_statements_in_coins.month IS 'The calendar month in UTC, like 2026-08.';
COMMENT ON COLUMN monthly_statements_in_coins.statement_id IS 'UUIDv5 over partner, chain, period and series.';
COMMENT ON COLUMN monthly_statements_in_coins.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN monthly_statements_in_coins.partner_name IS 'The partner''s name when it was computed.';
COMMENT ON COLUMN monthly_statements_in_coins.payable_series IS 'The series by which the partner is paid in this month; of another one, it is for information only.';
COMMENT ON COLUMN monthly_statements_in_coins.number IS 'Its place in the chain of the partner''s balances, from 1; null: for information only.';
COMMENT ON COLUMN monthly_statements_in_coins.started_at IS 'When its first period started; the month''s start without one.';
COMMENT ON COLUMN monthly_statements_in_coins.ended_at IS 'When its last period ended; the month''s end without one.';
COMMENT ON COLUMN monthly_statements_in_coins.line_count IS 'How many lines its periods have, held and missing ones included.';
COMMENT ON COLUMN monthly_statements_in_coins.held_count IS 'How many of them are held.';
COMMENT ON COLUMN monthly_statements_in_coins.missing_count IS 'How many of them, and of its top-ups, have no amount yet.';
COMMENT ON COLUMN monthly_statements_in_coins.unsettled_count IS 'How many are not final or held: each is accepted by name, or it is not submitted.';
COMMENT ON COLUMN monthly_statements_in_coins.blocked_count IS 'How many overrides have no target; each blocks it.';
COMMENT ON COLUMN monthly_statements_in_coins.opening IS 'The closing balance of the statement before; null: for information. In whole coins.';
COMMENT ON COLUMN monthly_statements_in_coins.lines IS 'The sum of its periods'' lines that have an amount and are not held. In whole coins.';
COMMENT ON COLUMN monthly_statements_in_coins.top_ups IS 'What floors per MONTH add, as far as it is known. In whole coins.';
COMMENT ON COLUMN monthly_statements_in_coins.adjustments IS 'The sum of its adjustments of what was stated before. In whole coins.';
COMMENT ON COLUMN monthly_statements_in_coins.total IS 'opening + lines + top_ups + adjustments; null while a figure is missing. In whole coins.';
COMMENT ON COLUMN monthly_statements_in_coins.known_total IS 'The same with missing figures at 0, as it is paid where they are accepted. In whole coins.';
COMMENT ON COLUMN monthly_statements_in_coins.held_total IS 'The sum of the held lines, which is not owed until the terms are settled. In whole coins.';
COMMENT ON COLUMN monthly_statements_in_coins.minimum_payout IS 'The least that is paid; null: for information. In whole coins.';
COMMENT ON COLUMN monthly_statements_in_coins.payable IS 'known_total where it reaches the minimum, else 0; null: information. In whole coins.';
COMMENT ON COLUMN monthly_statements_in_coins.closing IS 'known_total - payable, which opens the next; null: for information. In whole coins.';
COMMENT ON COLUMN monthly_statements_in_coins.lines_digest IS 'Merkle root over its lines'' leaves, period by period, by their keys.';
COMMENT ON COLUMN monthly_statements_in_coins.entries_digest IS 'Merkle root over its top-ups and adjustments, by their keys.';
COMMENT ON COLUMN monthly_statements_in_coins.state IS 'How much is known of the total.';
COMMENT ON COLUMN monthly_statements_in_coins.reason IS 'The reason of the state, every held line, and what overrides changed; null where there is nothing to explain.';
COMMENT ON COLUMN monthly_statements_in_coins.statement_digest IS 'Commits to all the other columns: what is approved and paid.';
COMMENT ON COLUMN monthly_statements_in_coins.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN monthly_statements_in_coins.published_at IS 'When the snapshot came into force.';

CREATE VIEW monthly_statement_entries AS SELECT t.chain_id, t.month, t.entry_id, t.statement_id, t.partner_id, t.kind, t.source_period, t.line_id, t.number, t.agreement_id, t.agreement_version, t.rule_key, t.validator_key, t.wallet_address, t.line_kind, t.component, t.stated, t.now, t.amount, t.cause, t.disputed_on, t.state, t.reason, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id FROM layers.monthly_statement_entries t JOIN in_force f ON f.snapshot_id = t.snapshot_id AND f.asset = 'monthly_statement_entries';
COMMENT ON VIEW monthly_statement_entries IS 'What monthly statements hold beside their lines: top-ups of floors per MONTH, and adjustments. What is in force now.';
COMMENT ON COLUMN monthly_statement_entries.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN monthly_statement_entries.month IS 'The calendar month in UTC, like 2026-08.';
COMMENT ON COLUMN monthly_statement_entries.entry_id IS 'UUIDv5 over the source line and its number, or over the top-up''s key.';
COMMENT ON COLUMN monthly_statement_entries.statement_id IS 'The statement it is on.';
COMMENT ON COLUMN monthly_statement_entries.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN monthly_statement_entries.kind IS 'A floor''s top-up of the month, or an adjustment.';
COMMENT ON COLUMN monthly_statement_entries.source_period IS 'The period it is about: an epoch like 0000850, or a month like 2026-08.';
COMMENT ON COLUMN monthly_statement_entries.line_id IS 'The line it adjusts; of a top-up, the top-up''s own id.';
COMMENT ON COLUMN monthly_statement_entries.number IS 'The how manyth entry about that line it is, from 1.';
COMMENT ON COLUMN monthly_statement_entries.agreement_id IS 'The agreement''s stable key.';
COMMENT ON COLUMN monthly_statement_entries.agreement_version IS 'The version in force now; null: the line is gone.';
COMMENT ON COLUMN monthly_statement_entries.rule_key IS 'The rule''s key, stable across versions.';
COMMENT ON COLUMN monthly_statement_entries.validator_key IS 'The line''s validator; empty: all of the rule''s.';
COMMENT ON COLUMN monthly_statement_entries.wallet_address IS 'The line''s wallet; empty: the whole validator.';
COMMENT ON COLUMN monthly_statement_entries.line_kind IS 'What the line is.';
COMMENT ON COLUMN monthly_statement_entries.component IS 'The revenue component the rule looks at.';
COMMENT ON COLUMN monthly_statement_entries.stated IS 'What was stated for the line so far, earlier adjustments included; null: a top-up.';
COMMENT ON COLUMN monthly_statement_entries.now IS 'What it comes to now; null: not known yet.';
COMMENT ON COLUMN monthly_statement_entries.amount IS 'What it adds to the statement: now - stated, or the top-up; null: not known.';
COMMENT ON COLUMN monthly_statement_entries.cause IS 'Why it is another figure; null: a top-up.';
COMMENT ON COLUMN monthly_statement_entries.disputed_on IS 'The statement whose accepted dispute it settles; null: none.';
COMMENT ON COLUMN monthly_statement_entries.state IS 'How much is known of the amount.';
COMMENT ON COLUMN monthly_statement_entries.reason IS 'The reason of the cause or the state, in words; null where there is nothing to explain.';
COMMENT ON COLUMN monthly_statement_entries.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN monthly_statement_entries.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN monthly_statement_entries.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN monthly_statement_entries.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN monthly_statement_entries.snapshot_id IS 'The snapshot the row is from.';

CREATE FUNCTION monthly_statement_entries_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_month text DEFAULT NULL, to_month text DEFAULT NULL
) RETURNS SETOF monthly_statement_entries LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);
    RETURN QUERY
        SELECT t.chain_id, t.month, t.entry_id, t.statement_id, t.partner_id, t.kind, t.source_period, t.line_id, t.number, t.agreement_id, t.agreement_version, t.rule_key, t.validator_key, t.wallet_address, t.line_kind, t.component, t.stated, t.now, t.amount, t.cause, t.disputed_on, t.state, t.reason, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id
        FROM (
            SELECT DISTINCT ON (p.chain_id, p.period) p.snapshot_id, p.published_at,
                   s.completeness, s.content_digest, s.lineage_digest
            FROM publications p JOIN snapshots s USING (snapshot_id)
            WHERE p.asset = 'monthly_statement_entries' AND p.published_at <= moment AND (of_chain IS NULL OR p.chain_id = of_chain)
              AND (from_month IS NULL OR p.period >= from_month) AND (to_month IS NULL OR p.period <= to_month)
            ORDER BY p.chain_id, p.period, p.sequence DESC
        ) f JOIN layers.monthly_statement_entries t ON t.snapshot_id = f.snapshot_id;
END $$;

CREATE VIEW monthly_statement_entries_named AS SELECT t.chain_id, t.month, t.entry_id, t.statement_id, t.partner_id, t.kind, t.source_period, t.line_id, t.number, t.agreement_id, t.agreement_version, t.rule_key, t.validator_key, t.wallet_address, t.line_kind, t.component, t.stated, t.now, t.amount, t.cause, t.disputed_on, t.state, t.reason, validator_name, partner_name, t.completeness, t.published_at, t.content_digest, t.lineage_digest, t.snapshot_id FROM monthly_statement_entries t LEFT JOIN validator_names v ON v.chain_id = t.chain_id AND v.validator_key = t.validator_key LEFT JOIN partner_names n ON n.partner_id = t.partner_id;
COMMENT ON VIEW monthly_statement_entries_named IS 'What monthly statements hold beside their lines: top-ups of floors per MONTH, and adjustments. In force now, with month and names.';
COMMENT ON COLUMN monthly_statement_entries_named.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN monthly_statement_entries_named.month IS 'The calendar month in UTC, like 2026-08.';
COMMENT ON COLUMN monthly_statement_entries_named.entry_id IS 'UUIDv5 over the source line and its number, or over the top-up''s key.';
COMMENT ON COLUMN monthly_statement_entries_named.statement_id IS 'The statement it is on.';
COMMENT ON COLUMN monthly_statement_entries_named.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN monthly_statement_entries_named.kind IS 'A floor''s top-up of the month, or an adjustment.';
COMMENT ON COLUMN monthly_statement_entries_named.source_period IS 'The period it is about: an epoch like 0000850, or a month like 2026-08.';
COMMENT ON COLUMN monthly_statement_entries_named.line_id IS 'The line it adjusts; of a top-up, the top-up''s own id.';
COMMENT ON COLUMN monthly_statement_entries_named.number IS 'The how manyth entry about that line it is, from 1.';
COMMENT ON COLUMN monthly_statement_entries_named.agreement_id IS 'The agreement''s stable key.';
COMMENT ON COLUMN monthly_statement_entries_named.agreement_version IS 'The version in force now; null: the line is gone.';
COMMENT ON COLUMN monthly_statement_entries_named.rule_key IS 'The rule''s key, stable across versions.';
COMMENT ON COLUMN monthly_statement_entries_named.validator_key IS 'The line''s validator; empty: all of the rule''s.';
COMMENT ON COLUMN monthly_statement_entries_named.wallet_address IS 'The line''s wallet; empty: the whole validator.';
COMMENT ON COLUMN monthly_statement_entries_named.line_kind IS 'What the line is.';
COMMENT ON COLUMN monthly_statement_entries_named.component IS 'The revenue component the rule looks at.';
COMMENT ON COLUMN monthly_statement_entries_named.stated IS 'What was stated for the line so far, earlier adjustments included; null: a top-up.';
COMMENT ON COLUMN monthly_statement_entries_named.now IS 'What it comes to now; null: not known yet.';
COMMENT ON COLUMN monthly_statement_entries_named.amount IS 'What it adds to the statement: now - stated, or the top-up; null: not known.';
COMMENT ON COLUMN monthly_statement_entries_named.cause IS 'Why it is another figure; null: a top-up.';
COMMENT ON COLUMN monthly_statement_entries_named.disputed_on IS 'The statement whose accepted dispute it settles; null: none.';
COMMENT ON COLUMN monthly_statement_entries_named.state IS 'How much is known of the amount.';
COMMENT ON COLUMN monthly_statement_entries_named.reason IS 'The reason of the cause or the state, in words; null where there is nothing to explain.';
COMMENT ON COLUMN monthly_statement_entries_named.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN monthly_statement_entries_named.partner_name IS 'The partner''s newest name; null: the row is about none.';
COMMENT ON COLUMN monthly_statement_entries_named.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN monthly_statement_entries_named.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN monthly_statement_entries_named.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN monthly_statement_entries_named.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN monthly_statement_entries_named.snapshot_id IS 'The snapshot the row is from.';
CREATE VIEW monthly_statement_entries_in_coins AS SELECT t.chain_id, t.month, t.entry_id, t.statement_id, t.partner_id, t.kind, t.source_period, t.line_id, t.number, t.agreement_id, t.agreement_version, t.rule_key, t.validator_key, t.wallet_address, t.line_kind, t.component, (t.stated * c.coin) AS stated, (t.now * c.coin) AS now, (t.amount * c.coin) AS amount, t.cause, t.disputed_on, t.state, t.reason, t.validator_name, t.partner_name, t.completeness, t.published_at FROM monthly_statement_entries_named t JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;
COMMENT ON VIEW monthly_statement_entries_in_coins IS 'The same in whole coins, for display only.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.month IS 'The calendar month in UTC, like 2026-08.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.entry_id IS 'UUIDv5 over the source line and its number, or over the top-up''s key.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.statement_id IS 'The statement it is on.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.kind IS 'A floor''s top-up of the month, or an adjustment.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.source_period IS 'The period it is about: an epoch like 0000850, or a month like 2026-08.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.line_id IS 'The line it adjusts; of a top-up, the top-up''s own id.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.number IS 'The how manyth entry about that line it is, from 1.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.agreement_id IS 'The agreement''s stable key.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.agreement_version IS 'The version in force now; null: the line is gone.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.rule_key IS 'The rule''s key, stable across versions.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.validator_key IS 'The line''s validator; empty: all of the rule''s.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.wallet_address IS 'The line''s wallet; empty: the whole validator.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.line_kind IS 'What the line is.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.component IS 'The revenue component the rule looks at.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.stated IS 'What was stated for the line so far, earlier adjustments included; null: a top-up. In whole coins.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.now IS 'What it comes to now; null: not known yet. In whole coins.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.amount IS 'What it adds to the statement: now - stated, or the top-up; null: not known. In whole coins.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.cause IS 'Why it is another figure; null: a top-up.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.disputed_on IS 'The statement whose accepted dispute it settles; null: none.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.state IS 'How much is known of the amount.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.reason IS 'The reason of the cause or the state, in words; null where there is nothing to explain.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.partner_name IS 'The partner''s newest name; null: the row is about none.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN monthly_statement_entries_in_coins.published_at IS 'When the snapshot came into force.';

CREATE VIEW epoch_payables AS SELECT t.chain_id, t.epoch, t.statement_id, t.partner_id, t.partner_name, t.payable_series, t.number, t.started_at, t.ended_at, t.line_count, t.held_count, t.missing_count, t.unsettled_count, t.blocked_count, t.opening, t.lines, t.top_ups, t.adjustments, t.total, t.known_total, t.held_total, t.minimum_payout, t.payable, t.closing, t.lines_digest, t.entries_digest, t.state, t.reason, t.statement_digest, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id FROM layers.epoch_payables t JOIN in_force f ON f.snapshot_id = t.snapshot_id AND f.asset = 'epoch_payables';
COMMENT ON VIEW epoch_payables IS 'Statements of partners who are paid by EPOCH, from the opening to the closing balance. Approved ones are repeated byte for byte. What is in force now.';
COMMENT ON COLUMN epoch_payables.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN epoch_payables.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN epoch_payables.statement_id IS 'UUIDv5 over partner, chain, period and series.';
COMMENT ON COLUMN epoch_payables.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN epoch_payables.partner_name IS 'The partner''s name when it was computed.';
COMMENT ON COLUMN epoch_payables.payable_series IS 'The series by which the partner is paid in this month; of another one, it is for information only.';
COMMENT ON COLUMN epoch_payables.number IS 'Its place in the chain of the partner''s balances, from 1; null: for information only.';
COMMENT ON COLUMN epoch_payables.started_at IS 'When its first period started; the month''s start without one.';
COMMENT ON COLUMN epoch_payables.ended_at IS 'When its last period ended; the month''s end without one.';
COMMENT ON COLUMN epoch_payables.line_count IS 'How many lines its periods have, held and missing ones included.';
COMMENT ON COLUMN epoch_payables.held_count IS 'How many of them are held.';
COMMENT ON COLUMN epoch_payables.missing_count IS 'How many of them, and of its top-ups, have no amount yet.';
COMMENT ON COLUMN epoch_payables.unsettled_count IS 'How many are not final or held: each is accepted by name, or it is not submitted.';
COMMENT ON COLUMN epoch_payables.blocked_count IS 'How many overrides have no target; each blocks it.';
COMMENT ON COLUMN epoch_payables.opening IS 'The closing balance of the statement before; null: for information.';
COMMENT ON COLUMN epoch_payables.lines IS 'The sum of its periods'' lines that have an amount and are not held.';
COMMENT ON COLUMN epoch_payables.top_ups IS 'What floors per MONTH add, as far as it is known.';
COMMENT ON COLUMN epoch_payables.adjustments IS 'The sum of its adjustments of what was stated before.';
COMMENT ON COLUMN epoch_payables.total IS 'opening + lines + top_ups + adjustments; null while a figure is missing.';
COMMENT ON COLUMN epoch_payables.known_total IS 'The same with missing figures at 0, as it is paid where they are accepted.';
COMMENT ON COLUMN epoch_payables.held_total IS 'The sum of the held lines, which is not owed until the terms are settled.';
COMMENT ON COLUMN epoch_payables.minimum_payout IS 'The least that is paid; null: for information.';
COMMENT ON COLUMN epoch_payables.payable IS 'known_total where it reaches the minimum, else 0; null: information.';
COMMENT ON COLUMN epoch_payables.closing IS 'known_total - payable, which opens the next; null: for information.';
COMMENT ON COLUMN epoch_payables.lines_digest IS 'Merkle root over its lines'' leaves, period by period, by their keys.';
COMMENT ON COLUMN epoch_payables.entries_digest IS 'Merkle root over its top-ups and adjustments, by their keys.';
COMMENT ON COLUMN epoch_payables.state IS 'How much is known of the total.';
COMMENT ON COLUMN epoch_payables.reason IS 'The reason of the state, every held line, and what overrides changed; null where there is nothing to explain.';
COMMENT ON COLUMN epoch_payables.statement_digest IS 'Commits to all the other columns: what is approved and paid.';
COMMENT ON COLUMN epoch_payables.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN epoch_payables.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN epoch_payables.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN epoch_payables.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN epoch_payables.snapshot_id IS 'The snapshot the row is from.';

CREATE FUNCTION epoch_payables_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_epoch bigint DEFAULT NULL, to_epoch bigint DEFAULT NULL
) RETURNS SETOF epoch_payables LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);
    RETURN QUERY
        SELECT t.chain_id, t.epoch, t.statement_id, t.partner_id, t.partner_name, t.payable_series, t.number, t.started_at, t.ended_at, t.line_count, t.held_count, t.missing_count, t.unsettled_count, t.blocked_count, t.opening, t.lines, t.top_ups, t.adjustments, t.total, t.known_total, t.held_total, t.minimum_payout, t.payable, t.closing, t.lines_digest, t.entries_digest, t.state, t.reason, t.statement_digest, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id
        FROM (
            SELECT DISTINCT ON (p.chain_id, p.epoch) p.snapshot_id, p.published_at,
                   s.completeness, s.content_digest, s.lineage_digest
            FROM publications p JOIN snapshots s USING (snapshot_id)
            WHERE p.asset = 'epoch_payables' AND p.published_at <= moment AND (of_chain IS NULL OR p.chain_id = of_chain)
              AND (from_epoch IS NULL OR p.epoch >= from_epoch) AND (to_epoch IS NULL OR p.epoch <= to_epoch)
            ORDER BY p.chain_id, p.epoch, p.sequence DESC
        ) f JOIN layers.epoch_payables t ON t.snapshot_id = f.snapshot_id;
END $$;

CREATE VIEW epoch_payables_named AS SELECT t.chain_id, t.epoch, t.statement_id, t.partner_id, t.partner_name, t.payable_series, t.number, t.started_at, t.ended_at, t.line_count, t.held_count, t.missing_count, t.unsettled_count, t.blocked_count, t.opening, t.lines, t.top_ups, t.adjustments, t.total, t.known_total, t.held_total, t.minimum_payout, t.payable, t.closing, t.lines_digest, t.entries_digest, t.state, t.reason, t.statement_digest, period_ended_at, month, t.completeness, t.published_at, t.content_digest, t.lineage_digest, t.snapshot_id FROM epoch_payables t LEFT JOIN period_months m ON m.chain_id = t.chain_id AND m.epoch = t.epoch;
COMMENT ON VIEW epoch_payables_named IS 'Statements of partners who are paid by EPOCH, from the opening to the closing balance. Approved ones are repeated byte for byte. In force now, with month and names.';
COMMENT ON COLUMN epoch_payables_named.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN epoch_payables_named.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN epoch_payables_named.statement_id IS 'UUIDv5 over partner, chain, period and series.';
COMMENT ON COLUMN epoch_payables_named.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN epoch_payables_named.partner_name IS 'The partner''s name when it was computed.';
COMMENT ON COLUMN epoch_payables_named.payable_series IS 'The series by which the partner is paid in this month; of another one, it is for information only.';
COMMENT ON COLUMN epoch_payables_named.number IS 'Its place in the chain of the partner''s balances, from 1; null: for information only.';
COMMENT ON COLUMN epoch_payables_named.started_at IS 'When its first period started; the month''s start without one.';
COMMENT ON COLUMN epoch_payables_named.ended_at IS 'When its last period ended; the month''s end without one.';
COMMENT ON COLUMN epoch_payables_named.line_count IS 'How many lines its periods have, held and missing ones included.';
COMMENT ON COLUMN epoch_payables_named.held_count IS 'How many of them are held.';
COMMENT ON COLUMN epoch_payables_named.missing_count IS 'How many of them, and of its top-ups, have no amount yet.';
COMMENT ON COLUMN epoch_payables_named.unsettled_count IS 'How many are not final or held: each is accepted by name, or it is not submitted.';
COMMENT ON COLUMN epoch_payables_named.blocked_count IS 'How many overrides have no target; each blocks it.';
COMMENT ON COLUMN epoch_payables_named.opening IS 'The closing balance of the statement before; null: for information.';
COMMENT ON COLUMN epoch_payables_named.lines IS 'The sum of its periods'' lines that have an amount and are not held.';
COMMENT ON COLUMN epoch_payables_named.top_ups IS 'What floors per MONTH add, as far as it is known.';
COMMENT ON COLUMN epoch_payables_named.adjustments IS 'The sum of its adjustments of what was stated before.';
COMMENT ON COLUMN epoch_payables_named.total IS 'opening + lines + top_ups + adjustments; null while a figure is missing.';
COMMENT ON COLUMN epoch_payables_named.known_total IS 'The same with missing figures at 0, as it is paid where they are accepted.';
COMMENT ON COLUMN epoch_payables_named.held_total IS 'The sum of the held lines, which is not owed until the terms are settled.';
COMMENT ON COLUMN epoch_payables_named.minimum_payout IS 'The least that is paid; null: for information.';
COMMENT ON COLUMN epoch_payables_named.payable IS 'known_total where it reaches the minimum, else 0; null: information.';
COMMENT ON COLUMN epoch_payables_named.closing IS 'known_total - payable, which opens the next; null: for information.';
COMMENT ON COLUMN epoch_payables_named.lines_digest IS 'Merkle root over its lines'' leaves, period by period, by their keys.';
COMMENT ON COLUMN epoch_payables_named.entries_digest IS 'Merkle root over its top-ups and adjustments, by their keys.';
COMMENT ON COLUMN epoch_payables_named.state IS 'How much is known of the total.';
COMMENT ON COLUMN epoch_payables_named.reason IS 'The reason of the state, every held line, and what overrides changed; null where there is nothing to explain.';
COMMENT ON COLUMN epoch_payables_named.statement_digest IS 'Commits to all the other columns: what is approved and paid.';
COMMENT ON COLUMN epoch_payables_named.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN epoch_payables_named.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN epoch_payables_named.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN epoch_payables_named.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN epoch_payables_named.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN epoch_payables_named.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN epoch_payables_named.snapshot_id IS 'The snapshot the row is from.';
CREATE VIEW epoch_payables_in_coins AS SELECT t.chain_id, t.epoch, t.statement_id, t.partner_id, t.partner_name, t.payable_series, t.number, t.started_at, t.ended_at, t.line_count, t.held_count, t.missing_count, t.unsettled_count, t.blocked_count, (t.opening * c.coin) AS opening, (t.lines * c.coin) AS lines, (t.top_ups * c.coin) AS top_ups, (t.adjustments * c.coin) AS adjustments, (t.total * c.coin) AS total, (t.known_total * c.coin) AS known_total, (t.held_total * c.coin) AS held_total, (t.minimum_payout * c.coin) AS minimum_payout, (t.payable * c.coin) AS payable, (t.closing * c.coin) AS closing, t.lines_digest, t.entries_digest, t.state, t.reason, t.statement_digest, t.period_ended_at, t.month, t.completeness, t.published_at FROM epoch_payables_named t JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;
COMMENT ON VIEW epoch_payables_in_coins IS 'The same in whole coins, for display only.';
COMMENT ON COLUMN epoch_payables_in_coins.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN epoch_payables_in_coins.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN epoch_payables_in_coins.statement_id IS 'UUIDv5 over partner, chain, period and series.';
COMMENT ON COLUMN epoch_payables_in_coins.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN epoch_payables_in_coins.partner_name IS 'The partner''s name when it was computed.';
COMMENT ON COLUMN epoch_payables_in_coins.payable_series IS 'The series by which the partner is paid in this month; of another one, it is for information only.';
COMMENT ON COLUMN epoch_payables_in_coins.number IS 'Its place in the chain of the partner''s balances, from 1; null: for information only.';
COMMENT ON COLUMN epoch_payables_in_coins.started_at IS 'When its first period started; the month''s start without one.';
COMMENT ON COLUMN epoch_payables_in_coins.ended_at IS 'When its last period ended; the month''s end without one.';
COMMENT ON COLUMN epoch_payables_in_coins.line_count IS 'How many lines its periods have, held and missing ones included.';
COMMENT ON COLUMN epoch_payables_in_coins.held_count IS 'How many of them are held.';
COMMENT ON COLUMN epoch_payables_in_coins.missing_count IS 'How many of them, and of its top-ups, have no amount yet.';
COMMENT ON COLUMN epoch_payables_in_coins.unsettled_count IS 'How many are not final or held: each is accepted by name, or it is not submitted.';
COMMENT ON COLUMN epoch_payables_in_coins.blocked_count IS 'How many overrides have no target; each blocks it.';
COMMENT ON COLUMN epoch_payables_in_coins.opening IS 'The closing balance of the statement before; null: for information. In whole coins.';
COMMENT ON COLUMN epoch_payables_in_coins.lines IS 'The sum of its periods'' lines that have an amount and are not held. In whole coins.';
COMMENT ON COLUMN epoch_payables_in_coins.top_ups IS 'What floors per MONTH add, as far as it is known. In whole coins.';
COMMENT ON COLUMN epoch_payables_in_coins.adjustments IS 'The sum of its adjustments of what was stated before. In whole coins.';
COMMENT ON COLUMN epoch_payables_in_coins.total IS 'opening + lines + top_ups + adjustments; null while a figure is missing. In whole coins.';
COMMENT ON COLUMN epoch_payables_in_coins.known_total IS 'The same with missing figures at 0, as it is paid where they are accepted. In whole coins.';
COMMENT ON COLUMN epoch_payables_in_coins.held_total IS 'The sum of the held lines, which is not owed until the terms are settled. In whole coins.';
COMMENT ON COLUMN epoch_payables_in_coins.minimum_payout IS 'The least that is paid; null: for information. In whole coins.';
COMMENT ON COLUMN epoch_payables_in_coins.payable IS 'known_total where it reaches the minimum, else 0; null: information. In whole coins.';
COMMENT ON COLUMN epoch_payables_in_coins.closing IS 'known_total - payable, which opens the next; null: for information. In whole coins.';
COMMENT ON COLUMN epoch_payables_in_coins.lines_digest IS 'Merkle root over its lines'' leaves, period by period, by their keys.';
COMMENT ON COLUMN epoch_payables_in_coins.entries_digest IS 'Merkle root over its top-ups and adjustments, by their keys.';
COMMENT ON COLUMN epoch_payables_in_coins.state IS 'How much is known of the total.';
COMMENT ON COLUMN epoch_payables_in_coins.reason IS 'The reason of the state, every held line, and what overrides changed; null where there is nothing to explain.';
COMMENT ON COLUMN epoch_payables_in_coins.statement_digest IS 'Commits to all the other columns: what is approved and paid.';
COMMENT ON COLUMN epoch_payables_in_coins.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN epoch_payables_in_coins.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN epoch_payables_in_coins.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN epoch_payables_in_coins.published_at IS 'When the snapshot came into force.';

CREATE VIEW epoch_payable_entries AS SELECT t.chain_id, t.epoch, t.entry_id, t.statement_id, t.partner_id, t.kind, t.source_period, t.line_id, t.number, t.agreement_id, t.agreement_version, t.rule_key, t.validator_key, t.wallet_address, t.line_kind, t.component, t.stated, t.now, t.amount, t.cause, t.disputed_on, t.state, t.reason, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id FROM layers.epoch_payable_entries t JOIN in_force f ON f.snapshot_id = t.snapshot_id AND f.asset = 'epoch_payable_entries';
COMMENT ON VIEW epoch_payable_entries IS 'What the statements of partners who are paid by EPOCH hold beside their lines: adjustments. What is in force now.';
COMMENT ON COLUMN epoch_payable_entries.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN epoch_payable_entries.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN epoch_payable_entries.entry_id IS 'UUIDv5 over the source line and its number, or over the top-up''s key.';
COMMENT ON COLUMN epoch_payable_entries.statement_id IS 'The statement it is on.';
COMMENT ON COLUMN epoch_payable_entries.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN epoch_payable_entries.kind IS 'A floor''s top-up of the month, or an adjustment.';
COMMENT ON COLUMN epoch_payable_entries.source_period IS 'The period it is about: an epoch like 0000850, or a month like 2026-08.';
COMMENT ON COLUMN epoch_payable_entries.line_id IS 'The line it adjusts; of a top-up, the top-up''s own id.';
COMMENT ON COLUMN epoch_payable_entries.number IS 'The how manyth entry about that line it is, from 1.';
COMMENT ON COLUMN epoch_payable_entries.agreement_id IS 'The agreement''s stable key.';
COMMENT ON COLUMN epoch_payable_entries.agreement_version IS 'The version in force now; null: the line is gone.';
COMMENT ON COLUMN epoch_payable_entries.rule_key IS 'The rule''s key, stable across versions.';
COMMENT ON COLUMN epoch_payable_entries.validator_key IS 'The line''s validator; empty: all of the rule''s.';
COMMENT ON COLUMN epoch_payable_entries.wallet_address IS 'The line''s wallet; empty: the whole validator.';
COMMENT ON COLUMN epoch_payable_entries.line_kind IS 'What the line is.';
COMMENT ON COLUMN epoch_payable_entries.component IS 'The revenue component the rule looks at.';
COMMENT ON COLUMN epoch_payable_entries.stated IS 'What was stated for the line so far, earlier adjustments included; null: a top-up.';
COMMENT ON COLUMN epoch_payable_entries.now IS 'What it comes to now; null: not known yet.';
COMMENT ON COLUMN epoch_payable_entries.amount IS 'What it adds to the statement: now - stated, or the top-up; null: not known.';
COMMENT ON COLUMN epoch_payable_entries.cause IS 'Why it is another figure; null: a top-up.';
COMMENT ON COLUMN epoch_payable_entries.disputed_on IS 'The statement whose accepted dispute it settles; null: none.';
COMMENT ON COLUMN epoch_payable_entries.state IS 'How much is known of the amount.';
COMMENT ON COLUMN epoch_payable_entries.reason IS 'The reason of the cause or the state, in words; null where there is nothing to explain.';
COMMENT ON COLUMN epoch_payable_entries.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN epoch_payable_entries.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN epoch_payable_entries.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN epoch_payable_entries.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN epoch_payable_entries.snapshot_id IS 'The snapshot the row is from.';

CREATE FUNCTION epoch_payable_entries_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_epoch bigint DEFAULT NULL, to_epoch bigint DEFAULT NULL
) RETURNS SETOF epoch_payable_entries LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);
    RETURN QUERY
        SELECT t.chain_id, t.epoch, t.entry_id, t.statement_id, t.partner_id, t.kind, t.source_period, t.line_id, t.number, t.agreement_id, t.agreement_version, t.rule_key, t.validator_key, t.wallet_address, t.line_kind, t.component, t.stated, t.now, t.amount, t.cause, t.disputed_on, t.state, t.reason, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id
        FROM (
            SELECT DISTINCT ON (p.chain_id, p.epoch) p.snapshot_id, p.published_at,
                   s.completeness, s.content_digest, s.lineage_digest
            FROM publications p JOIN snapshots s USING (snapshot_id)
            WHERE p.asset = 'epoch_payable_entries' AND p.published_at <= moment AND (of_chain IS NULL OR p.chain_id = of_chain)
              AND (from_epoch IS NULL OR p.epoch >= from_epoch) AND (to_epoch IS NULL OR p.epoch <= to_epoch)
            ORDER BY p.chain_id, p.epoch, p.sequence DESC
        ) f JOIN layers.epoch_payable_entries t ON t.snapshot_id = f.snapshot_id;
END $$;

CREATE VIEW epoch_payable_entries_named AS SELECT t.chain_id, t.epoch, t.entry_id, t.statement_id, t.partner_id, t.kind, t.source_period, t.line_id, t.number, t.agreement_id, t.agreement_version, t.rule_key, t.validator_key, t.wallet_address, t.line_kind, t.component, t.stated, t.now, t.amount, t.cause, t.disputed_on, t.state, t.reason, period_ended_at, month, validator_name, partner_name, t.completeness, t.published_at, t.content_digest, t.lineage_digest, t.snapshot_id FROM epoch_payable_entries t LEFT JOIN period_months m ON m.chain_id = t.chain_id AND m.epoch = t.epoch LEFT JOIN validator_names v ON v.chain_id = t.chain_id AND v.validator_key = t.validator_key LEFT JOIN partner_names n ON n.partner_id = t.partner_id;
COMMENT ON VIEW epoch_payable_entries_named IS 'What the statements of partners who are paid by EPOCH hold beside their lines: adjustments. In force now, with month and names.';
COMMENT ON COLUMN epoch_payable_entries_named.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN epoch_payable_entries_named.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN epoch_payable_entries_named.entry_id IS 'UUIDv5 over the source line and its number, or over the top-up''s key.';
COMMENT ON COLUMN epoch_payable_entries_named.statement_id IS 'The statement it is on.';
COMMENT ON COLUMN epoch_payable_entries_named.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN epoch_payable_entries_named.kind IS 'A floor''s top-up of the month, or an adjustment.';
COMMENT ON COLUMN epoch_payable_entries_named.source_period IS 'The period it is about: an epoch like 0000850, or a month like 2026-08.';
COMMENT ON COLUMN epoch_payable_entries_named.line_id IS 'The line it adjusts; of a top-up, the top-up''s own id.';
COMMENT ON COLUMN epoch_payable_entries_named.number IS 'The how manyth entry about that line it is, from 1.';
COMMENT ON COLUMN epoch_payable_entries_named.agreement_id IS 'The agreement''s stable key.';
COMMENT ON COLUMN epoch_payable_entries_named.agreement_version IS 'The version in force now; null: the line is gone.';
COMMENT ON COLUMN epoch_payable_entries_named.rule_key IS 'The rule''s key, stable across versions.';
COMMENT ON COLUMN epoch_payable_entries_named.validator_key IS 'The line''s validator; empty: all of the rule''s.';
COMMENT ON COLUMN epoch_payable_entries_named.wallet_address IS 'The line''s wallet; empty: the whole validator.';
COMMENT ON COLUMN epoch_payable_entries_named.line_kind IS 'What the line is.';
COMMENT ON COLUMN epoch_payable_entries_named.component IS 'The revenue component the rule looks at.';
COMMENT ON COLUMN epoch_payable_entries_named.stated IS 'What was stated for the line so far, earlier adjustments included; null: a top-up.';
COMMENT ON COLUMN epoch_payable_entries_named.now IS 'What it comes to now; null: not known yet.';
COMMENT ON COLUMN epoch_payable_entries_named.amount IS 'What it adds to the statement: now - stated, or the top-up; null: not known.';
COMMENT ON COLUMN epoch_payable_entries_named.cause IS 'Why it is another figure; null: a top-up.';
COMMENT ON COLUMN epoch_payable_entries_named.disputed_on IS 'The statement whose accepted dispute it settles; null: none.';
COMMENT ON COLUMN epoch_payable_entries_named.state IS 'How much is known of the amount.';
COMMENT ON COLUMN epoch_payable_entries_named.reason IS 'The reason of the cause or the state, in words; null where there is nothing to explain.';
COMMENT ON COLUMN epoch_payable_entries_named.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN epoch_payable_entries_named.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN epoch_payable_entries_named.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN epoch_payable_entries_named.partner_name IS 'The partner''s newest name; null: the row is about none.';
COMMENT ON COLUMN epoch_payable_entries_named.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN epoch_payable_entries_named.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN epoch_payable_entries_named.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN epoch_payable_entries_named.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN epoch_payable_entries_named.snapshot_id IS 'The snapshot the row is from.';
CREATE VIEW epoch_payable_entries_in_coins AS SELECT t.chain_id, t.epoch, t.entry_id, t.statement_id, t.partner_id, t.kind, t.source_period, t.line_id, t.number, t.agreement_id, t.agreement_version, t.rule_key, t.validator_key, t.wallet_address, t.line_kind, t.component, (t.stated * c.coin) AS stated, (t.now * c.coin) AS now, (t.amount * c.coin) AS amount, t.cause, t.disputed_on, t.state, t.reason, t.period_ended_at, t.month, t.validator_name, t.partner_name, t.completeness, t.published_at FROM epoch_payable_entries_named t JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;
COMMENT ON VIEW epoch_payable_entries_in_coins IS 'The same in whole coins, for display only.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN epoch_payable_entries_in_coins.entry_id IS 'UUIDv5 over the source line and its number, or over the top-up''s key.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.statement_id IS 'The statement it is on.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.kind IS 'A floor''s top-up of the month, or an adjustment.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.source_period IS 'The period it is about: an epoch like 0000850, or a month like 2026-08.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.line_id IS 'The line it adjusts; of a top-up, the top-up''s own id.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.number IS 'The how manyth entry about that line it is, from 1.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.agreement_id IS 'The agreement''s stable key.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.agreement_version IS 'The version in force now; null: the line is gone.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.rule_key IS 'The rule''s key, stable across versions.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.validator_key IS 'The line''s validator; empty: all of the rule''s.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.wallet_address IS 'The line''s wallet; empty: the whole validator.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.line_kind IS 'What the line is.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.component IS 'The revenue component the rule looks at.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.stated IS 'What was stated for the line so far, earlier adjustments included; null: a top-up. In whole coins.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.now IS 'What it comes to now; null: not known yet. In whole coins.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.amount IS 'What it adds to the statement: now - stated, or the top-up; null: not known. In whole coins.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.cause IS 'Why it is another figure; null: a top-up.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.disputed_on IS 'The statement whose accepted dispute it settles; null: none.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.state IS 'How much is known of the amount.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.reason IS 'The reason of the cause or the state, in words; null where there is nothing to explain.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN epoch_payable_entries_in_coins.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.partner_name IS 'The partner''s newest name; null: the row is about none.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN epoch_payable_entries_in_coins.published_at IS 'When the snapshot came into force.';

CREATE FUNCTION restated_because(snapshot_before bigint, snapshot_after bigint, moment timestamptz) RETURNS text[]
LANGUAGE sql STABLE COST 100000 AS $$
    WITH RECURSIVE lineages AS (
        SELECT snapshot_id, layer_version, inputs, '-infinity'::timestamptz AS since
        FROM snapshots WHERE snapshot_id IN (snapshot_before, snapshot_after)
        UNION ALL
        SELECT snapshot_id, layer_version, inputs, written_at
        FROM attestations
        WHERE snapshot_id = snapshot_before AND written_at < moment
           OR snapshot_id = snapshot_after AND written_at = moment
    ), newest AS (
        SELECT DISTINCT ON (snapshot_id) * FROM lineages ORDER BY snapshot_id, since DESC
    ), compared(asset, version_was, version_now, inputs_was, inputs_now) AS (
        SELECT s.asset, b.layer_version, a.layer_version, b.inputs, a.inputs
        FROM newest b, newest a, snapshots s
        WHERE b.snapshot_id = snapshot_before AND a.snapshot_id = snapshot_after AND s.snapshot_id = snapshot_after
        UNION
        SELECT i.asset, i.version_was, i.version_now, i.inputs_was, i.inputs_now
        FROM compared c CROSS JOIN LATERAL (
            SELECT a.asset, b.layer_version, a.layer_version, b.inputs, a.inputs
            FROM jsonb_array_elements(c.inputs_was) o(item)
            JOIN jsonb_array_elements(c.inputs_now) n(item)
              ON o.item ->> 1 = n.item ->> 1 AND o.item ->> 2 <> n.item ->> 2
            JOIN snapshots b ON b.lineage_digest = o.item ->> 2
            JOIN snapshots a ON a.lineage_digest = n.item ->> 2
            WHERE o.item ->> 0 = 'snapshot' AND n.item ->> 0 = 'snapshot'
        ) i(asset, version_was, version_now, inputs_was, inputs_now)
    ), causes AS (
        SELECT (d.item ->> 0) || ' ' || (d.item ->> 1) AS cause
        FROM compared c CROSS JOIN LATERAL (
            SELECT item FROM jsonb_array_elements(c.inputs_now) n(item)
            EXCEPT SELECT item FROM jsonb_array_elements(c.inputs_was) o(item)
        ) d WHERE d.item ->> 0 <> 'snapshot'
        UNION
        SELECT 'no more ' || d.kind || ' ' || d.name
        FROM compared c CROSS JOIN LATERAL (
            SELECT item ->> 0, item ->> 1 FROM jsonb_array_elements(c.inputs_was) o(item)
            EXCEPT SELECT item ->> 0, item ->> 1 FROM jsonb_array_elements(c.inputs_now) n(item)
        ) d(kind, name) WHERE d.kind <> 'snapshot'
        UNION
        SELECT 'code of ' || asset || ', version ' || version_was || ' to ' || version_now
        FROM compared WHERE version_was <> version_now
    )
    SELECT coalesce(array_agg(cause ORDER BY cause), '{}') FROM causes
$$;
COMMENT ON FUNCTION restated_because IS
    'What a snapshot was computed from, down to fetches and decisions, and the one before it was not.';

CREATE VIEW restatements AS
SELECT c.asset AS asset, c.chain_id AS chain_id, c.period AS period, c.epoch AS epoch, coalesce(m.month, CASE WHEN c.epoch IS NULL THEN c.period END) AS month, r.validator_key AS validator_key, r.partner_id AS partner_id, r.agreement_id AS agreement_id, r.rule_key AS rule_key, r.component AS component, r.wallet_address AS wallet_address, r.kind AS kind, r.line_id AS line_id, r.statement_id AS statement_id, v.validator_name AS validator_name, n.partner_name AS partner_name, r.figure AS figure, r.was AS was, r.now AS now, r.now - r.was AS difference, r.state_was AS state_was, r.state AS state, r.reason AS reason, w.why AS why, c.was_published_at AS was_published_at, c.restated_at AS restated_at, c.is_in_force AS is_in_force, c.snapshot_before AS snapshot_before, c.snapshot_id AS snapshot_id
FROM (
    SELECT asset, chain_id, period, epoch, snapshot_id, published_at AS restated_at,
           lag(snapshot_id) OVER earlier AS snapshot_before, lag(published_at) OVER earlier AS was_published_at,
           lead(snapshot_id) OVER earlier IS NULL AS is_in_force
    FROM publications WINDOW earlier AS (PARTITION BY asset, chain_id, period ORDER BY sequence)
) c
CROSS JOIN LATERAL (SELECT restated_because(c.snapshot_before, c.snapshot_id, c.restated_at) AS why OFFSET 0) w
CROSS JOIN LATERAL (
    SELECT nullif(coalesce(n.validator_key, o.validator_key)::text, '') AS validator_key, NULL::text AS partner_id, NULL::text AS agreement_id, NULL::text AS rule_key, NULL::text AS component, NULL::text AS wallet_address, NULL::text AS kind, NULL::text AS line_id, NULL::text AS statement_id, f.figure, f.was::numeric AS was, f.now::numeric AS now, o.state AS state_was, n.state, n.reason FROM (SELECT * FROM layers.validator_pnl WHERE snapshot_id = c.snapshot_before) o FULL JOIN (SELECT * FROM layers.validator_pnl WHERE snapshot_id = c.snapshot_id) n USING (chain_id, epoch, validator_key) CROSS JOIN LATERAL (VALUES ('exec_fees', o.exec_fees, n.exec_fees), ('mev_tips', o.mev_tips, n.mev_tips), ('vote_rewards', o.vote_rewards, n.vote_rewards), ('commission', o.commission, n.commission), ('network_fee', o.network_fee, n.network_fee), ('priority_fee_sharing', o.priority_fee_sharing, n.priority_fee_sharing), ('block_revenue_sharing', o.block_revenue_sharing, n.block_revenue_sharing), ('vote_fees', o.vote_fees, n.vote_fees), ('admission_ticket', o.admission_ticket, n.admission_ticket), ('consensus_penalty', o.consensus_penalty, n.consensus_penalty), ('infrastructure', o.infrastructure, n.infrastructure), ('other_income', o.other_income, n.other_income), ('total_revenue', o.total_revenue, n.total_revenue), ('known_revenue', o.known_revenue, n.known_revenue), ('total_costs', o.total_costs, n.total_costs), ('known_costs', o.known_costs, n.known_costs), ('net', o.net, n.net), ('known_net', o.known_net, n.known_net)) f(figure, was, now) WHERE c.asset = 'validator_pnl' AND f.was IS DISTINCT FROM f.now
    UNION ALL
    SELECT nullif(coalesce(n.validator_key, o.validator_key)::text, '') AS validator_key, nullif(coalesce(n.partner_id, o.partner_id)::text, '') AS partner_id, nullif(coalesce(n.agreement_id, o.agreement_id)::text, '') AS agreement_id, nullif(coalesce(n.rule_key, o.rule_key)::text, '') AS rule_key, nullif(coalesce(n.component, o.component)::text, '') AS component, nullif(coalesce(n.wallet_address, o.wallet_address)::text, '') AS wallet_address, nullif(coalesce(n.kind, o.kind)::text, '') AS kind, nullif(coalesce(n.line_id, o.line_id)::text, '') AS line_id, NULL::text AS statement_id, f.figure, f.was::numeric AS was, f.now::numeric AS now, o.state AS state_was, n.state, n.reason FROM (SELECT * FROM layers.partner_commission_lines WHERE snapshot_id = c.snapshot_before) o FULL JOIN (SELECT * FROM layers.partner_commission_lines WHERE snapshot_id = c.snapshot_id) n USING (chain_id, epoch, partner_id, agreement_id, rule_key, validator_key, wallet_address, kind) CROSS JOIN LATERAL (VALUES ('computed', o.computed, n.computed), ('override', o.override, n.override), ('final', o.final, n.final)) f(figure, was, now) WHERE c.asset = 'partner_commission_lines' AND f.was IS DISTINCT FROM f.now
    UNION ALL
    SELECT NULL::text AS validator_key, nullif(coalesce(n.partner_id, o.partner_id)::text, '') AS partner_id, NULL::text AS agreement_id, NULL::text AS rule_key, NULL::text AS component, NULL::text AS wallet_address, NULL::text AS kind, NULL::text AS line_id, nullif(coalesce(n.statement_id, o.statement_id)::text, '') AS statement_id, f.figure, f.was::numeric AS was, f.now::numeric AS now, o.state AS state_was, n.state, n.reason FROM (SELECT * FROM layers.partner_commission_statements WHERE snapshot_id = c.snapshot_before) o FULL JOIN (SELECT * FROM layers.partner_commission_statements WHERE snapshot_id = c.snapshot_id) n USING (chain_id, epoch, partner_id) CROSS JOIN LATERAL (VALUES ('lines_total', o.lines_total, n.lines_total), ('known_total', o.known_total, n.known_total), ('held_total', o.held_total, n.held_total)) f(figure, was, now) WHERE c.asset = 'partner_commission_statements' AND f.was IS DISTINCT FROM f.now
    UNION ALL
    SELECT NULL::text AS validator_key, nullif(coalesce(n.partner_id, o.partner_id)::text, '') AS partner_id, NULL::text AS agreement_id, NULL::text AS rule_key, NULL::text AS component, NULL::text AS wallet_address, NULL::text AS kind, NULL::text AS line_id, nullif(coalesce(n.statement_id, o.statement_id)::text, '') AS statement_id, f.figure, f.was::numeric AS was, f.now::numeric AS now, o.state AS state_was, n.state, n.reason FROM (SELECT * FROM layers.monthly_statements WHERE snapshot_id = c.snapshot_before) o FULL JOIN (SELECT * FROM layers.monthly_statements WHERE snapshot_id = c.snapshot_id) n USING (chain_id, month, partner_id) CROSS JOIN LATERAL (VALUES ('opening', o.opening, n.opening), ('lines', o.lines, n.lines), ('top_ups', o.top_ups, n.top_ups), ('adjustments', o.adjustments, n.adjustments), ('total', o.total, n.total), ('known_total', o.known_total, n.known_total), ('held_total', o.held_total, n.held_total), ('payable', o.payable, n.payable), ('closing', o.closing, n.closing)) f(figure, was, now) WHERE c.asset = 'monthly_statements' AND f.was IS DISTINCT FROM f.now
    UNION ALL
    SELECT NULL::text AS validator_key, nullif(coalesce(n.partner_id, o.partner_id)::text, '') AS partner_id, NULL::text AS agreement_id, NULL::text AS rule_key, NULL::text AS component, NULL::text AS wallet_address, NULL::text AS kind, NULL::text AS line_id, nullif(coalesce(n.statement_id, o.statement_id)::text, '') AS statement_id, f.figure, f.was::numeric AS was, f.now::numeric AS now, o.state AS state_was, n.state, n.reason FROM (SELECT * FROM layers.epoch_payables WHERE snapshot_id = c.snapshot_before) o FULL JOIN (SELECT * FROM layers.epoch_payables WHERE snapshot_id = c.snapshot_id) n USING (chain_id, epoch, partner_id) CROSS JOIN LATERAL (VALUES ('opening', o.opening, n.opening), ('lines', o.lines, n.lines), ('top_ups', o.top_ups, n.top_ups), ('adjustments', o.adjustments, n.adjustments), ('total', o.total, n.total), ('known_total', o.known_total, n.known_total), ('held_total', o.held_total, n.held_total), ('payable', o.payable, n.payable), ('closing', o.closing, n.closing)) f(figure, was, now) WHERE c.asset = 'epoch_payables' AND f.was IS DISTINCT FROM f.now
) r
LEFT JOIN period_months m ON m.chain_id = c.chain_id AND m.epoch = c.epoch
LEFT JOIN validator_names v ON v.chain_id = c.chain_id AND v.validator_key = r.validator_key
LEFT JOIN partner_names n ON n.partner_id = r.partner_id
WHERE c.snapshot_before <> c.snapshot_id;
COMMENT ON VIEW restatements IS 'Published amounts of P&L, lines and statements that became others: what each was and is, since when, why.';
COMMENT ON COLUMN restatements.asset IS 'The layer whose amount this is, like validator_pnl.';
COMMENT ON COLUMN restatements.chain_id IS 'The chain.';
COMMENT ON COLUMN restatements.period IS 'The epoch with leading zeros, or the month, like 2026-08.';
COMMENT ON COLUMN restatements.epoch IS 'The epoch as a number; null: the amount is of a month.';
COMMENT ON COLUMN restatements.month IS 'The calendar month in UTC that the amount is of, like 2026-08.';
COMMENT ON COLUMN restatements.validator_key IS 'The validator; null: the amount is of none, or of all of a rule''s.';
COMMENT ON COLUMN restatements.partner_id IS 'The partner; null: the amount is of none.';
COMMENT ON COLUMN restatements.agreement_id IS 'The agreement of a line.';
COMMENT ON COLUMN restatements.rule_key IS 'The rule of a line.';
COMMENT ON COLUMN restatements.component IS 'The component a line is paid from.';
COMMENT ON COLUMN restatements.wallet_address IS 'The wallet of a line, where it is of one.';
COMMENT ON COLUMN restatements.kind IS 'The kind of a line.';
COMMENT ON COLUMN restatements.line_id IS 'The line''s id, which `aurora trace` takes.';
COMMENT ON COLUMN restatements.statement_id IS 'The statement''s id, which `aurora trace` takes.';
COMMENT ON COLUMN restatements.validator_name IS 'The validator''s newest name in the operator''s list.';
COMMENT ON COLUMN restatements.partner_name IS 'The partner''s newest name.';
COMMENT ON COLUMN restatements.figure IS 'The column of the layer that the amount stands in.';
COMMENT ON COLUMN restatements.was IS 'The amount before; null: not known, or there was no such row.';
COMMENT ON COLUMN restatements.now IS 'The amount that took its place; null: not known, or there is no such row any more.';
COMMENT ON COLUMN restatements.difference IS 'By how much it changed; null where one of both is not known.';
COMMENT ON COLUMN restatements.state_was IS 'How much was known of the row before; null: there was no such row.';
COMMENT ON COLUMN restatements.state IS 'How much is known of the row that took its place; null: there is none.';
COMMENT ON COLUMN restatements.reason IS 'The reason of that state, as the row has it.';
COMMENT ON COLUMN restatements.why IS 'What this was computed from and the snapshot before was not: fetches, decisions, configuration, code.';
COMMENT ON COLUMN restatements.was_published_at IS 'When the amount before came into force.';
COMMENT ON COLUMN restatements.restated_at IS 'Since when the amount is another.';
COMMENT ON COLUMN restatements.is_in_force IS 'Whether that is the newest publication of the period: a later one can have changed it again.';
COMMENT ON COLUMN restatements.snapshot_before IS 'The snapshot that had the amount before.';
COMMENT ON COLUMN restatements.snapshot_id IS 'The snapshot that took its place.';
CREATE VIEW restatements_in_coins AS SELECT t.asset, t.chain_id, t.period, t.epoch, t.month, t.validator_key, t.partner_id, t.agreement_id, t.rule_key, t.component, t.wallet_address, t.kind, t.line_id, t.statement_id, t.validator_name, t.partner_name, t.figure, (t.was * c.coin) AS was, (t.now * c.coin) AS now, (t.difference * c.coin) AS difference, t.state_was, t.state, t.reason, t.why, t.was_published_at, t.restated_at, t.is_in_force, t.snapshot_before, t.snapshot_id FROM restatements t
    JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;
COMMENT ON VIEW restatements_in_coins IS 'Published amounts of P&L, lines and statements that became others: what each was and is, since when, why.';
COMMENT ON COLUMN restatements_in_coins.asset IS 'The layer whose amount this is, like validator_pnl.';
COMMENT ON COLUMN restatements_in_coins.chain_id IS 'The chain.';
COMMENT ON COLUMN restatements_in_coins.period IS 'The epoch with leading zeros, or the month, like 2026-08.';
COMMENT ON COLUMN restatements_in_coins.epoch IS 'The epoch as a number; null: the amount is of a month.';
COMMENT ON COLUMN restatements_in_coins.month IS 'The calendar month in UTC that the amount is of, like 2026-08.';
COMMENT ON COLUMN restatements_in_coins.validator_key IS 'The validator; null: the amount is of none, or of all of a rule''s.';
COMMENT ON COLUMN restatements_in_coins.partner_id IS 'The partner; null: the amount is of none.';
COMMENT ON COLUMN restatements_in_coins.agreement_id IS 'The agreement of a line.';
COMMENT ON COLUMN restatements_in_coins.rule_key IS 'The rule of a line.';
COMMENT ON COLUMN restatements_in_coins.component IS 'The component a line is paid from.';
COMMENT ON COLUMN restatements_in_coins.wallet_address IS 'The wallet of a line, where it is of one.';
COMMENT ON COLUMN restatements_in_coins.kind IS 'The kind of a line.';
COMMENT ON COLUMN restatements_in_coins.line_id IS 'The line''s id, which `aurora trace` takes.';
COMMENT ON COLUMN restatements_in_coins.statement_id IS 'The statement''s id, which `aurora trace` takes.';
COMMENT ON COLUMN restatements_in_coins.validator_name IS 'The validator''s newest name in the operator''s list.';
COMMENT ON COLUMN restatements_in_coins.partner_name IS 'The partner''s newest name.';
COMMENT ON COLUMN restatements_in_coins.figure IS 'The column of the layer that the amount stands in.';
COMMENT ON COLUMN restatements_in_coins.was IS 'The amount before; null: not known, or there was no such row. In whole coins.';
COMMENT ON COLUMN restatements_in_coins.now IS 'The amount that took its place; null: not known, or there is no such row any more. In whole coins.';
COMMENT ON COLUMN restatements_in_coins.difference IS 'By how much it changed; null where one of both is not known. In whole coins.';
COMMENT ON COLUMN restatements_in_coins.state_was IS 'How much was known of the row before; null: there was no such row.';
COMMENT ON COLUMN restatements_in_coins.state IS 'How much is known of the row that took its place; null: there is none.';
COMMENT ON COLUMN restatements_in_coins.reason IS 'The reason of that state, as the row has it.';
COMMENT ON COLUMN restatements_in_coins.why IS 'What this was computed from and the snapshot before was not: fetches, decisions, configuration, code.';
COMMENT ON COLUMN restatements_in_coins.was_published_at IS 'When the amount before came into force.';
COMMENT ON COLUMN restatements_in_coins.restated_at IS 'Since when the amount is another.';
COMMENT ON COLUMN restatements_in_coins.is_in_force IS 'Whether that is the newest publication of the period: a later one can have changed it again.';
COMMENT ON COLUMN restatements_in_coins.snapshot_before IS 'The snapshot that had the amount before.';
COMMENT ON COLUMN restatements_in_coins.snapshot_id IS 'The snapshot that took its place.';

CREATE FUNCTION statement_step_timed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.recorded_at IS DISTINCT FROM record_instant() THEN
        RAISE EXCEPTION 'a row of % has an instant that is not the ledger''s', TG_TABLE_NAME
            USING HINT = 'leave recorded_at to its default, or take it from record_instant()';
    END IF;
    RETURN NEW;
END $$;

-- For whom a person acts: '' for the operator, a partner's key for that partner; null: for nobody, at this moment.
CREATE FUNCTION statement_side(person text, moment timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN role IN ('ADMIN', 'FINANCE', 'OPS') THEN '' WHEN role = 'PARTNER' THEN partner_id END
    FROM (SELECT * FROM users WHERE login = person ORDER BY revision DESC LIMIT 1) newest
    WHERE valid_from <= moment AND (valid_until IS NULL OR moment < valid_until)
$$;

CREATE FUNCTION statement_actor_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF statement_side(NEW.recorded_by, NEW.recorded_at) IS DISTINCT FROM '' THEN
        RAISE EXCEPTION '% is nobody who decides about statements', NEW.recorded_by
            USING HINT = 'a registered person of the roles ADMIN, FINANCE, OPS has to';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION statement_speaker_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    side text := statement_side(NEW.recorded_by, NEW.recorded_at);
    partner text := (SELECT partner_id FROM statement_submissions WHERE statement_id = NEW.statement_id LIMIT 1);
BEGIN
    IF side IS NULL OR side NOT IN ('', partner) THEN
        RAISE EXCEPTION '% does not speak for %', NEW.recorded_by, partner
            USING HINT = 'a person of the partner''s has to, or somebody who decides, on its behalf';
    END IF;
    IF NEW.on_behalf_of IS DISTINCT FROM (CASE WHEN side = '' THEN partner END) THEN
        RAISE EXCEPTION 'on_behalf_of is %, and % speaks %', coalesce(NEW.on_behalf_of, 'null'), NEW.recorded_by,
                        CASE WHEN side = '' THEN 'on behalf of ' || partner ELSE 'for itself' END
            USING HINT = 'it names the partner where somebody else speaks for it, and else nobody';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION statement_step_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM audit_log WHERE recorded_at = NEW.recorded_at AND actor = NEW.recorded_by) THEN
        RAISE EXCEPTION 'a row of % is by %, and no entry of the audit log says so', TG_TABLE_NAME, NEW.recorded_by;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER a_timed BEFORE INSERT ON statement_openings FOR EACH ROW EXECUTE FUNCTION statement_step_timed();

CREATE TRIGGER acting BEFORE INSERT ON statement_openings FOR EACH ROW EXECUTE FUNCTION statement_actor_allowed();
CREATE CONSTRAINT TRIGGER signed AFTER INSERT ON statement_openings DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION statement_step_signed();

-- What a lineage names of how a partner is paid on a chain: what stands by now, or with what was rejected.
CREATE FUNCTION statement_account(of_partner text, on_chain text, only_standing boolean) RETURNS text[]
LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(name ORDER BY name), '{}') FROM (
        SELECT 'statement_openings:' || partner_id || '/' || chain_id AS name
        FROM statement_openings WHERE (partner_id, chain_id) = (of_partner, on_chain)
        UNION ALL
        SELECT 'partner_series:' || partner_id || '/' || chain_id || '/' || change_number
        FROM partner_series WHERE (partner_id, chain_id) = (of_partner, on_chain)
        UNION ALL
        SELECT 'partner_minimum_payouts:' || partner_id || '/' || chain_id || '/' || change_number
        FROM partner_minimum_payouts WHERE (partner_id, chain_id) = (of_partner, on_chain)
        UNION ALL
        SELECT 'statement_submissions:' || s.statement_id || '/' || s.attempt
        FROM statement_submissions s WHERE (s.partner_id, s.chain_id) = (of_partner, on_chain)
          AND NOT (only_standing AND EXISTS (
              SELECT FROM statement_rejections r WHERE (r.statement_id, r.attempt) = (s.statement_id, s.attempt)))
    ) named
$$;

-- The snapshots of the lines that a statement holds: those its own snapshot was computed from.
CREATE FUNCTION statement_line_snapshots(of_snapshot bigint) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT l.snapshot_id
    FROM snapshots s
    JOIN period_months m ON m.chain_id = s.chain_id AND s.period IN (m.month, lpad(m.epoch::text, 7, '0'))
    CROSS JOIN jsonb_array_elements(s.inputs) read
    JOIN snapshots e ON e.lineage_digest = read ->> 2 AND (e.asset, e.chain_id, e.epoch)
                                                       = ('partner_commission_statements', m.chain_id, m.epoch)
    CROSS JOIN jsonb_array_elements(e.inputs) from_lines
    JOIN snapshots l ON l.lineage_digest = from_lines ->> 2 AND (l.asset, l.chain_id, l.epoch)
                                                             = ('partner_commission_lines', m.chain_id, m.epoch)
    WHERE s.snapshot_id = of_snapshot AND read ->> 0 = 'snapshot' AND from_lines ->> 0 = 'snapshot'
$$;

CREATE FUNCTION statement_submission_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
    seen integer;
BEGIN
    IF EXISTS (SELECT FROM statement_approvals WHERE statement_id = NEW.statement_id) THEN
        RAISE EXCEPTION 'statement % is approved already', NEW.statement_id USING HINT = 'it never changes again';
    END IF;
    IF NEW.attempt <> (SELECT count(*) + 1 FROM statement_submissions WHERE statement_id = NEW.statement_id)
       OR EXISTS (SELECT FROM statement_submissions s WHERE s.partner_id = NEW.partner_id AND s.chain_id = NEW.chain_id
                  AND NOT EXISTS (SELECT FROM statement_rejections r
                                  WHERE (r.statement_id, r.attempt) = (s.statement_id, s.attempt))
                  AND NOT EXISTS (SELECT FROM statement_approvals a WHERE a.statement_id = s.statement_id)) THEN
        RAISE EXCEPTION 'another submission of % on % is pending', NEW.partner_id, NEW.chain_id
            USING HINT = 'approve or reject that one first';
    END IF;
    SELECT number, closing INTO last FROM statement_balances
        WHERE partner_id = NEW.partner_id AND chain_id = NEW.chain_id ORDER BY number DESC LIMIT 1;
    IF NEW.number <> coalesce(last.number, 0) + 1 OR NEW.opening <> coalesce(last.closing, 0) THEN
        RAISE EXCEPTION 'number % with the opening % does not follow number % with the closing %',
                        NEW.number, NEW.opening, coalesce(last.number, 0), coalesce(last.closing, 0)
            USING HINT = 'statements are submitted one after the other';
    END IF;
    IF NEW.asset NOT IN ('monthly_statements', 'epoch_payables') THEN
        RAISE EXCEPTION '% holds no statements that are paid', NEW.asset;
    END IF;
    EXECUTE format(
        'SELECT count(*) FROM layers.%I WHERE snapshot_id = $1.snapshot_id AND statement_id = $1.statement_id'
        ' AND partner_id = $1.partner_id AND chain_id = $1.chain_id AND statement_digest = $1.statement_digest'
        ' AND number = $1.number AND opening = $1.opening AND lines = $1.lines AND top_ups = $1.top_ups'
        ' AND adjustments = $1.adjustments AND known_total = $1.total AND payable = $1.payable'
        ' AND closing = $1.closing AND blocked_count = 0'
        ' AND unsettled_count = jsonb_array_length($1.accepted::jsonb)', NEW.asset) INTO seen USING NEW;
    IF seen <> 1 THEN
        RAISE EXCEPTION 'no statement of snapshot % says what is submitted', NEW.snapshot_id
            USING HINT = 'a statement is submitted as it stands, with every missing and held figure accepted by name';
    END IF;
    SELECT count(DISTINCT one) INTO seen FROM jsonb_array_elements_text(NEW.accepted::jsonb) one
        WHERE EXISTS (SELECT FROM layers.partner_commission_lines l
                      WHERE l.snapshot_id IN (SELECT statement_line_snapshots(NEW.snapshot_id))
                        AND l.line_id = one::uuid AND l.partner_id = NEW.partner_id
                        AND (l.final IS NULL OR l.held OR l.state <> 'final'))
           OR EXISTS (SELECT FROM layers.monthly_statement_entries e
                      WHERE e.snapshot_id = NEW.entries_snapshot_id AND e.statement_id = NEW.statement_id
                        AND e.entry_id = one::uuid AND e.amount IS NULL);
    IF seen <> jsonb_array_length(NEW.accepted::jsonb) THEN
        RAISE EXCEPTION 'what is accepted is not what is missing or held on statement %', NEW.statement_id;
    END IF;
    IF NOT EXISTS (SELECT FROM in_force f WHERE f.snapshot_id = NEW.snapshot_id AND f.asset = NEW.asset
                   AND f.chain_id = NEW.chain_id AND f.period = NEW.period
                   AND f.content_digest = NEW.content_digest AND f.lineage_digest = NEW.lineage_digest)
       OR NOT EXISTS (SELECT FROM in_force f WHERE f.snapshot_id = NEW.entries_snapshot_id
                      AND f.chain_id = NEW.chain_id AND f.period = NEW.period
                      AND f.asset = CASE NEW.asset WHEN 'epoch_payables' THEN 'epoch_payable_entries'
                                                   ELSE 'monthly_statement_entries' END) THEN
        RAISE EXCEPTION 'snapshot % is not in force any more', NEW.snapshot_id USING HINT = 'look at what changed';
    END IF;
    PERFORM require_current(NEW.snapshot_id, NEW.partner_id);
    RETURN NEW;
END $$;
CREATE TRIGGER allowed BEFORE INSERT ON statement_submissions
    FOR EACH ROW EXECUTE FUNCTION statement_submission_allowed();

-- What each recorded lineage of a snapshot names.
CREATE FUNCTION lineages_of(of_snapshot bigint) RETURNS SETOF jsonb LANGUAGE sql STABLE AS $$
    SELECT inputs FROM snapshots WHERE snapshot_id = of_snapshot
    UNION ALL SELECT inputs FROM attestations WHERE snapshot_id = of_snapshot
$$;

-- Whether the snapshots that a lineage names are in force, but for those of some layers.
CREATE FUNCTION names_in_force(named jsonb, but_for text[] DEFAULT '{}') RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (
        SELECT FROM jsonb_array_elements(named) read
        WHERE read ->> 0 = 'snapshot' AND split_part(read ->> 1, '@', 1) <> ALL (but_for)
          AND NOT EXISTS (
            SELECT FROM snapshots s
            WHERE s.lineage_digest = read ->> 2 AND s.asset || '@' || s.chain_id || ':' || s.period = read ->> 1
              AND s.snapshot_id = (SELECT p.snapshot_id FROM publications p
                                   WHERE (p.asset, p.chain_id, p.period) = (s.asset, s.chain_id, s.period)
                                   ORDER BY p.sequence DESC LIMIT 1)))
$$;

-- The decisions by which an epoch's lines are computed now, as lineages name them.
CREATE FUNCTION terms_named(of_chain text, of_epoch bigint) RETURNS SETOF text LANGUAGE sql STABLE AS $$
    WITH period AS (
        SELECT period_ended_at - interval '1 microsecond' AS instant FROM period_months
        WHERE (chain_id, epoch) = (of_chain, of_epoch)),
    event AS (
        SELECT DISTINCT ON (e.agreement_id) e.* FROM agreement_events e, period
        WHERE e.effective_from <= period.instant ORDER BY e.agreement_id, e.effective_from DESC, e.event_number DESC),
    version AS (
        SELECT DISTINCT ON (v.agreement_id) v.agreement_id, v.version FROM agreement_versions v, period
        WHERE v.valid_from <= period.instant AND (v.valid_until IS NULL OR period.instant < v.valid_until)
        ORDER BY v.agreement_id, v.version DESC),
    concerned AS (
        SELECT v.agreement_id, v.version, a.partner_id, bool_or(
                   r.attribution_method NOT IN ('FIXED_SHARE')
                   OR r.tier_metric = 'INTRODUCED_STAKE') AS looks_at_wallets
        FROM version v JOIN event e USING (agreement_id) JOIN agreements a USING (agreement_id)
        JOIN agreement_rules r ON (r.agreement_id, r.version) = (v.agreement_id, v.version)
         AND (r.chain_id IS NULL OR r.chain_id = of_chain)
        WHERE e.status = 'ACTIVE' GROUP BY 1, 2, 3)
    SELECT 'agreement_versions:' || agreement_id || '/' || version FROM concerned
    UNION ALL
    SELECT 'agreement_events:' || e.agreement_id || '/' || e.event_number FROM event e
    WHERE EXISTS (SELECT FROM concerned c WHERE c.agreement_id = e.agreement_id)
       OR (e.status IN ('SUSPENDED', 'TERMINATED') AND EXISTS (
              SELECT FROM agreement_rules r
              WHERE r.agreement_id = e.agreement_id AND (r.chain_id IS NULL OR r.chain_id = of_chain)))
    UNION ALL
    SELECT 'partner_wallets:' || w.chain_id || '/' || w.wallet_address || '/' || w.revision
    FROM (SELECT *, max(revision) OVER (PARTITION BY wallet_address) AS newest
          FROM partner_wallets WHERE chain_id = of_chain) w, period
    WHERE w.revision = w.newest AND w.introduced_at <= period.instant
      AND (w.ended_at IS NULL OR w.ended_at > period.instant)
      AND w.partner_id IN (SELECT c.partner_id FROM concerned c WHERE c.looks_at_wallets)
    UNION ALL
    SELECT 'commission_overrides:' || concat_ws('/', agreement_id, rule_key, chain_id, epoch, target, validator_key,
                                                wallet_address, revision)
    FROM (SELECT DISTINCT ON (agreement_id, rule_key, target, validator_key, wallet_address) *
          FROM commission_overrides WHERE (chain_id, epoch) = (of_chain, of_epoch)
          ORDER BY agreement_id, rule_key, target, validator_key, wallet_address, revision DESC) newest
    WHERE amount IS NOT NULL
$$;

-- The same kinds of decisions, as a lineage names them.
CREATE FUNCTION terms_in_lineage(named jsonb) RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
    -- A wallet is told by its revision, without the instant that follows it.
    SELECT CASE WHEN starts_with(read ->> 1, 'partner_wallets:') THEN substring(read ->> 1 FROM '^([^/]*/[^/]*/[^/]*)/')
                ELSE read ->> 1 END
    FROM jsonb_array_elements(named) read
    WHERE read ->> 0 = 'decision'
      AND split_part(read ->> 1, ':', 1) IN ('agreement_versions', 'agreement_events', 'partner_wallets',
                                             'commission_overrides')
$$;

-- Whether an epoch's lines are those in force, and rest on what is in force.
CREATE FUNCTION lines_are_current(of_snapshot bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM snapshots l CROSS JOIN lineages_of(of_snapshot) named
        WHERE l.snapshot_id = of_snapshot AND names_in_force(named)
          AND NOT EXISTS (SELECT terms_named(l.chain_id, l.epoch) EXCEPT SELECT terms_in_lineage(named))
          AND NOT EXISTS (SELECT terms_in_lineage(named) EXCEPT SELECT terms_named(l.chain_id, l.epoch)))
$$;

-- Whether a lineage names just what stands by now of how a partner is paid on a chain.
CREATE FUNCTION names_account(named jsonb, of_partner text, on_chain text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT statement_account(of_partner, on_chain, true) = (
        SELECT coalesce(array_agg(read ->> 1 ORDER BY read ->> 1), '{}') FROM jsonb_array_elements(named) read
        WHERE read ->> 0 = 'decision' AND read ->> 1 = ANY (statement_account(of_partner, on_chain, false)))
$$;

-- Raises unless what a partner's statement is made of is what counts now.
CREATE FUNCTION require_current(of_snapshot bigint, of_partner text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    of_chain text;
    of_period text;
    outdated text;
BEGIN
    SELECT chain_id, period INTO of_chain, of_period FROM snapshots WHERE snapshot_id = of_snapshot;
    -- Number and opening can be the same by chance; what it adjusts is counted from what stood when it was computed.
    IF NOT EXISTS (SELECT FROM lineages_of(of_snapshot) named WHERE names_account(named, of_partner, of_chain)) THEN
        RAISE EXCEPTION 'the statement of % was computed before something was agreed, opened, submitted or rejected',
                        of_period USING HINT = 'compute it again, and look at it as it is then';
    END IF;
    SELECT string_agg(m.epoch::text, ', ' ORDER BY m.epoch) INTO outdated
    FROM period_months m
    JOIN LATERAL (SELECT p.snapshot_id FROM publications p
                  WHERE (p.asset, p.chain_id, p.epoch) = ('partner_commission_lines', m.chain_id, m.epoch)
                  ORDER BY p.sequence DESC LIMIT 1) lines ON true
    JOIN LATERAL (SELECT p.snapshot_id FROM publications p
                  WHERE (p.asset, p.chain_id, p.epoch) = ('partner_commission_statements', m.chain_id, m.epoch)
                  ORDER BY p.sequence DESC LIMIT 1) epoch_statements ON true
    WHERE m.chain_id = of_chain AND of_period IN (m.month, lpad(m.epoch::text, 7, '0'))
      AND NOT (lines_are_current(lines.snapshot_id) AND EXISTS (
              SELECT FROM lineages_of(epoch_statements.snapshot_id) named
              WHERE names_in_force(named)));
    IF outdated IS NOT NULL THEN
        RAISE EXCEPTION 'the lines of epoch % rest on what no longer counts', outdated
            USING HINT = format('run `aurora recompute %s --stale`, then compute the statement again', of_chain);
    END IF;
    -- By one lineage all of it: what was stated is repeated as it was, whatever the others are computed from by then.
    -- Where it opens is told by its number and opening, whatever the draft before is by now.
    IF NOT EXISTS (SELECT FROM lineages_of(of_snapshot) named
                   WHERE names_in_force(named, ARRAY['monthly_statements', 'epoch_payables'])
                     AND names_account(named, of_partner, of_chain)) THEN
        RAISE EXCEPTION 'the statements of % were computed from lines that are not in force any more', of_period
            USING HINT = format('run `aurora %s %s %s`, and look at it as it is then',
                                CASE WHEN of_period LIKE '%-%' THEN 'statements compute' ELSE 'recompute' END,
                                of_chain, ltrim(of_period, '0'));
    END IF;
END $$;

CREATE TRIGGER a_timed BEFORE INSERT ON statement_submissions FOR EACH ROW EXECUTE FUNCTION statement_step_timed();

CREATE TRIGGER acting BEFORE INSERT ON statement_submissions FOR EACH ROW EXECUTE FUNCTION statement_actor_allowed();
CREATE CONSTRAINT TRIGGER signed AFTER INSERT ON statement_submissions DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION statement_step_signed();

CREATE FUNCTION statement_rejection_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM statement_approvals WHERE statement_id = NEW.statement_id) THEN
        RAISE EXCEPTION 'statement % is approved already', NEW.statement_id USING HINT = 'it never changes again';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER allowed BEFORE INSERT ON statement_rejections
    FOR EACH ROW EXECUTE FUNCTION statement_rejection_allowed();

CREATE TRIGGER a_timed BEFORE INSERT ON statement_rejections FOR EACH ROW EXECUTE FUNCTION statement_step_timed();

CREATE TRIGGER acting BEFORE INSERT ON statement_rejections FOR EACH ROW EXECUTE FUNCTION statement_actor_allowed();
CREATE CONSTRAINT TRIGGER signed AFTER INSERT ON statement_rejections DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION statement_step_signed();

-- The periods that a statement is about: its own, and those of what it adjusts.
CREATE FUNCTION statement_epochs(of_statement uuid, of_attempt bigint) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT m.epoch FROM statement_submissions s JOIN period_months m ON m.chain_id = s.chain_id
        AND s.period IN (m.month, lpad(m.epoch::text, 7, '0'))
        WHERE (s.statement_id, s.attempt) = (of_statement, of_attempt)
    UNION
    SELECT m.epoch FROM statement_submissions s
        JOIN (SELECT snapshot_id, statement_id, source_period FROM layers.monthly_statement_entries
              UNION ALL SELECT snapshot_id, statement_id, source_period FROM layers.epoch_payable_entries) e
          ON (e.snapshot_id, e.statement_id) = (s.entries_snapshot_id, s.statement_id)
        JOIN period_months m ON m.chain_id = s.chain_id
         AND e.source_period IN (m.month, lpad(m.epoch::text, 7, '0'))
        WHERE (s.statement_id, s.attempt) = (of_statement, of_attempt)
$$;

CREATE FUNCTION statement_approval_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    submitted statement_submissions;
BEGIN
    SELECT * INTO submitted FROM statement_submissions
        WHERE (statement_id, attempt) = (NEW.statement_id, NEW.attempt);
    IF EXISTS (SELECT FROM statement_rejections
               WHERE (statement_id, attempt) = (NEW.statement_id, NEW.attempt)) THEN
        RAISE EXCEPTION 'that submission of statement % was rejected', NEW.statement_id
            USING HINT = 'it has to be submitted again';
    END IF;
    IF EXISTS (SELECT FROM commission_overrides o JOIN agreements a USING (agreement_id)
               WHERE a.partner_id = submitted.partner_id AND o.chain_id = submitted.chain_id
                 AND o.recorded_by = NEW.recorded_by
                 AND o.epoch IN (SELECT statement_epochs(NEW.statement_id, NEW.attempt))) THEN
        RAISE EXCEPTION '% overrode a figure of statement % and does not approve it', NEW.recorded_by, NEW.statement_id
            USING HINT = 'somebody else has to';
    END IF;
    -- What a correction takes away leaves no line that names it: what counts is the time that it covers.
    IF EXISTS (SELECT FROM agreement_versions v JOIN agreements a USING (agreement_id)
               JOIN period_months m ON m.chain_id = submitted.chain_id AND v.valid_from < m.period_ended_at
                AND (v.valid_until IS NULL OR m.period_ended_at <= v.valid_until)
               WHERE a.partner_id = submitted.partner_id AND v.corrects IS NOT NULL
                 AND v.recorded_by = NEW.recorded_by
                 AND m.epoch IN (SELECT statement_epochs(NEW.statement_id, NEW.attempt))
                 AND EXISTS (SELECT FROM agreement_rules r
                             WHERE r.agreement_id = v.agreement_id AND r.version <= v.version
                               AND (r.chain_id IS NULL OR r.chain_id = submitted.chain_id))) THEN
        RAISE EXCEPTION '% corrected terms that statement % rests on and does not approve it',
                        NEW.recorded_by, NEW.statement_id USING HINT = 'somebody else has to';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER allowed BEFORE INSERT ON statement_approvals
    FOR EACH ROW EXECUTE FUNCTION statement_approval_allowed();

CREATE TRIGGER a_timed BEFORE INSERT ON statement_approvals FOR EACH ROW EXECUTE FUNCTION statement_step_timed();

CREATE TRIGGER acting BEFORE INSERT ON statement_approvals FOR EACH ROW EXECUTE FUNCTION statement_actor_allowed();
CREATE CONSTRAINT TRIGGER signed AFTER INSERT ON statement_approvals DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION statement_step_signed();

-- An approval and its place in the chain of balances are written together, and say the same.
CREATE FUNCTION statement_balance_complete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM statement_approvals a
        JOIN statement_submissions s ON (s.statement_id, s.attempt) = (a.statement_id, a.attempt)
        JOIN statement_balances b ON b.statement_id = a.statement_id
         AND (b.partner_id, b.chain_id, b.number, b.opening, b.total, b.payable, b.closing)
           = (s.partner_id, s.chain_id, s.number, s.opening, s.total, s.payable, s.closing)
        WHERE a.statement_id = NEW.statement_id) THEN
        RAISE EXCEPTION 'the approval of statement % and its balance do not belong together', NEW.statement_id;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON statement_approvals DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION statement_balance_complete();
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON statement_balances DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.statement_id IS NOT NULL) EXECUTE FUNCTION statement_balance_complete();

CREATE FUNCTION statement_opening_complete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM statement_openings o JOIN statement_balances b USING (partner_id, chain_id)
                   WHERE (o.partner_id, o.chain_id) = (NEW.partner_id, NEW.chain_id)
                     AND b.number = 0 AND b.closing = o.opening) THEN
        RAISE EXCEPTION 'the opening of % on % and its balance do not belong together', NEW.partner_id, NEW.chain_id;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON statement_openings DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION statement_opening_complete();
CREATE CONSTRAINT TRIGGER opened AFTER INSERT ON statement_balances DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.number = 0) EXECUTE FUNCTION statement_opening_complete();

CREATE FUNCTION statement_opening_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM statement_submissions WHERE (partner_id, chain_id) = (NEW.partner_id, NEW.chain_id)) THEN
        RAISE EXCEPTION 'a statement of % on % was submitted already', NEW.partner_id, NEW.chain_id
            USING HINT = 'an opening is imported once, before the first submission';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER allowed BEFORE INSERT ON statement_openings
    FOR EACH ROW EXECUTE FUNCTION statement_opening_allowed();

CREATE TRIGGER a_timed BEFORE INSERT ON statement_balances FOR EACH ROW EXECUTE FUNCTION statement_step_timed();

CREATE FUNCTION statement_release_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.recorded_by = NEW.approver AND coalesce((
        SELECT c.dual_approval FROM statement_submissions s JOIN chains c USING (chain_id)
        WHERE s.statement_id = NEW.statement_id LIMIT 1), true) THEN
        RAISE EXCEPTION '% approved statement % and does not release it', NEW.recorded_by, NEW.statement_id
            USING HINT = 'somebody else has to; dual_approval in chains.yaml asks for it';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER allowed BEFORE INSERT ON statement_releases
    FOR EACH ROW EXECUTE FUNCTION statement_release_allowed();

CREATE TRIGGER a_timed BEFORE INSERT ON statement_releases FOR EACH ROW EXECUTE FUNCTION statement_step_timed();

CREATE TRIGGER acting BEFORE INSERT ON statement_releases FOR EACH ROW EXECUTE FUNCTION statement_actor_allowed();
CREATE CONSTRAINT TRIGGER signed AFTER INSERT ON statement_releases DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION statement_step_signed();

CREATE FUNCTION statement_payment_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    paid amount;
    due amount;
BEGIN
    SELECT coalesce(sum(p.amount), 0) INTO paid FROM statement_payments p WHERE p.statement_id = NEW.statement_id;
    SELECT b.payable INTO due FROM statement_balances b WHERE b.statement_id = NEW.statement_id;
    IF due IS NULL OR paid + NEW.amount > due THEN
        RAISE EXCEPTION 'statement % would be paid % of %', NEW.statement_id, paid + NEW.amount, coalesce(due, 0)
            USING HINT = 'no more is paid than is payable';
    END IF;
    IF NEW.payment_number <> (SELECT count(*) + 1 FROM statement_payments WHERE statement_id = NEW.statement_id) THEN
        RAISE EXCEPTION 'payment % of statement % does not follow the one before', NEW.payment_number, NEW.statement_id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER allowed BEFORE INSERT ON statement_payments
    FOR EACH ROW EXECUTE FUNCTION statement_payment_allowed();

CREATE TRIGGER a_timed BEFORE INSERT ON statement_payments FOR EACH ROW EXECUTE FUNCTION statement_step_timed();

CREATE TRIGGER acting BEFORE INSERT ON statement_payments FOR EACH ROW EXECUTE FUNCTION statement_actor_allowed();
CREATE CONSTRAINT TRIGGER signed AFTER INSERT ON statement_payments DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION statement_step_signed();

CREATE TRIGGER a_timed BEFORE INSERT ON statement_acknowledgements FOR EACH ROW EXECUTE FUNCTION statement_step_timed();

CREATE TRIGGER acting BEFORE INSERT ON statement_acknowledgements FOR EACH ROW EXECUTE FUNCTION statement_speaker_allowed();
CREATE CONSTRAINT TRIGGER signed AFTER INSERT ON statement_acknowledgements DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION statement_step_signed();

CREATE TRIGGER a_timed BEFORE INSERT ON statement_disputes FOR EACH ROW EXECUTE FUNCTION statement_step_timed();

CREATE TRIGGER acting BEFORE INSERT ON statement_disputes FOR EACH ROW EXECUTE FUNCTION statement_speaker_allowed();
CREATE CONSTRAINT TRIGGER signed AFTER INSERT ON statement_disputes DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION statement_step_signed();

CREATE FUNCTION statement_dispute_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM statement_approvals a
        JOIN statement_submissions s ON (s.statement_id, s.attempt) = (a.statement_id, a.attempt)
        WHERE a.statement_id = NEW.statement_id AND (
            EXISTS (SELECT FROM layers.partner_commission_lines l
                    WHERE l.snapshot_id IN (SELECT statement_line_snapshots(s.snapshot_id))
                      AND l.line_id = NEW.line_id AND l.partner_id = s.partner_id
                      AND NEW.stated IS NOT DISTINCT FROM CASE WHEN l.held THEN 0 ELSE l.final END)
            OR EXISTS (SELECT FROM layers.monthly_statement_entries e
                       WHERE (e.snapshot_id, e.statement_id, e.entry_id)
                           = (s.entries_snapshot_id, s.statement_id, NEW.line_id)
                         AND NEW.stated IS NOT DISTINCT FROM e.amount)
            OR EXISTS (SELECT FROM layers.epoch_payable_entries e
                       WHERE (e.snapshot_id, e.statement_id, e.entry_id)
                           = (s.entries_snapshot_id, s.statement_id, NEW.line_id)
                         AND NEW.stated IS NOT DISTINCT FROM e.amount))) THEN
        RAISE EXCEPTION 'line % is not on statement %, or not with the amount %', NEW.line_id, NEW.statement_id,
                        coalesce(NEW.stated::text, 'null')
            USING HINT = 'a dispute is about a line or an entry of the statement itself, as it is stated';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER allowed BEFORE INSERT ON statement_disputes
    FOR EACH ROW EXECUTE FUNCTION statement_dispute_allowed();

CREATE FUNCTION statement_answer_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM statement_disputes
               WHERE (statement_id, line_id, recorded_by) = (NEW.statement_id, NEW.line_id, NEW.recorded_by)) THEN
        RAISE EXCEPTION '% raised the dispute of line % and does not answer it', NEW.recorded_by, NEW.line_id
            USING HINT = 'somebody else has to';
    END IF;
    IF NEW.settled_by IS NOT NULL AND NOT EXISTS (
        SELECT FROM statement_submissions s JOIN agreements a USING (partner_id)
        WHERE s.statement_id = NEW.statement_id AND (
            EXISTS (SELECT FROM agreement_versions v
                    WHERE v.agreement_id = a.agreement_id AND v.corrects IS NOT NULL
                      AND NEW.settled_by = format('agreement_versions:%s/%s', v.agreement_id, v.version))
            OR EXISTS (SELECT FROM commission_overrides o
                       WHERE o.agreement_id = a.agreement_id AND o.chain_id = s.chain_id
                         AND NEW.settled_by = format('commission_overrides:%s/%s/%s/%s/%s/%s/%s/%s', o.agreement_id,
                             o.rule_key, o.chain_id, o.epoch, o.target, o.validator_key, o.wallet_address,
                             o.revision)))) THEN
        RAISE EXCEPTION '% is no override and no correcting version of the partner''s agreements', NEW.settled_by
            USING HINT = 'record it first; an accepted dispute names the decision that settles it';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER allowed BEFORE INSERT ON statement_dispute_answers
    FOR EACH ROW EXECUTE FUNCTION statement_answer_allowed();

CREATE TRIGGER a_timed BEFORE INSERT ON statement_dispute_answers FOR EACH ROW EXECUTE FUNCTION statement_step_timed();

CREATE TRIGGER acting BEFORE INSERT ON statement_dispute_answers FOR EACH ROW EXECUTE FUNCTION statement_actor_allowed();
CREATE CONSTRAINT TRIGGER signed AFTER INSERT ON statement_dispute_answers DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION statement_step_signed();
