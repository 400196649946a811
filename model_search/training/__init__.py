"""Fits, evaluates and stores one trial's network."""
