"""The block library: one module per family, registered when this package is imported."""
