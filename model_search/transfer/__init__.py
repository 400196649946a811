"""What earlier trials give to new ones: what they learned, by the losses of distillation, and their weights."""
