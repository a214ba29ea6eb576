"""make records: the small records of the presets that come with the checkout."""
