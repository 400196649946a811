"""Trainers as actors of a Ray cluster. Ray is an extra: `pip install 'model-search[ray]'`."""
