-- Takes back what the way up made.

DROP TABLE alert_tellings;
