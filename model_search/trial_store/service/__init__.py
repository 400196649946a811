"""The service in front of a trial database."""
