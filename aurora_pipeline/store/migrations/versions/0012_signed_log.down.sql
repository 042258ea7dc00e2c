-- Takes back what the way up made.

DROP TABLE log_keys;
DROP TABLE log_checkpoints;
DROP TABLE log_leaves;
DROP FUNCTION log_checkpoint_reached();
DROP FUNCTION log_leaves_follow();
