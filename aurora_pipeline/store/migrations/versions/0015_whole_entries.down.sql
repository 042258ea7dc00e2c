-- Takes back what the way up made.

DROP FUNCTION statement_released_under(uuid);
DROP TRIGGER mirrored ON chains;
DROP FUNCTION refuse_unlogged_mirror();
DROP TRIGGER follows ON audit_log;
DROP FUNCTION audit_log_follows();
ALTER TABLE audit_log DROP COLUMN request;
ALTER TABLE audit_log DROP COLUMN correlation_id;
