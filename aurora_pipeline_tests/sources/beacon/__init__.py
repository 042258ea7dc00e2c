"""The beacon source against the generated chain, served over HTTP."""
