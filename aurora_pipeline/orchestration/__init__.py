"""What Dagster sees: assets, checks, jobs, sensors and definitions; no rule about money or data belongs here."""
