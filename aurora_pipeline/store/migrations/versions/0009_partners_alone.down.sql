-- Takes back what the other file made.
ALTER FUNCTION access_partner PARALLEL SAFE;
