"""Whose else an account is that a statement is paid to: another partner's or the operator's own is refused.

The database refuses it by itself; the command asks the same function first, and says it in its own words.
"""

from __future__ import annotations

from typing import Final

from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Column, ColumnKind

SHARED_ACCOUNT: Final = Column(
    "shared_account",
    ColumnKind.TEXT,
    "Why it was paid to an account that is another partner's or the operator's own as well; null: it was not, or it"
    " was recorded before this was.",
    nullable=True,
    digested=False,
    since=3,
)

OWN_ACCOUNT: Final = """
-- Whose else an account is at a moment, in words; null: nobody's but the partner's, as far as Aurora knows. An account
-- is the same on every chain of its family. Hexadecimal addresses are the same in capitals and in small letters.
CREATE FUNCTION account_of_another(of_partner text, account text, moment timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT known.whose FROM (
        SELECT 1 AS place, w.wallet_address AS address, 'a wallet of ' || w.partner_id AS whose
        FROM partner_wallets w
        WHERE w.partner_id <> of_partner AND w.introduced_at <= moment AND (w.ended_at IS NULL OR moment < w.ended_at)
          AND w.revision = (SELECT max(n.revision) FROM partner_wallets n
                            WHERE (n.chain_id, n.wallet_address) = (w.chain_id, w.wallet_address))
        UNION ALL
        SELECT 2, p.payout_address, 'an account that ' || s.partner_id || ' was paid to'
        FROM statement_payments p JOIN statement_submissions s ON s.statement_id = p.statement_id
        WHERE s.partner_id <> of_partner
        UNION ALL
        SELECT 3, o.wallet_address, 'a wallet of the operator''s own'
        FROM operator_wallets o
        WHERE o.valid_from <= moment AND (o.valid_until IS NULL OR moment < o.valid_until)
          AND o.revision = (SELECT max(n.revision) FROM operator_wallets n
                            WHERE (n.chain_id, n.wallet_address) = (o.chain_id, o.wallet_address))
        UNION ALL
        SELECT 4, one.key, 'a key of the operator''s validator ' || v.name
        FROM canonical_validator_identities v CROSS JOIN LATERAL (VALUES (v.validator_key), (v.identity_key)) one (key)
        WHERE v.ownership = 'OPERATOR' AND v.valid_from <= moment AND (v.valid_until IS NULL OR moment < v.valid_until)
          AND v.revision = (SELECT max(n.revision) FROM canonical_validator_identities n
                            WHERE (n.chain_id, n.validator_key) = (v.chain_id, v.validator_key))
        UNION ALL
        SELECT 5, r.fee_recipient, 'a fee recipient of the operator''s'
        FROM fee_recipients r
        WHERE r.valid_from <= moment AND (r.valid_until IS NULL OR moment < r.valid_until)
          AND r.revision = (SELECT max(n.revision) FROM fee_recipients n
                            WHERE (n.chain_id, n.validator_key) = (r.chain_id, r.validator_key))
          AND NOT EXISTS (SELECT FROM canonical_validator_identities v
                          WHERE (v.chain_id, v.validator_key, v.ownership) = (r.chain_id, r.validator_key, 'CLIENT'))
    ) known
    WHERE known.address = account OR (account LIKE '0x%' AND lower(known.address) = lower(account))
    ORDER BY known.place, known.whose LIMIT 1
$$;

CREATE FUNCTION statement_account_own() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whose text := account_of_another(
        (SELECT partner_id FROM statement_submissions WHERE statement_id = NEW.statement_id LIMIT 1),
        NEW.payout_address, NEW.recorded_at);
BEGIN
    IF whose IS NOT NULL AND coalesce(NEW.shared_account, '') !~ '[^[:space:]]' THEN
        RAISE EXCEPTION '% is %, and nobody said why statement % is paid to it', NEW.payout_address, whose,
                        NEW.statement_id
            USING HINT = 'pay to the partner''s own account, or say in shared_account why it is this one';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER own_account BEFORE INSERT ON statement_payments
    FOR EACH ROW EXECUTE FUNCTION statement_account_own();
"""


def whose_else(connection: Connection, partner_id: str, account: str) -> str | None:
    """Whose else an account is right now, in words; None where it is nobody's that is known."""
    row = connection.execute(
        "SELECT account_of_another(%s, %s, record_instant()) AS whose", [partner_id, account]
    ).fetchone()
    return None if row is None else row["whose"]
