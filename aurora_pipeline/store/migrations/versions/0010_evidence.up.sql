-- Evidence, by which part of a snapshot is proven without showing the rest: frozen. A change is a new migration.

CREATE TABLE evidence (
    evidence_id bigint NOT NULL CHECK (evidence_id >= 1),
    snapshot_id bigint NOT NULL REFERENCES snapshots,
    salt sha256_hex NOT NULL,
    inputs_root sha256_hex NOT NULL,
    cells_root sha256_hex NOT NULL,
    entry_hash sha256_hex NOT NULL,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (evidence_id),
    UNIQUE (snapshot_id)
);
COMMENT ON TABLE evidence IS 'What can be proven of a snapshot that released statements rest on without showing the rest of it.';
COMMENT ON COLUMN evidence.evidence_id IS 'Its place in the order of all evidence, from 1 without gaps.';
COMMENT ON COLUMN evidence.snapshot_id IS 'The snapshot.';
COMMENT ON COLUMN evidence.salt IS 'From which the salt of each leaf is made. Not for partners.';
COMMENT ON COLUMN evidence.inputs_root IS 'Merkle root over its inputs, each salted.';
COMMENT ON COLUMN evidence.cells_root IS 'Merkle root over figures that partners may be shown, each salted.';
COMMENT ON COLUMN evidence.entry_hash IS 'SHA-256 of its record, which is a leaf of the signed log.';
COMMENT ON COLUMN evidence.written_at IS 'When the row was written.';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON evidence FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
