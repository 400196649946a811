"""Data providers: where examples come from, and the preprocessing that becomes part of the exported model."""
