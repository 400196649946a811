"""Weight sharing: trials that start from the weights of earlier ones."""
