"""Results on real cases against what people read from the same images."""
