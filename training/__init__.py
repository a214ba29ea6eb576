"""Configuration, the training loop and what it saves. `config`, `snapshot`, `metrics` and `store` need no torch."""
