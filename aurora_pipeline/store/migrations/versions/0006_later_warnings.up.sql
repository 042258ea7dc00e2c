-- Warnings of a later computation of the same content: frozen. A change is a new migration.

CREATE TABLE later_warnings (
    snapshot_id bigint NOT NULL REFERENCES snapshots,
    number bigint NOT NULL CHECK (number >= 1),
    warnings jsonb NOT NULL,
    dagster_run text,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (snapshot_id, number)
);
COMMENT ON TABLE later_warnings IS 'What looked odd when the content of a snapshot was computed again, where that was something else than before. The newest of a snapshot counts; without one, what its report says. Not for partners.';
COMMENT ON COLUMN later_warnings.snapshot_id IS 'The snapshot.';
COMMENT ON COLUMN later_warnings.number IS 'Its place among those of the snapshot, from 1.';
COMMENT ON COLUMN later_warnings.warnings IS 'What looks odd and does not hold publication back; empty where nothing does any more.';
COMMENT ON COLUMN later_warnings.dagster_run IS 'The run that computed it; null outside Dagster.';
COMMENT ON COLUMN later_warnings.written_at IS 'When the row was written.';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON later_warnings FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
