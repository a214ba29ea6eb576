"""Face recognition: landmarks, crops, training under the heads of `losses`, evaluation, t-SNE, many machines."""
