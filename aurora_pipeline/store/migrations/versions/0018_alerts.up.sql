-- What was told of what needs a person: frozen. A change is a new migration.

CREATE TABLE alert_tellings (
    telling_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    channel text NOT NULL CHECK (channel IN ('webhook', 'mail')),
    cause text NOT NULL,
    happening text NOT NULL CHECK (happening IN ('OPEN', 'OVER', 'FAILED')),
    what text NOT NULL,
    since timestamptz,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (telling_id)
);
COMMENT ON TABLE alert_tellings IS 'What people were told of what needs one: each cause once on each channel, and once that it is over.';
COMMENT ON COLUMN alert_tellings.telling_id IS 'The message''s number.';
COMMENT ON COLUMN alert_tellings.channel IS 'How it was told: webhook or mail.';
COMMENT ON COLUMN alert_tellings.cause IS 'What it is known by as long as it lasts.';
COMMENT ON COLUMN alert_tellings.happening IS 'OPEN: it needs a person; OVER: it does not any more; FAILED: the channel could not be used.';
COMMENT ON COLUMN alert_tellings.what IS 'What was said, without secrets.';
COMMENT ON COLUMN alert_tellings.since IS 'Since when it was so; null: not known.';
COMMENT ON COLUMN alert_tellings.written_at IS 'When it was told.';
CREATE INDEX ON alert_tellings (channel, cause);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON alert_tellings FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
