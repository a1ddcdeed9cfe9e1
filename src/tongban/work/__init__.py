"""Jobs and idempotency keys."""
