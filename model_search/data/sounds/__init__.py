"""Folders of sounds, as log-mel spectrograms."""
