"""See what margin-softmax losses do to a feature space."""
