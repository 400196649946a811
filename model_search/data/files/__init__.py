"""Labelled files below a folder."""
