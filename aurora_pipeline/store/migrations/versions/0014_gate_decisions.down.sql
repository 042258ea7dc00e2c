-- Takes back what the way up made.

DROP TRIGGER allowed ON publications;
DROP TABLE warning_acknowledgements;
DROP TABLE snapshot_releases;
DROP FUNCTION acknowledgement_allowed();
DROP FUNCTION publication_allowed();
DROP FUNCTION snapshot_release_allowed();
DROP FUNCTION person_role(text, timestamptz);
DROP FUNCTION rules_broken(bigint);
