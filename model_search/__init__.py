"""Model Search: finds good neural networks for a data set."""
