"""From a suggestion to a Keras model: towers, heads, and the model that serves."""
