"""The trial database behind a service: what client and server share, and the client."""
