"""Folders of texts, and next-token prediction."""
