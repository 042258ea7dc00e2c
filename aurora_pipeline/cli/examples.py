"""An example of every command, which its `--help` shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

EXAMPLES: Final[Mapping[str, str]] = {
    "demo": "aurora demo --epochs 6",
    "init": "aurora init my-validators",
    "up": "aurora up --port 3000",
    "status": "aurora status solana-mainnet 842",
    "backfill": "aurora backfill solana-mainnet 842..850",
    "recompute": "aurora recompute solana-mainnet --stale",
    "pnl": 'aurora pnl solana-mainnet 842..850 --validator "Aurora Rigel"',
    "lines": "aurora lines solana-mainnet 842 --partner acme",
    "allocation": "aurora allocation solana-mainnet 842 --csv",
    "statements compute": "aurora statements compute solana-mainnet 2026-08",
    "statements list": "aurora statements list solana-mainnet --partner acme",
    "statements show": "aurora statements show acme solana-mainnet 2026-08",
    "statements submit": 'aurora statements submit 3f2a91c0 --accept 77de0c1d --reason "month end"',
    "statements approve": 'aurora statements approve 3f2a91c0 --reason "checked against the P&L"',
    "statements reject": 'aurora statements reject 3f2a91c0 --reason "one wallet is missing"',
    "statements release": 'aurora statements release 3f2a91c0 --reason "approved on 2026-09-03"',
    "statements pay": 'aurora statements pay 3f2a91c0 "12.5 SOL" --to KEY --reference INV-7 --transaction SIGNATURE',
    "statements acknowledge": 'aurora statements acknowledge 3f2a91c0 --on-behalf-of acme --reason "by mail"',
    "statements open": 'aurora statements open balances.csv --reason "cut-over from the old books"',
    "statements diff": "aurora statements diff 3f2a91c0 --as-of 2026-09-05T12:00:00Z",
    "statements history": "aurora statements history 3f2a91c0",
    "disputes open": 'aurora disputes open 3f2a91c0 77de0c1d "1.5 SOL" --on-behalf-of acme --reason "your outage"',
    "disputes answer": 'aurora disputes answer 3f2a91c0 77de0c1d rejected --reason "the chain shows 1 SOL"',
    "disputes list": "aurora disputes list --open",
    "statements epochs": "aurora statements epochs solana-mainnet 842..850 --partner acme",
    "diff": "aurora diff solana-mainnet 842 --from 2026-09-05T12:00:00Z",
    "sql": 'aurora sql "SELECT epoch, sum(net) FROM validator_pnl GROUP BY 1 ORDER BY 1"',
    "trace": "aurora trace 3f2a91c0",
    "verify": "aurora verify solana-mainnet 842 --deep",
    "audit": "aurora audit --list --subject 'agreement/*' --from 2026-01-01",
    "periods list": "aurora periods list solana-mainnet --discover",
    "periods remove": "aurora periods remove solana-mainnet:0000999",
    "periods reorder": "aurora periods reorder",
    "validators import": "aurora validators import validators.csv",
    "validators export": "aurora validators export --chain solana-mainnet > validators.csv",
    "validators list": "aurora validators list --chain solana-mainnet",
    "operator-wallets import": "aurora operator-wallets import operator_wallets.csv",
    "operator-wallets export": "aurora operator-wallets export > operator_wallets.csv",
    "costs import": "aurora costs import machines.csv",
    "providers check": "aurora providers check",
    "partners list": "aurora partners list",
    "partners show": "aurora partners show acme",
    "partners rename": 'aurora partners rename acme "Acme Ltd" --reason "merged on 2026-03-01"',
    "wallets import": "aurora wallets import wallets.csv --partner acme",
    "wallets export": "aurora wallets export --partner acme > wallets.csv",
    "wallets list": "aurora wallets list --partner acme",
    "wallets end": 'aurora wallets end WALLET --chain solana-mainnet --on 2026-05-01 --reason "sold"',
    "agreements apply": 'aurora agreements apply agreements.yaml --reason "signed on 2026-01-15"',
    "agreements list": "aurora agreements list --partner acme",
    "agreements show": "aurora agreements show acme-2026",
    "agreements diff": "aurora agreements diff acme-2026@1 @2",
    "agreements simulate": "aurora agreements simulate proposed.yaml --chain solana-mainnet --from 842 --to 850",
    "agreements activate": 'aurora agreements activate acme-2026 --from 2026-02-01 --reason "signed"',
    "agreements suspend": 'aurora agreements suspend acme-2026 --from 2026-03-01 --reason "in dispute"',
    "agreements terminate": 'aurora agreements terminate acme-2026 --from 2026-12-31 --reason "ended"',
    "override": 'aurora override 3f2a91c0 "1.5 SOL" --reason "settled on 2026-02-01"',
    "overrides list": "aurora overrides list --chain solana-mainnet --epoch 842",
    "overrides withdraw": 'aurora overrides withdraw 3f2a91c0 --reason "settled otherwise"',
    "users list": "aurora users list",
    "users add": 'aurora users add ada --name "Ada Moss" --role FINANCE --from 2026-01-01 --reason "joined"',
    "config check": "aurora config check",
    "db current": "aurora db current",
    "db upgrade": "aurora db upgrade",
    "db downgrade": "aurora db downgrade -1 --yes",
}


def example(command: str) -> str | None:
    """What the help of a command, or of the first one of a group, ends with."""
    found = next((text for name, text in EXAMPLES.items() if f"{name} ".startswith(f"{command} ")), None)
    return None if found is None else f"Example:\n\n{found}"
