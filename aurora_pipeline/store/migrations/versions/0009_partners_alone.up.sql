-- A partner's queries are short, and starting workers for them takes longer than they do: frozen.
ALTER FUNCTION access_partner PARALLEL RESTRICTED;
