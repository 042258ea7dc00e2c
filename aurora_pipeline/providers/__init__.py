"""One module per API: how to ask it and how to read its answers; http.py holds limits, retries and the breaker."""
