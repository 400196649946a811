"""The trial database: one contract, several implementations, one conformance suite."""
