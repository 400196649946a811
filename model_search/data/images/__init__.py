"""Folders of images, and how they are augmented."""
