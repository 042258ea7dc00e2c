"""Running periods and watching them: jobs in this process, status, health."""
