"""The heads: layers that turn features into logits and a loss (see `table` for all of them)."""
