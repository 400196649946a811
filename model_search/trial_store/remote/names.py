"""Environment variables that a client of the service and the service read."""

TOKEN = "MODEL_SEARCH_TOKEN"
"""The bearer token itself."""
TOKEN_FILE = "MODEL_SEARCH_TOKEN_FILE"
"""Path of a file with the token; where `TOKEN` is not set."""
