"""The operator's own files: CSV and XLSX, read by the mapping of providers.yaml."""
